import type { ResourceModel, Schema } from '../../model/element.ts'

/**
 * The schema at a path of a record, in a model of the element format (spec 11 §8.1: the name of a definition may stand as `type`,
 * `$ref` leads to one as well). Brackets of a path lead into the items of a list.
 *
 * @param name definition of the record, or of a list of them
 * @returns undefined where the model says nothing of the path
 */
export function schemaAt(
  definitions: ResourceModel['swagger'],
  name: string | undefined,
  path: string,
): Schema | undefined {
  let schema = recordSchema(definitions, name)
  for (const segment of path.match(/[^.[\]]+(?=\[|\.|$)|\[[^\]]*\]/g) ?? []) {
    schema = segment.startsWith('[') ? resolve(definitions, schema?.items) : propertyOf(definitions, schema, segment)
    if (!schema) return undefined
  }
  return schema
}

function recordSchema(definitions: ResourceModel['swagger'], name: string | undefined): Schema | undefined {
  const named = name === undefined || !definitions || !Object.hasOwn(definitions, name) ? undefined : definitions[name]
  return named?.type === 'array' ? resolve(definitions, named.items) : resolve(definitions, named)
}

function propertyOf(definitions: ResourceModel['swagger'], schema: Schema | undefined, name: string) {
  const { properties } = schema ?? {}
  return properties && Object.hasOwn(properties, name) ? resolve(definitions, properties[name]) : undefined
}

/** Follows names of definitions; what the reference says beside the name is kept. */
function resolve(definitions: ResourceModel['swagger'], schema: Schema | undefined): Schema | undefined {
  let found = schema
  for (let hops = 0; found && hops < 10; hops += 1) {
    const name = typeof found['$ref'] === 'string' ? found['$ref'].replace(/^.*\//, '') : found.type
    if (name === undefined || !definitions || !Object.hasOwn(definitions, name)) return found
    const { type: _type, $ref: _ref, ...beside } = found
    found = { ...definitions[name], ...beside }
  }
  return found
}
