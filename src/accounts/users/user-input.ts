import type { Updateable } from 'kysely'
import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import type { UserTable } from '../accounts-table.ts'
import { invalid, readNeededText, readSwitch, readText } from '../read-members.ts'
import { OPTIONAL_TEXTS, REQUIRED_TEXTS } from './user-fields.ts'

/** What a body says of a user; absent members it does not name. */
export interface UserInput {
  columns: Updateable<UserTable>
  password: string | undefined
  active: boolean | undefined
  /** keys of roles that the user is to hold as well */
  roles: readonly string[]
}

/** longest address that mail can be sent to (RFC 5321 §4.5.3.1.3, without the angle brackets) */
const MAX_EMAIL_LENGTH = 254
const MAX_PASSWORD_LENGTH = 200
const MAX_ROLES = 100
/** what lists show in place of a password; sent back it changes nothing */
const SECURED = 'secured'

/**
 * Reads the body of POST, PATCH and PUT. Members that only answers have, and unknown ones, are passed over: a whole object that was read may be
 * sent back (spec 50 §5).
 *
 * @throws ValenceError BODY_INVALID
 */
export function readUserInput(body: Readonly<Record<string, unknown>>): UserInput {
  const columns: Record<string, unknown> = {}
  for (const [name, column] of Object.entries(REQUIRED_TEXTS)) columns[column] = readNeededText(body, name)
  for (const [name, column] of Object.entries(OPTIONAL_TEXTS)) columns[column] = readText(body, name)
  const given: Updateable<UserTable> = Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  )
  if (given.email !== undefined) assertEmail(given.email)
  return {
    columns: given,
    password: readPassword(body),
    active: readSwitch(body, 'active'),
    roles: readRoleKeys(body['roles']),
  }
}

/** Without characters that nobody sees, by which one address passes for another. @throws ValenceError BODY_INVALID */
export function assertEmail(email: string): void {
  if (/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(email) && email.length <= MAX_EMAIL_LENGTH) return
  throw invalid('email', `an e-mail address of at most ${MAX_EMAIL_LENGTH} characters`, email)
}

/** @returns undefined when the body sets none. @throws ValenceError BODY_INVALID */
export function readPassword(body: Readonly<Record<string, unknown>>): string | undefined {
  const value = body['password']
  if (value === undefined || value === null || value === SECURED) return undefined
  if (typeof value !== 'string') throw new ValenceError('BODY_INVALID', 'password: expected text')
  if (value.length > MAX_PASSWORD_LENGTH) {
    throw new ValenceError('BODY_INVALID', `password must have at most ${MAX_PASSWORD_LENGTH} characters`)
  }
  return value
}

/** `[{ key }]`; whatever else the roles of an answer have is passed over. */
export function readRoleKeys(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > MAX_ROLES) {
    throw invalid('roles', `a list of at most ${MAX_ROLES} objects with a key`, value)
  }
  return value.map((role, at) => {
    const key = isObject(role) ? role['key'] : undefined
    if (typeof key !== 'string' || key === '') throw invalid(`roles[${at}].key`, 'the key of a role', key)
    return key
  })
}
