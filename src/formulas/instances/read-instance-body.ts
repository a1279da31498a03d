import { readSwitch } from '../../accounts/read-members.ts'
import { ValenceError } from '../../errors.ts'
import { parseInstant } from '../../model/instant.ts'
import { isObject } from '../../model/is-object.ts'
import { storableText } from '../../model/storable-text.ts'
import { cleanName } from '../clean-name.ts'

/** What a body says of an instance (spec 30 §3.1); what it does not speak of is undefined. Members that nobody knows are ignored. */
export interface InstanceRequest {
  name: string | undefined
  active: boolean | undefined
  /** null: as the formula says */
  singleThreaded: boolean | null | undefined
  /** null takes a value away */
  configuration: Record<string, string | null>
  /** null takes a setting away */
  settings: Record<string, unknown>
  consecutiveErrors: number | undefined
  /** null: there is none */
  firstErrorAt: Date | null | undefined
}

type Body = Readonly<Record<string, unknown>>

const MAX_NAME = 255
const MAX_COUNT = 1_000_000

/** @throws ValenceError BODY_INVALID naming the member */
export function readInstanceBody(body: Body): InstanceRequest {
  return {
    name: readName(body['name']),
    active: readSwitch(body, 'active'),
    singleThreaded: body['singleThreaded'] === null ? null : readSwitch(body, 'singleThreaded'),
    configuration: readConfiguration(body['configuration']),
    settings: readObject(body['settings'], 'settings'),
    consecutiveErrors: readCount(body['numberConsecutiveErrors']),
    firstErrorAt: readDate(body['firstConsecutiveErrorDate']),
  }
}

/** Values with those of a request over them; null takes one away. */
export function merged<V>(
  present: Readonly<Record<string, V>>,
  given: Readonly<Record<string, V | null>>,
): Record<string, V> {
  const values = Object.entries({ ...present, ...given })
  return Object.fromEntries(values.filter((entry): entry is [string, V] => entry[1] !== null && entry[1] !== undefined))
}

function readName(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' && typeof value !== 'number') throw invalid(`name: expected text, got ${shown(value)}`)
  const name = cleanName(storableText(String(value)))
  if (name.length > MAX_NAME) throw invalid(`name: expected at most ${MAX_NAME} characters, got ${name.length}`)
  return name
}

/** Values are text, whatever a client sends (spec 30 §3.1): scripts compare with the texts that they read back (spec 31 §4.3). */
function readConfiguration(value: unknown): Record<string, string | null> {
  const entries = Object.entries(readObject(value, 'configuration'))
  return Object.fromEntries(entries.map(([key, one]) => [storableText(key), asText(one)]))
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return storableText(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

function readObject(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (isObject(value)) return value
  throw invalid(`${name}: expected an object of keys and values, got ${shown(value)}`)
}

function readCount(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT) return value
  throw invalid(`numberConsecutiveErrors: expected a whole number from 0 to ${MAX_COUNT}, got ${shown(value)}`)
}

function readDate(value: unknown): Date | null | undefined {
  if (value === undefined || value === null) return value
  const date = typeof value === 'string' ? parseInstant(value) : undefined
  if (date) return date
  throw invalid(`firstConsecutiveErrorDate: expected a date such as 2019-04-02T10:11:12Z, got ${shown(value)}`)
}

function shown(value: unknown): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return JSON.stringify(value).slice(0, 100)
}

function invalid(message: string): ValenceError {
  return new ValenceError('BODY_INVALID', message)
}
