import type { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'

const MAX_CHARS = 1_000
/** Members in which vendors say what is wrong, the most telling first. */
const TELLING = [
  'message',
  'error_description',
  'errorMessage',
  'detail',
  'description',
  'reason',
  'title',
  'error',
  'errors',
]
const MOST_LEVELS = 5

/**
 * What became of a row, in one line (spec 22 §7): `400: email is required`. The status is the one that a call for the row alone would get,
 * the text the vendor's own where it said something.
 */
export function rowStatus({ status, message, providerMessage }: ValenceError): string {
  // a hook's own words come first: they are written for whoever reads them
  const told = message === 'Request failed' && providerMessage !== undefined ? vendorsWords(providerMessage) : message
  const line = told.replaceAll(/\s+/g, ' ').trim()
  return `${status}: ${line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line}`
}

function vendorsWords(text: string): string {
  return (isJson(text) && messageIn(JSON.parse(text), MOST_LEVELS)) || text
}

function messageIn(value: unknown, levels: number): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  if (levels === 0) return undefined
  if (Array.isArray(value)) {
    const messages = value.slice(0, 5).flatMap((item) => messageIn(item, levels - 1) ?? [])
    return messages.length === 0 ? undefined : messages.join('; ')
  }
  if (!isObject(value)) return undefined
  for (const name of TELLING) {
    const found = messageIn(value[name], levels - 1)
    if (found !== undefined) return found
  }
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
