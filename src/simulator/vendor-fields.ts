import type { Resource, Schema } from '../model/element.ts'
import type { FieldRule } from './simulation.ts'

export type Fields = Map<string, FieldRule>

const CREATED = /^(created|created_?at|created_?date|date_?created|created_?time)$/i
const UPDATED =
  /^(updated|modified|(updated|modified)_?(at|date|time)|date_?(updated|modified)|last_?modified(_?date)?)$/i

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
 * @param resources all resources of one vendor path; the response models come first, then the request models
 */
export function vendorFields(resources: readonly Resource[], given: Record<string, FieldRule> | undefined): Fields {
  const fields: Fields = new Map(Object.entries(given ?? {}))
  for (const { model } of resources) {
    addProperties(fields, rowSchema(model?.swagger, model?.name), model?.swagger)
    addProperties(fields, rowSchema(model?.requestSwagger, model?.requestName), model?.requestSwagger)
  }
  if (fields.size === 0) for (const [name, rule] of FALLBACK) fields.set(name, rule)
  for (const [name, rule] of fields) fields.set(name, { ...stampByName(name), ...rule })
  return fields
}

function stampByName(name: string): FieldRule {
  if (CREATED.test(name)) return { type: 'date-time', readOnly: true, stamp: 'now', on: 'create' }
  return UPDATED.test(name) ? { type: 'date-time', readOnly: true, stamp: 'now', on: 'write' } : {}
}

type Definitions = Record<string, Schema> | undefined

/** The object schema of one row: an array's items, a definition name in `type` or `$ref` followed. */
export function rowSchema(definitions: Definitions, name: string | undefined): Schema | undefined {
  let schema = name === undefined ? undefined : definitions?.[name]
  for (let depth = 0; schema !== undefined && depth < 8; depth++) {
    if (schema.properties !== undefined) return schema
    schema =
      schema.type === 'array' || schema.items
        ? schema.items && resolve(schema.items, definitions)
        : resolve(schema, definitions)
  }
  return undefined
}

function resolve(schema: Schema, definitions: Definitions): Schema | undefined {
  if (schema.properties !== undefined || schema.type === 'array') return schema
  const reference = schema['$ref']
  const name = typeof reference === 'string' ? reference.split('/').at(-1) : schema.type
  return name !== undefined && definitions && Object.hasOwn(definitions, name) ? definitions[name] : undefined
}

function addProperties(fields: Fields, schema: Schema | undefined, definitions: Definitions): void {
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    fields.set(name, { ...fieldRule(property, definitions, 0), ...fields.get(name) })
  }
}

const TYPES = new Set(['string', 'integer', 'number', 'boolean', 'array', 'object'])

function fieldRule(schema: Schema, definitions: Definitions, depth: number): FieldRule {
  const target = resolve(schema, definitions) ?? schema
  const rule: FieldRule = {}
  if (schema.format === 'date-time' || schema.format === 'date') rule.type = schema.format
  else if (target.properties !== undefined) rule.type = 'object'
  else if (target.type !== undefined && TYPES.has(target.type)) rule.type = target.type as FieldRule['type']
  if (schema.enum) return { ...rule, enum: schema.enum }
  if (target.properties !== undefined && depth < 3) {
    const members = Object.entries(target.properties).map(([name, property]) => {
      const inner = fieldRule(property, definitions, depth + 1)
      return [name, inner.sample ?? (inner.enum ? { pick: inner.enum } : { guess: inner.type ?? 'string' })]
    })
    return { ...rule, sample: { fields: Object.fromEntries(members) } }
  }
  const example = schema['x-samplevalue'] ?? schema['example']
  const isText = typeof example === 'string' && (rule.type ?? 'string') === 'string'
  return isText ? { ...rule, sample: { guess: 'string', otherwise: example } } : rule
}
