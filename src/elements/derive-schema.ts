import { inJavaOrder } from './java-order.ts'
import { isPart, type Part } from './part-kinds.ts'

/** Definitions of a model by name, in the OpenAPI 2 of spec 11 §8.1. */
export type Definitions = Record<string, Part>

interface Writing {
  definitions: Definitions
  /** how often a glued name was taken, so that a long list of the same names is not searched again and again */
  counts: Map<string, number>
}

/** `2018-08-28T10:00:00Z`, with fractions and offsets */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/
const DATE_MASK = "yyyy-MM-dd'T'HH:mm:ss.SSSZ"

/**
 * `POST /models/{name}/schema`: definitions of a sample (spec 23 §C4).
 * @param sample an object, or an array of which the first element counts
 */
export function deriveSchema(name: string, sample: unknown): Definitions {
  const definitions: Definitions = Object.create(null)
  const writing = { definitions, counts: new Map() }
  if (!Array.isArray(sample)) {
    define(writing, name, isPart(sample) ? sample : {}, { title: name, property: name, hasType: false })
  } else if (isPart(sample[0])) {
    const item = `${name}Object`
    definitions[name] = { type: 'array', items: { type: item } }
    define(writing, item, sample[0], { title: item, property: item, hasType: true })
  } else {
    definitions[name] = literals(sample)
  }
  return { ...definitions }
}

/** @param property the property whose value it is: the first half of the names of what it holds, where theirs are taken */
function define(
  writing: Writing,
  name: string,
  value: Part,
  { title, property, hasType }: { title: string; property: string; hasType: boolean },
): void {
  const properties: Record<string, unknown> = Object.create(null)
  // first, so that what it holds cannot take its name
  writing.definitions[name] = { title, ...(hasType ? { type: 'object' } : {}), 'x-has-customfields': false, properties }
  for (const member of inJavaOrder(Object.keys(value))) {
    properties[member] = propertyOf(writing, property, member, value[member])
  }
}

function propertyOf(writing: Writing, parent: string, name: string, value: unknown): Part {
  const isList = Array.isArray(value)
  const object: unknown = isList ? value[0] : value
  if (!isPart(object)) return isList ? literals(value) : literal(value)
  const definition = freeName(writing, parent, name)
  define(writing, definition, object, { title: name, property: name, hasType: !isList })
  return isList ? { type: 'array', items: { type: definition } } : { type: definition }
}

/** Plain while it is free, then behind its parent's name, then counted. */
function freeName({ definitions, counts }: Writing, parent: string, name: string): string {
  if (!(name in definitions)) return name
  const glued = `${parent}${name}`
  let count = counts.get(glued) ?? 1
  let free = glued
  while (free in definitions) free = `${glued}${++count}`
  counts.set(glued, count)
  return free
}

function literals(values: readonly unknown[]): Part {
  return { type: 'array', items: { type: literal(values[0])['type'] }, 'x-samplevalue': values }
}

function literal(value: unknown): Part {
  if (value === null || value === undefined) return { type: 'string' }
  const sample = { 'x-samplevalue': value }
  if (typeof value === 'boolean') return { type: 'boolean', ...sample }
  if (typeof value === 'number') return { ...numberType(value), ...sample }
  if (DATE_TIME.test(String(value))) return { type: 'string', format: 'date-time', 'x-mask': DATE_MASK, ...sample }
  return { type: 'string', ...sample }
}

function numberType(value: number): Part {
  if (!Number.isInteger(value)) return { type: 'number', format: 'double' }
  return { type: 'integer', format: Math.abs(value) < 2 ** 31 ? 'int32' : 'int64' }
}
