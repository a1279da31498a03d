import type { Kysely } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { SERVER_ROLES } from './built-in-roles.ts'
import { type EffectiveRole, effectiveRoles, type RoleHolder } from './effective-roles.ts'

type Ranked = Pick<EffectiveRole, 'key' | 'privileges'>

/**
 * Whether the role is in the caller's gift: nobody gives what is above him, roles of the server are in nobody's, and only users of the
 * default account hold `org-admin` (spec 50 §6).
 */
export function isGrantable(caller: Caller, role: Ranked, to: { defaultAccount: boolean }): boolean {
  if (isServerRole(role.key) || (role.key === 'org-admin' && !to.defaultAccount)) return false
  return isWithin(caller, role)
}

/**
 * For what makes the caller as good as the other user, or shuts him out: a new password or secret, no second factor, removal. Somebody who may
 * more than the caller is out of his reach, whatever his privileges say about users.
 *
 * @throws ValenceError FORBIDDEN
 */
export async function assertNotAbove(db: Kysely<AccountsTables>, caller: Caller, user: RoleHolder): Promise<void> {
  if (user.userId === caller.userId) return
  const above = await roleAbove(db, caller, user)
  if (above === undefined) return
  throw new ValenceError('FORBIDDEN', `User ${user.userId} holds the role ${above}, which is above your own`)
}

/** @returns the key of a role of the user that allows more than the caller may */
export async function roleAbove(
  db: Kysely<AccountsTables>,
  caller: Caller,
  user: RoleHolder,
): Promise<string | undefined> {
  const own = new Set((await effectiveRoles(db, caller)).map(({ key }) => key))
  const roles = await effectiveRoles(db, user)
  return roles.find((role) => !(isServerRole(role.key) ? own.has(role.key) : isWithin(caller, role)))?.key
}

/** An administrator of the organization may everything in it; for everybody else a role must not allow more than he may himself. */
function isWithin(caller: Caller, { key, privileges }: Ranked): boolean {
  if (caller.organizationAdmin) return true
  if (key === 'org-admin' || (key === 'admin' && !caller.accountAdmin)) return false
  return privileges.every((privilege) => caller.privileges.has(privilege))
}

export function isServerRole(key: string): boolean {
  return SERVER_ROLES.some((role) => role.key === key)
}
