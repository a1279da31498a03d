import { ExactNumber } from '../../model/exact-number.ts'
import { isObject } from '../../model/is-object.ts'

/**
 * The first of these members that says something: what a record is recognized by, as text.
 * @param names of members, dotted ones inside of others
 * @returns undefined when none has a text, a number or a boolean
 */
export function recordId(record: unknown, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = scalarAt(record, name)
    if (value !== undefined && String(value) !== '') return String(value)
  }
  return undefined
}

export function scalarAt(record: unknown, name: string): string | number | boolean | undefined {
  const value = memberAt(record, name)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return value instanceof ExactNumber ? String(value) : undefined
}

function memberAt(record: unknown, name: string): unknown {
  if (!isObject(record)) return undefined
  if (Object.hasOwn(record, name)) return record[name]
  let value: unknown = record
  for (const step of name.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined
    value = value[step]
  }
  return value
}
