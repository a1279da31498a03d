import { isObject } from '../../model/is-object.ts'
import { referredName } from './clean-schema.ts'
import type { Api, JsonSchema } from './swagger.ts'

/** Names of definitions that a schema, a parameter or a whole path refers to. Names of properties are no schemas. */
export function referencesIn(value: unknown): Set<string> {
  const names = new Set<string>()
  const walk = (one: unknown) => {
    if (Array.isArray(one)) for (const each of one) walk(each)
    if (!isObject(one)) return
    const name = referredName(one)
    if (name !== undefined) names.add(name)
    for (const each of Object.values(one)) walk(each)
  }
  walk(value)
  return names
}

/** Definitions that are reached from these, themselves among them. */
export function reached(start: Iterable<string>, definitions: Api['definitions']): Record<string, JsonSchema> {
  const names = new Set(start)
  // a Set is walked to its end, also over what is added meanwhile
  for (const name of names)
    if (Object.hasOwn(definitions, name)) for (const next of referencesIn(definitions[name])) names.add(next)
  return Object.fromEntries(Object.entries(definitions).filter(([name]) => names.has(name)))
}

/** Members of a schema that hold schemas. */
export function mapSchemas(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([member, value]): [string, unknown] => {
      if (member === 'properties' && isObject(value))
        return [
          member,
          Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one as JsonSchema)])),
        ]
      if (member === 'allOf' && Array.isArray(value)) return [member, value.map(change)]
      if ((member === 'items' || member === 'additionalProperties') && isObject(value)) return [member, change(value)]
      return [member, value]
    }),
  )
}

/** `basic=true`: definitions of what OpenAPI itself has (spec 23 §A6). */
export function* withBasicDefinitions(api: Api): Generator<void, Api> {
  const basic: [string, JsonSchema][] = []
  for (const [name, one] of Object.entries(api.definitions)) {
    basic.push([name, withoutExtensions(one)])
    yield
  }
  return { ...api, definitions: Object.fromEntries(basic) }
}

export function withoutExtensions(schema: JsonSchema): JsonSchema {
  const plain = Object.fromEntries(Object.entries(schema).filter(([member]) => !member.startsWith('x-')))
  return mapSchemas(plain, withoutExtensions)
}

/** so many schemas are written out at most: definitions that hold each other twice double with every step */
const MAX_WRITTEN_OUT = 50_000
/** and so many characters: one definition may be as long as the element */
const MAX_WRITTEN_CHARS = 8 * 1024 * 1024

/**
 * `resolveReferences=true`: references inside of definitions are written out, and definitions that only others refer to are gone
 * (spec 23 §A6). A circle stays a reference, and so does whatever would make the document too large.
 */
export function* withReferencesResolved(api: Api): Generator<void, Api> {
  const { definitions } = api
  let written = 0
  let chars = 0
  const lengths = new Map<string, number>()
  const lengthOf = (name: string, definition: JsonSchema) => {
    const length = lengths.get(name) ?? JSON.stringify(definition).length
    lengths.set(name, length)
    return length
  }
  const stayed = new Set<string>()
  const resolve = (schema: JsonSchema, open: readonly string[]): JsonSchema => {
    const name = referredName(schema)
    // what stands in its own definition costs nothing
    if (open.length > 1) written++
    if (name === undefined) return mapSchemas(schema, (one) => resolve(one, open))
    const definition = definitions[name]
    if (!definition || open.includes(name) || written > MAX_WRITTEN_OUT || chars > MAX_WRITTEN_CHARS) {
      stayed.add(name)
      return schema
    }
    chars += lengthOf(name, definition)
    return resolve(definition, [...open, name])
  }
  const resolved: [string, JsonSchema][] = []
  for (const [name, one] of Object.entries(definitions)) {
    resolved.push([name, resolve(one, [name])])
    yield
  }
  const inner = new Set(Object.values(definitions).flatMap((one) => [...referencesIn(one)]))
  const outer = referencesIn(api.paths)
  const isKept = (name: string) => outer.has(name) || !inner.has(name) || stayed.has(name)
  return { ...api, definitions: Object.fromEntries(resolved.filter(([name]) => isKept(name))) }
}
