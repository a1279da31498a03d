import { isObject } from '../../model/is-object.ts'

/** Clients escape what their own libraries escape again. */
const MOST_LAYERS = 3

/**
 * A setting that is JSON text: an object, or text that holds one, escaped once or more often (spec 40 §2).
 * @returns an empty object for an empty text, undefined for anything else
 */
export function jsonObject(text: string): Record<string, unknown> | undefined {
  let value: unknown = text
  for (let layer = 0; layer < MOST_LAYERS && typeof value === 'string'; layer++) {
    if (value.trim() === '') return {}
    value = parsed(value) ?? parsed(value.replaceAll('\\"', '"'))
  }
  return value === null ? {} : isObject(value) ? value : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // what it is instead, the caller says
  }
}
