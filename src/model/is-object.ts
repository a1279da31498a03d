import { ExactNumber } from './exact-number.ts'

/** A JSON object: neither an array nor null, nor a number that is one here only to keep its digits. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
}
