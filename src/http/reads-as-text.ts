import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { type Query, single } from './query.ts'

/**
 * `json={"convertToNativeType":"false"}` (spec 22 §8): values of a file are wanted as texts.
 * @throws ValenceError PARAMETER_INVALID for what is no JSON object
 */
export function readsAsText(query: Query): boolean {
  const text = single(query['json'])?.trim()
  if (!text) return false
  const options = parsed(text)
  if (isObject(options)) return String(options['convertToNativeType'] ?? true).toLowerCase() === 'false'
  throw new ValenceError(
    'PARAMETER_INVALID',
    `json: expected a JSON object such as {"convertToNativeType":"false"}, got "${text.slice(0, 100)}"`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
