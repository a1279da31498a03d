import { kindOf, type ModelPart, properties, resolved } from './schema-parts.ts'
import type { FieldRule, Row } from './simulation.ts'

export type Fields = Map<string, FieldRule>

const CREATED = /^(created|created_?at|created_?date|date_?created|created_?time)$/i
const UPDATED =
  /^(updated|modified|(updated|modified)_?(at|date|time)|date_?(updated|modified)|last_?modified(_?date)?)$/i
const MAX_FIELDS = 400

/** Fields of a resource about which nothing is known. */
const FALLBACK: Fields = new Map<string, FieldRule>([
  ['id', {}],
  ['name', { type: 'string' }],
  ['email', { type: 'string' }],
  ['description', { type: 'string' }],
  ['created_at', { type: 'date-time' }],
  ['updated_at', { type: 'date-time' }],
])

/**
 * Fields of simulation.yaml in its order (sample rules may use the fields before them), completed by the models of the
 * element's resources (spec 11 §8.1).
 * @param rows what the resources of one collection say of a row; what comes first wins
 * @param shown rows that the author shows
 */
export function vendorFields(
  rows: readonly ModelPart[],
  shown: readonly Row[],
  given: Record<string, FieldRule> | undefined,
): Fields {
  const fields: Fields = new Map(Object.entries(given ?? {}))
  const declared = new Set(fields.keys())
  for (const row of rows) addProperties(fields, row, declared)
  for (const [name, value] of Object.entries(shown[0] ?? {}).slice(0, MAX_FIELDS))
    if (!fields.has(name)) fields.set(name, { type: typeOf(value) })
  if (fields.size === 0) for (const [name, rule] of FALLBACK) fields.set(name, rule)
  for (const [name, rule] of fields) fields.set(name, { ...stampByName(name, rule), ...rule })
  return fields
}

function typeOf(value: unknown): FieldRule['type'] {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value === 'boolean' ? 'boolean' : typeof value === 'object' ? 'object' : 'string'
}

function stampByName(name: string, { type }: FieldRule): FieldRule {
  if (type !== undefined && type !== 'string' && type !== 'date-time') return {}
  if (CREATED.test(name)) return { type: 'date-time', readOnly: true, stamp: 'now', on: 'create' }
  return UPDATED.test(name) ? { type: 'date-time', readOnly: true, stamp: 'now', on: 'write' } : {}
}

function addProperties(fields: Fields, row: ModelPart, declared: ReadonlySet<string>): void {
  const { definitions } = row
  for (const [name, schema] of properties({ schema: resolved(row), definitions })) {
    if (fields.size >= MAX_FIELDS && !fields.has(name)) return
    const { sample, ...rule } = fieldRule({ schema, definitions })
    fields.set(name, { ...rule, ...(declared.has(name) ? {} : { sample }), ...fields.get(name) })
  }
}

function fieldRule(part: ModelPart): FieldRule {
  const schema = resolved(part)
  const kind = kindOf(schema)
  const rule: FieldRule = { sample: { model: part } }
  if (schema.format === 'date-time' || schema.format === 'date') rule.type = schema.format
  else if (kind !== 'unknown' && kind !== 'file') rule.type = kind
  return Array.isArray(schema.enum) ? { ...rule, enum: schema.enum } : rule
}
