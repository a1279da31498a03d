import type { Schema } from '../../../model/element.ts'
import {
  isHeaderName,
  type JsonObject,
  listOf,
  memberOf,
  numberOf,
  objectOf,
  scalarText,
  textOf,
} from '../json-value.ts'
import { TYPE_WORDS } from '../schemas.ts'
import type { OperationParameter } from '../vendor-api.ts'
import type { Reading } from './reading.ts'

/** Parameters of an operation and of its path; the operation's own win. */
export function parametersOf(item: JsonObject, raw: JsonObject, place: string, reading: Reading): OperationParameter[] {
  const byPlace = new Map<string, OperationParameter>()
  for (const entry of [...listOf(item['parameters']), ...listOf(raw['parameters'])]) {
    const parameter = reading.references.follow(entry)
    if (!parameter) continue
    for (const one of parameterOf(parameter, place, reading)) byPlace.set(`${one.in} ${one.name}`, one)
  }
  return [...byPlace.values()]
}

function parameterOf(raw: JsonObject, place: string, { schemas, references, doubt }: Reading): OperationParameter[] {
  const where = raw['in']
  const name = where === 'header' ? textOf(raw['name'])?.trim() : textOf(raw['name'])
  if (name === undefined) return []
  if (where === 'cookie') {
    doubt(place, `takes the cookie "${name}", which callers cannot send`)
    return []
  }
  if (where !== 'path' && where !== 'query' && where !== 'header') return []
  if (where === 'header' && !isHeaderName(name)) {
    doubt(place, `"${name}" is no name of a header`)
    return []
  }
  // these are said by other means (OpenAPI 3, parameter object), and so should Authorization
  if (where === 'header' && /^(accept|content-type)$/i.test(name)) return []
  const [content] = Object.values(objectOf(raw['content']))
  const rawSchema = references.follow(raw['schema'] ?? memberOf(content, 'schema')) ?? raw
  const nested =
    where === 'query' && raw['style'] === 'deepObject' ? Object.entries(objectOf(rawSchema['properties'])) : []
  if (nested.length > 0) {
    return nested.flatMap(([member, schema]) =>
      parameterOf({ name: `${name}[${member}]`, in: 'query', schema }, place, { schemas, references, doubt }),
    )
  }
  const schema = flatSchema(schemas.read(rawSchema))
  const required = where === 'path' || raw['required'] === true
  const fixed = fixedValue(rawSchema, required)
  const constraint = (key: string) => {
    const value = numberOf(rawSchema[key])
    return value === undefined ? {} : { [key]: value }
  }
  return [
    {
      name,
      in: where,
      schema,
      required,
      ...(textOf(raw['description']) === undefined ? {} : { description: textOf(raw['description']) }),
      ...(fixed === undefined ? {} : { fixed }),
      ...constraint('maximum'),
      ...constraint('minimum'),
      default: rawSchema['default'],
    },
  ]
}

/** A parameter's schema names no definition: its data type stands in the row. */
function flatSchema(schema: Schema | undefined): Schema {
  const { type, ...rest } = schema ?? {}
  return type === undefined ? rest : { ...rest, type: TYPE_WORDS.has(type) ? type : 'object' }
}

/** A required parameter with one possible value; text that would be read as a template is asked of the caller. */
function fixedValue(schema: JsonObject, required: boolean): string | undefined {
  const choices = schema['const'] === undefined ? listOf(schema['enum']) : [schema['const']]
  const value = scalarText(choices[0])
  return required && choices.length === 1 && value !== undefined && !/[{}]/.test(value) ? value : undefined
}
