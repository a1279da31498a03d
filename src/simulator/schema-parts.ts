import type { Schema } from '../model/element.ts'

/** A schema with the definitions that its names mean (spec 11 §8.1). */
export interface ModelPart {
  schema: Schema
  definitions: Readonly<Record<string, Schema>>
}

export type SchemaKind = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'file' | 'unknown'

const KINDS = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean', 'file'])
const MAX_HOPS = 8

/** Follows `$ref` and definition names in `type` to a schema that says something itself. */
export function resolved({ schema, definitions }: ModelPart): Schema {
  let current = schema
  for (let hops = 0; hops < MAX_HOPS && current.properties === undefined && current.items === undefined; hops++) {
    const reference = current['$ref']
    const name = typeof reference === 'string' ? reference.split('/').at(-1) : current.type
    const target = typeof name === 'string' && Object.hasOwn(definitions, name) ? definitions[name] : undefined
    if (!isSchema(target) || target === current) break
    current = target
  }
  return current
}

export function kindOf(schema: Schema): SchemaKind {
  const type: unknown = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type
  if (isSchema(schema.properties)) return 'object'
  if (type === 'array' || isSchema(schema.items)) return 'array'
  if (type === 'string' && schema.format === 'binary') return 'file'
  return typeof type === 'string' && KINDS.has(type) ? (type as SchemaKind) : 'unknown'
}

const known = new WeakMap<Schema, [string, Schema][]>()
const MAX_MEMBERS = 300

/** Members in order, the first 300; `allOf` adds those of its parts. */
export function properties(part: ModelPart): [string, Schema][] {
  const before = known.get(part.schema)
  if (before) return before
  const members = readProperties(part).slice(0, MAX_MEMBERS)
  known.set(part.schema, members)
  return members
}

function readProperties({ schema, definitions }: ModelPart): [string, Schema][] {
  const own = isSchema(schema.properties) ? Object.entries(schema.properties) : []
  const parts: unknown[] = Array.isArray(schema['allOf']) ? schema['allOf'].slice(0, 10) : []
  const inherited = parts
    .filter(isSchema)
    .flatMap((part) => Object.entries(resolved({ schema: part, definitions }).properties ?? {}))
  return [...inherited, ...own].map(([name, property]) => [name, isSchema(property) ? property : {}])
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
