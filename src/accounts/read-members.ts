import { ValenceError } from '../errors.ts'
import { storableText } from '../model/storable-text.ts'

/** What a body says of one member; undefined: nothing. */
type Body = Readonly<Record<string, unknown>>

/** of names, addresses, external ids */
const MAX_TEXT_LENGTH = 255

/**
 * Text that may be taken away. Numbers come where text is meant (`externalId: 123`, spec 00 §13).
 * @returns undefined when the body does not name it, null when it takes it away (null, or blank)
 * @throws ValenceError BODY_INVALID
 */
export function readText(body: Body, name: string, maxLength = MAX_TEXT_LENGTH): string | null | undefined {
  const value = body[name]
  if (value === undefined || value === null) return value
  if (typeof value !== 'string' && typeof value !== 'number') throw invalid(name, 'text', value)
  const text = storableText(String(value)).trim()
  if (text.length > maxLength) {
    throw new ValenceError('BODY_INVALID', `${name}: expected at most ${maxLength} characters, got ${text.length}`)
  }
  return text === '' ? null : text
}

/** Text that cannot be taken away. @throws ValenceError BODY_INVALID */
export function readNeededText(body: Body, name: string): string | undefined {
  const text = readText(body, name)
  if (text === null) throw blank(name)
  return text
}

/** `true`, `"true"` in any case. @throws ValenceError BODY_INVALID */
export function readSwitch(body: Body, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  const text = String(value).toLowerCase()
  if (text !== 'true' && text !== 'false') throw invalid(name, 'true or false', value)
  return text === 'true'
}

/** One of some words, in any case. @throws ValenceError BODY_INVALID */
export function readWord<T extends string>(body: Body, name: string, words: readonly T[]): T | undefined {
  const text = readText(body, name) ?? undefined
  if (text === undefined) return undefined
  const word = words.find((one) => one.toLowerCase() === text.toLowerCase())
  if (word === undefined) throw invalid(name, words.join(' or '), text)
  return word
}

/** Members that must be there, all that are missing at once (spec 00 §12). @throws ValenceError PARAMETER_MISSING */
export function requireMembers(body: Body, names: readonly string[], where = 'the request body'): void {
  const missing = names.filter((name) => body[name] === undefined || body[name] === null || body[name] === '')
  if (missing.length > 0) throw new ValenceError('PARAMETER_MISSING', `Missing in ${where}: ${missing.join(', ')}`)
}

/** Of text that is there, with nothing in it. */
export function blank(name: string): ValenceError {
  return new ValenceError('BODY_INVALID', `${name}: expected text that is not empty`)
}

export function invalid(name: string, expected: string, value: unknown): ValenceError {
  const shown = typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'an object') : `"${value}"`
  return new ValenceError('BODY_INVALID', `${name}: expected ${expected}, got ${shown}`)
}
