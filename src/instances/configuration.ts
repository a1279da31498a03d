import { isSecretKey, isSecretName } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import { MASK } from '../redact.ts'

export type Values = Record<string, string | null>

/** Keys and values have limits so that one instance cannot fill the store (values may hold certificates and JSON). */
const MAX_KEYS = 500
const MAX_KEY_LENGTH = 200
const MAX_VALUE_LENGTH = 100_000
const MAX_TOTAL_LENGTH = 500_000

/**
 * The `configuration` member of a request as stored text: booleans and numbers become strings, objects JSON text
 * (spec 10 §4.3). `********` means "keep what is stored" and is left out.
 * @throws ValenceError CONFIGURATION_INVALID
 */
export function readConfiguration(given: unknown): Values {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given))
    throw invalid('configuration: expected an object of keys and values')
  const entries = Object.entries(given)
  if (entries.length > MAX_KEYS) throw invalid(`configuration: ${entries.length} keys are more than ${MAX_KEYS}`)
  const values: Values = Object.create(null)
  for (const [key, value] of entries) {
    if (key.length > MAX_KEY_LENGTH) throw invalid(`configuration: a key has more than ${MAX_KEY_LENGTH} characters`)
    const text = asText(value)
    if (text !== null && text.length > MAX_VALUE_LENGTH) {
      throw invalid(`configuration: the value of ${key} has more than ${MAX_VALUE_LENGTH} characters`)
    }
    if (text !== MASK) values[key.toWellFormed()] = text
  }
  return withRightNames({ ...values })
}

/** Some documents misspell a key; who sends it means the one that counts, which has a default of the element (spec 40 §2). */
function withRightNames(values: Values): Values {
  const misspelt = values['vendor.event.type']
  return misspelt === undefined ? values : { 'event.vendor.type': misspelt, ...values }
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  // half a surrogate pair is no text that a database takes
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).toWellFormed()
}

/**
 * @param values everything an instance would store
 * @throws ValenceError CONFIGURATION_INVALID
 */
export function assertStorable(values: Readonly<Values>): void {
  const keys = Object.keys(values)
  const size = keys.reduce((sum, key) => sum + key.length + (values[key]?.length ?? 0), 0)
  if (keys.length > MAX_KEYS || size > MAX_TOTAL_LENGTH) {
    throw invalid(
      `configuration: an instance holds at most ${MAX_KEYS} keys and ${MAX_TOTAL_LENGTH} characters, this would be ${keys.length} and ${size}`,
    )
  }
}

function invalid(message: string): ValenceError {
  return new ValenceError('CONFIGURATION_INVALID', message)
}

/** Secret values are sealed, the others are stored in clear. */
export function splitSecrets(element: Element, values: Readonly<Values>): { plain: Values; secret: Values } {
  const plain: Values = {}
  const secret: Values = {}
  for (const [key, value] of Object.entries(values)) {
    const target = isSecretKey(element, key) ? secret : plain
    target[key] = value
  }
  return { plain, secret }
}

/** Effective values with secrets as eight asterisks (spec 10 §4.4), declared keys first in display order. */
export function maskedConfiguration(element: Element, effective: Readonly<Values>): Values {
  const masked: Values = {}
  for (const [key, value] of Object.entries(effective)) {
    masked[key] = value !== null && value !== '' && isSecretKey(element, key) ? MASK : value
  }
  return masked
}

/** Values of which no element says what they are, masked by their names. */
export function maskedByName(values: Readonly<Values>): Values {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value && isSecretName(key) ? MASK : value]),
  )
}

/**
 * Keys that must be given and are not, in display order (spec 10 §4.3): required, not internal, without an effective
 * value.
 * @param exempt keys that come from elsewhere: an OAuth proxy, a default application
 */
export function missingKeys(
  element: Element,
  effective: Readonly<Values>,
  exempt: ReadonlySet<string> = new Set(),
): string[] {
  return element.configuration
    .filter((row) => row.required && !row.internal && !exempt.has(row.key) && !effective[row.key])
    .toSorted((a, b) => (a.displayOrder ?? 0) - (b.displayOrder ?? 0))
    .map((row) => row.key)
}
