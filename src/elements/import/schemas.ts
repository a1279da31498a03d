import type { Schema } from '../../model/element.ts'
import type { Definitions } from './vendor-api.ts'

/** Words that `type` holds beside definition names (spec 11 §8.1). */
export const TYPE_WORDS: ReadonlySet<string> = new Set([
  'string',
  'integer',
  'number',
  'boolean',
  'array',
  'object',
  'unknown',
  'file',
  'null',
])

/** Name of the definition that a schema stands for. */
export function definitionOf(schema: Schema | undefined, definitions: Definitions): string | undefined {
  return schema?.type !== undefined && !TYPE_WORDS.has(schema.type) && definitions.has(schema.type)
    ? schema.type
    : undefined
}

/** The schema itself, behind definition names; undefined when a name leads nowhere or in a circle. */
export function resolved(schema: Schema | undefined, definitions: Definitions): Schema | undefined {
  let current = schema
  for (let hops = 0; hops < 20; hops++) {
    const name = definitionOf(current, definitions)
    if (name === undefined) return current
    current = definitions.get(name)
  }
  return undefined
}

export function propertiesOf(schema: Schema | undefined, definitions: Definitions): [string, Schema][] {
  return Object.entries(resolved(schema, definitions)?.properties ?? {})
}

export function isObjectSchema(schema: Schema | undefined, definitions: Definitions): boolean {
  return propertiesOf(schema, definitions).length > 0
}

/** A list of objects, or of what the document says nothing about. */
export function isRecordList(schema: Schema | undefined, definitions: Definitions): boolean {
  const list = resolved(schema, definitions)
  if (list?.type !== 'array') return false
  const item = resolved(list.items, definitions)
  return item === undefined || item.type === undefined || item.type === 'object' || item.properties !== undefined
}

/** All definitions that a schema names, itself or through others, breadth first, at most `most`. */
export function reachable(start: Schema | undefined, definitions: Definitions, most: number): string[] {
  const found = new Set<string>()
  const queue: Schema[] = start ? [start] : []
  for (let schema = queue.shift(); schema && found.size < most; schema = queue.shift()) {
    for (const name of namesIn(schema, definitions)) {
      if (found.has(name) || found.size >= most) continue
      found.add(name)
      queue.push(definitions.get(name) ?? {})
    }
  }
  return [...found]
}

function namesIn(schema: Schema, definitions: Definitions): string[] {
  const own = definitionOf(schema, definitions)
  return [
    ...(own === undefined ? [] : [own]),
    ...Object.values(schema.properties ?? {}).flatMap((property) => namesIn(property, definitions)),
    ...(schema.items ? namesIn(schema.items, definitions) : []),
  ]
}

/** A copy in which names outside `kept` became plain objects. */
export function trimmed(schema: Schema, kept: ReadonlySet<string>, withText: boolean): Schema {
  const { properties, items, description, ...rest } = schema
  const { type } = rest
  return {
    ...rest,
    ...(type !== undefined && !TYPE_WORDS.has(type) && !kept.has(type) ? { type: 'object' } : {}),
    ...(withText && description !== undefined ? { description } : {}),
    ...(items ? { items: trimmed(items, kept, withText) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, trimmed(property, kept, withText)]),
          ),
        }
      : {}),
  }
}
