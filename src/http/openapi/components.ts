import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../model/is-object.ts'

export type JsonSchema = Record<string, unknown>

/** The named schemas of a document. */
export interface Components {
  /** The schema as it stands in the document: those with a title are `$ref`s, wherever they are nested. */
  refer(schema: unknown): JsonSchema
  schemas: Record<string, JsonSchema>
}

const BY_NAME = ['properties', '$defs']
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const SINGLE = ['items', 'additionalProperties', 'not']

/** @throws Error when two different schemas have one title */
export function createComponents(): Components {
  const schemas: Record<string, JsonSchema> = {}
  return { refer, schemas }

  function refer(schema: unknown): JsonSchema {
    const { title, ...rest } = schema as JsonSchema
    if (typeof title !== 'string') return plain(rest)
    const known = schemas[title]
    const written = plain(rest)
    if (known && !isDeepStrictEqual(known, written)) throw new Error(`two different schemas have the title ${title}`)
    schemas[title] = written
    return { $ref: `#/components/schemas/${title}` }
  }

  function plain(schema: JsonSchema): JsonSchema {
    const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
      if (BY_NAME.includes(keyword) && isObject(value)) return [keyword, mapped(value)]
      if (LISTS.includes(keyword) && Array.isArray(value)) return [keyword, value.map(refer)]
      if (SINGLE.includes(keyword) && isObject(value)) return [keyword, refer(value)]
      // how TypeBox writes a record
      if (keyword === 'patternProperties' && isObject(value) && '^.*$' in value)
        return ['additionalProperties', refer(value['^.*$'])]
      return [keyword, value]
    })
    return Object.fromEntries(entries)
  }

  function mapped(schemas: Record<string, unknown>): Record<string, JsonSchema> {
    return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, refer(schema)]))
  }
}
