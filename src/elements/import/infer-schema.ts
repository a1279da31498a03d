import type { Schema } from '../../model/element.ts'
import { isObject } from './json-value.ts'

const MOST_ITEMS = 20
const MOST_NESTED = 12

/** The schema that an example body suggests; of a list the members of its first items together. */
export function inferSchema(value: unknown, depth = 0): Schema {
  if (depth > MOST_NESTED) return {}
  if (Array.isArray(value)) return { type: 'array', items: together(value.slice(0, MOST_ITEMS), depth + 1) }
  if (isObject(value)) {
    const members = Object.entries(value).filter(([name]) => name !== '__proto__')
    return {
      type: 'object',
      properties: Object.fromEntries(members.map(([name, member]) => [name, inferSchema(member, depth + 1)])),
    }
  }
  return scalarSchema(value)
}

function together(items: readonly unknown[], depth: number): Schema {
  const objects = items.filter(isObject)
  if (objects.length === 0) return items.length === 0 ? { type: 'object' } : inferSchema(items[0], depth)
  const all = objects.map((item) => Object.fromEntries(Object.entries(item).filter(([, member]) => member !== null)))
  return inferSchema(Object.assign({}, ...objects, ...all.toReversed()), depth)
}

function scalarSchema(value: unknown): Schema {
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number', 'x-samplevalue': value }
  if (typeof value !== 'string') return {}
  return {
    type: 'string',
    ...formatOf(value),
    ...(value !== '' && value.length <= 200 ? { 'x-samplevalue': value } : {}),
  }
}

function formatOf(text: string): { format?: string } {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return { format: 'date-time' }
  return /^\d{4}-\d\d-\d\d$/.test(text) ? { format: 'date' } : {}
}
