import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { ownValue } from '../../model/own-value.ts'
import { BUILT_IN_ROLES } from './built-in-roles.ts'
import type { EffectiveRole } from './effective-roles.ts'
import { isPrivilege, PRIVILEGE_KEYS } from './privileges.ts'

/** What a request says of a role; what it does not name stays (spec 00 §4). */
export interface RoleChange {
  name?: string
  description?: string
  active?: boolean
  /** keys, as sent */
  privileges?: readonly string[]
}

/** What an organization says of one of its roles. */
export interface RoleDefinition {
  name: string
  description: string
  active: boolean
  privileges: string[]
}

/** The server's own, with the exact texts that clients look for (spec 50 §6). */
const FORBIDDEN: Readonly<Record<string, (role: string) => string>> = {
  system: () => "User can not add the 'system' privilege to any role.",
  intelligence: (role) => `User can not add the 'intelligence' privilege to the '${role}' role.`,
}

/**
 * The definition that a change makes of a role.
 *
 * Whoever is no administrator of the organization gives and takes only privileges that he has himself; what a built-in role allows by default
 * may be given back to it.
 *
 * @param role as it is now; a new one has no privileges yet
 * @throws ValenceError FORBIDDEN (403) for a privilege that is nobody's or not the caller's to give or take, PRIVILEGE_UNKNOWN (400)
 */
export function changedRole(
  caller: Caller,
  role: Pick<EffectiveRole, 'key' | keyof RoleDefinition>,
  change: RoleChange,
): RoleDefinition {
  const wanted = new Set(change.privileges ?? role.privileges)
  checkKeys(role.key, wanted)
  const changed = {
    name: change.name ?? role.name,
    description: change.description ?? role.description,
    active: change.active ?? role.active,
    privileges: PRIVILEGE_KEYS.filter((key) => wanted.has(key)),
  }
  const [had, has] = [allowed(role), allowed(changed)]
  const given = [...has].filter((key) => !had.has(key) && !isDefault(role.key, key))
  const taken = [...had].filter((key) => !has.has(key))
  const foreign = [...given, ...taken].find((key) => !isOwn(caller, key))
  if (foreign === undefined) return changed
  throw new ValenceError(
    'FORBIDDEN',
    `The privilege "${foreign}" is not yours: you can neither give it to the role ${role.key} nor take it away`,
  )
}

/** What is forbidden is said first, whatever else is wrong. */
function checkKeys(role: string, keys: ReadonlySet<string>): void {
  for (const key of keys) {
    const text = ownValue(FORBIDDEN, key)?.(role)
    if (text !== undefined) throw new ValenceError('FORBIDDEN', text)
  }
  for (const key of keys) {
    if (isPrivilege(key)) continue
    const text = `The privilege "${key}" does not exist; GET /organizations/privileges lists them`
    throw new ValenceError('PRIVILEGE_UNKNOWN', text)
  }
}

/** What a role allows whoever holds it. */
function allowed({ active, privileges }: { active: boolean; privileges: readonly string[] }): ReadonlySet<string> {
  return new Set(active ? privileges : [])
}

function isOwn(caller: Caller, key: string): boolean {
  return caller.organizationAdmin || caller.privileges.has(key)
}

function isDefault(role: string, privilege: string): boolean {
  return BUILT_IN_ROLES.some(({ key, privileges }) => key === role && privileges.some((one) => one === privilege))
}
