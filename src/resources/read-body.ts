import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { storableText } from '../model/storable-text.ts'
import { LIMITS } from './limits.ts'

export type Body = Readonly<Record<string, unknown>>

/** @throws ValenceError BODY_INVALID */
export function readObject(value: unknown, name: string): Body {
  if (isObject(value)) return value
  throw invalid(`${name}: expected an object, got ${kindOf(value)}`)
}

/** Absent and `null` are an empty list. @throws ValenceError BODY_INVALID */
export function readList(value: unknown, name: string, max: number): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(`${name}: expected a list, got ${kindOf(value)}`)
  if (value.length > max) throw invalid(`${name}: has ${value.length} entries, at most ${max} are taken`)
  return value
}

/** Absent, `null` and empty are nothing. @throws ValenceError BODY_INVALID */
export function readText(value: unknown, name: string, max: number): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw invalid(`${name}: expected a text, got ${kindOf(value)}`)
  if (value.length > max) throw invalid(`${name}: has ${value.length} characters, at most ${max} are taken`)
  return storableText(value)
}

/** A switch; clients send texts as well. @throws ValenceError BODY_INVALID */
export function readSwitch(value: unknown, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  throw invalid(`${name}: expected true or false, got ${kindOf(value)}`)
}

/**
 * The name of a common resource, which is a segment of paths: no slash, nothing that a path ends at, no control characters, not the
 * segments that lead elsewhere.
 * @throws ValenceError BODY_INVALID
 */
export function readObjectName(value: unknown, name: string): string {
  const text = readText(value, name, LIMITS.nameLength)?.trim()
  if (!text) throw invalid(`${name}: expected the name of the common resource`)
  if (text === '.' || text === '..') throw invalid(`${name}: "${text}" in a path leads elsewhere`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (/[/\\?#\u0000-\u001f\u007f]/.test(text)) {
    throw invalid(`${name}: "${text}" has a character that no path can hold: / \\ ? # and control characters`)
  }
  return text
}

/** Members that nobody here knows, without those that belong to where the body comes from (spec 20 §4: foreign ids are ignored). */
export function otherMembers(body: Body, read: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => value !== undefined && !read.includes(name) && !FOREIGN.has(name)),
  )
}

const FOREIGN = new Set([
  ...['id', 'companyId', 'organizationId', 'accountId', 'userId', 'ownerAccountId', 'mappedElementIds', 'elementId'],
  ...['vdrFieldId', 'associatedId', 'createdDate', 'updatedDate', 'level', 'associatedLevel', 'instanceId'],
  ...['elementInstanceId', 'elementInstanceIds', 'vdrId', 'transformationId', '__proto__'],
])

function invalid(message: string): ValenceError {
  return new ValenceError('BODY_INVALID', message)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `${typeof value === 'string' ? 'a' : 'the'} ${typeof value}`
}
