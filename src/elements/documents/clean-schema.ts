import { isObject } from '../../model/is-object.ts'
import type { JsonSchema } from './swagger.ts'

/** What the schemas of one document may refer to. */
export interface SchemaScope {
  /** names in models → names in the document */
  names: ReadonlyMap<string, string>
  /** roots of type `array`, which are written out where somebody refers to them (spec 23 §A5) */
  arrays: ReadonlyMap<string, unknown>
  /** told of everything that had to be mended */
  repair(text: string): void
}

const REFERENCE = '#/definitions/'
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array'])

/** Words that stand for a type in models: of the format itself, and of languages that models were written from. */
const WORDS: Readonly<Record<string, JsonSchema>> = {
  unknown: { type: 'string' },
  int: { type: 'integer', format: 'int32' },
  int32: { type: 'integer', format: 'int32' },
  long: { type: 'integer', format: 'int64' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  float: { type: 'number', format: 'float' },
  decimal: { type: 'number' },
  bool: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  datetime: { type: 'string', format: 'date-time' },
  'date-time': { type: 'string', format: 'date-time' },
  byte: { type: 'string', format: 'byte' },
  binary: { type: 'string', format: 'binary' },
  file: { type: 'string', format: 'binary' },
  password: { type: 'string', format: 'password' },
  text: { type: 'string' },
  map: { type: 'object' },
  list: { type: 'array' },
  any: {},
  null: {},
}

/** The schema of a type by its name: a type of JSON, a word of the format; undefined for any other name. */
export function namedType(name: string): JsonSchema | undefined {
  const word = name.trim().toLowerCase()
  if (TYPES.has(word)) return { type: word }
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
}

type Check = (value: unknown, at: string, scope: Walk) => unknown
type Walk = SchemaScope & { open: ReadonlySet<string> }

const text: Check = (value) =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined
const flag: Check = (value) =>
  value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined
const number: Check = (value) => {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof read === 'number' && Number.isFinite(read) ? read : undefined
}
const count: Check = (value, at, scope) => {
  const read = number(value, at, scope)
  return typeof read === 'number' && Number.isInteger(read) && read >= 0 ? read : undefined
}

/** Members of an OpenAPI 2 schema; what a check does not answer is left out. `type`, `$ref` and `items` are read first. */
const MEMBERS: Readonly<Record<string, Check>> = {
  title: text,
  description: text,
  format: text,
  default: (value) => value,
  example: (value) => value,
  enum: (value) => (Array.isArray(value) && value.length > 0 ? unique(value) : undefined),
  required: (value) => {
    const names = Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []
    return names.length > 0 ? [...new Set(names)] : undefined
  },
  maximum: number,
  minimum: number,
  multipleOf: (value, at, scope) => {
    const read = number(value, at, scope)
    return typeof read === 'number' && read > 0 ? read : undefined
  },
  exclusiveMaximum: flag,
  exclusiveMinimum: flag,
  maxLength: count,
  minLength: count,
  maxItems: count,
  minItems: count,
  maxProperties: count,
  minProperties: count,
  uniqueItems: flag,
  readOnly: flag,
  pattern: (value) => (typeof value === 'string' && isPattern(value) ? value : undefined),
  discriminator: text,
  properties: (value, at, scope) => (isObject(value) ? propertiesOf(value, at, scope) : undefined),
  additionalProperties: (value, at, scope) =>
    typeof value === 'boolean' ? value : isObject(value) ? walk(value, `${at}.*`, scope) : undefined,
  allOf: (value, at, scope) =>
    Array.isArray(value) && value.length > 0 ? value.map((one) => walk(one, at, scope)) : undefined,
}

/** Nothing is lost without them: names of the schema itself, and what older versions of the format wrote. */
const SILENT = new Set(['id', 'name', '$schema', '$id', 'type', '$ref', 'items', 'required', 'nullable', 'examples'])

/**
 * A schema of a model as OpenAPI 2 allows it: names of definitions become references, liberties of the format and
 * mistakes are settled (spec 11 §8.1, 23 §A5). Never throws.
 * @param at what it belongs to, for messages of repairs
 */
export function cleanSchema(schema: unknown, at: string, scope: SchemaScope): JsonSchema {
  return walk(schema, at, { ...scope, open: new Set() })
}

/** What a type by its name is in a document: a reference, an array written out, or a type of JSON. */
export function schemaOfType(name: string, at: string, scope: SchemaScope): JsonSchema {
  return typed(name, undefined, at, { ...scope, open: new Set() })
}

export function referenceTo(shownName: string): JsonSchema {
  return { $ref: REFERENCE + shownName }
}

/** @returns the name in the document that a schema refers to */
export function referredName({ $ref }: JsonSchema): string | undefined {
  return typeof $ref === 'string' && $ref.startsWith(REFERENCE) ? $ref.slice(REFERENCE.length) : undefined
}

function walk(schema: unknown, at: string, scope: Walk): JsonSchema {
  if (typeof schema === 'string') return typed(schema, undefined, at, scope)
  if (!isObject(schema)) {
    scope.repair(`${at}: ${schema === null ? 'null' : typeof schema} in place of a schema`)
    return {}
  }
  const { $ref, type } = schema
  if (typeof $ref === 'string') return byName(withoutPointer($ref), at, scope, false)
  const base = baseOf(schema, type, at, scope)
  if (base['$ref'] !== undefined) return base
  const clean: Record<string, unknown> = { ...base }
  for (const [member, value] of Object.entries(schema)) {
    if (member.startsWith('x-')) clean[member] = value
    else if (Object.hasOwn(MEMBERS, member)) {
      const read = MEMBERS[member]?.(value, at, scope)
      if (read !== undefined) clean[member] = read
      else if (value !== null && !SILENT.has(member)) scope.repair(`${at}: "${member}" has an impossible value`)
    } else if (!SILENT.has(member)) scope.repair(`${at}: "${member}" means nothing in a schema`)
  }
  if (typeof schema['required'] === 'boolean') clean['x-required'] ??= schema['required']
  return clean
}

/** `type`, and `items` with it. */
function baseOf(schema: Record<string, unknown>, type: unknown, at: string, scope: Walk): JsonSchema {
  const { items, properties } = schema
  if (Array.isArray(type)) {
    scope.repair(`${at}: several types`)
    return baseOf(schema, type.find((one) => one !== 'null') ?? undefined, at, scope)
  }
  if (typeof type === 'string') return typed(type, items, at, scope)
  if (type !== undefined && type !== null) scope.repair(`${at}: its type is no name`)
  if (isObject(properties)) return { type: 'object' }
  return items === undefined || items === null ? {} : arrayOf(items, at, scope)
}

function typed(type: string, items: unknown, at: string, scope: Walk): JsonSchema {
  const named = byName(type, at, scope, true)
  return named['type'] === 'array' && named['items'] === undefined ? arrayOf(items, at, scope) : named
}

function arrayOf(items: unknown, at: string, scope: Walk): JsonSchema {
  if (Array.isArray(items)) {
    scope.repair(`${at}: several schemas of items`)
    return arrayOf(items[0], at, scope)
  }
  // the format lets it out, OpenAPI does not
  if (items === undefined || items === null) return { type: 'array', items: { type: 'string' } }
  return { type: 'array', items: walk(items, `${at}[]`, scope) }
}

/** @param mayBeType a type of JSON is meant when there is no definition of that name */
function byName(name: string, at: string, scope: Walk, mayBeType: boolean): JsonSchema {
  // types of JSON in their own spelling are always meant
  if (mayBeType && TYPES.has(name)) return { type: name }
  const wanted = withoutPointer(name)
  const shown = scope.names.get(wanted)
  if (shown !== undefined) return referenceTo(shown)
  if (scope.arrays.has(wanted)) return writtenOut(wanted, at, scope)
  const type = namedType(wanted)
  if (type?.['type'] === 'array') return { type: 'array', items: { type: 'string' } }
  if (type && mayBeType) return type
  scope.repair(`${at}: there is no definition "${wanted}"`)
  return type ?? { type: 'object' }
}

function writtenOut(name: string, at: string, scope: Walk): JsonSchema {
  if (scope.open.has(name)) {
    scope.repair(`${at}: the list "${name}" holds itself`)
    return { type: 'array', items: { type: 'object' } }
  }
  const root = scope.arrays.get(name)
  return arrayOf(isObject(root) ? root['items'] : undefined, at, { ...scope, open: new Set([...scope.open, name]) })
}

function withoutPointer(reference: string): string {
  const found = /^#?\/?(?:definitions|components\/schemas)\/(.*)$/s.exec(reference)
  if (!found) return reference
  try {
    return decodeURIComponent(found[1] ?? '')
      .replaceAll('~1', '/')
      .replaceAll('~0', '~')
  } catch {
    // a percent sign of the name itself
    return found[1] ?? ''
  }
}

function propertiesOf(properties: Record<string, unknown>, at: string, scope: Walk): Record<string, JsonSchema> {
  const entries = Object.entries(properties).flatMap(([name, one]): [string, JsonSchema][] => {
    // readers of documents would take it for a reference
    if (name === '$ref') return []
    return [[name, walk(one, `${at}.${name}`, scope)]]
  })
  if (Object.hasOwn(properties, '$ref')) scope.repair(`${at}: a property is called "$ref"`)
  return Object.fromEntries(entries)
}

function unique(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'u')
    return true
  } catch {
    return false
  }
}
