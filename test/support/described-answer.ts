import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { isObject } from '../../src/model/is-object.ts'

interface AnySchema {
  properties?: Record<string, AnySchema>
  patternProperties?: Record<string, AnySchema>
  additionalProperties?: boolean | AnySchema
  items?: AnySchema
  anyOf?: AnySchema[]
  allOf?: AnySchema[]
}

/**
 * What an answer has that its schema does not say, and the other way round, one line a place. A schema is taken at its word: an object
 * has no members that are not named, unless it says that it has more.
 */
export function differencesFrom(schema: TSchema, answer: unknown): string[] {
  const wrong = Value.Errors(schema, answer).map(({ instancePath, message }) => `${instancePath || '/'}: ${message}`)
  return wrong.length > 0 ? wrong : unsaid(schema as AnySchema, answer, '')
}

function unsaid(schema: AnySchema, value: unknown, place: string): string[] {
  if (schema.anyOf) {
    const fitting = schema.anyOf.filter((one) => Value.Check(one as TSchema, value))
    return fitting.map((one) => unsaid(one, value, place)).toSorted((a, b) => a.length - b.length)[0] ?? []
  }
  if (schema.allOf) {
    const [first = [], ...others] = schema.allOf.map((one) => unsaid(one, value, place))
    return first.filter((difference) => others.every((other) => other.includes(difference)))
  }
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.flatMap((item, index) => unsaid(items, item, `${place}/${index}`)) : []
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const said = schema.properties?.[name] ?? restOf(schema)
    if (said === undefined) return [`${place}/${name}: is not described`]
    return said === true ? [] : unsaid(said, member, `${place}/${name}`)
  })
}

function restOf({ properties, patternProperties, additionalProperties }: AnySchema): AnySchema | true | undefined {
  if (patternProperties) return Object.values(patternProperties)[0]
  if (additionalProperties) return additionalProperties
  return properties ? undefined : true
}
