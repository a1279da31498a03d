import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { forgetResets } from '../sign-in/forget-resets.ts'
import { userNotFound } from '../users/find-user.ts'
import { holdUser } from '../users/hold-user.ts'
import { keepAdministrator } from './administrators.ts'
import { type EffectiveRole, effectiveRoles, type RoleHolder } from './effective-roles.ts'
import { rolesNamed } from './find-role.ts'
import { findRoleHolder } from './find-role-holder.ts'
import { type RoleBody, toRoleBody } from './role-body.ts'
import { isGrantable } from './role-rank.ts'

/**
 * Grants roles to a user while it is made or changed (`roles: [{ key }]`, spec 50 §5). What the user has already is passed over: an object
 * that was read is sent back as it is. The caller publishes the change of the user.
 *
 * @throws ValenceError ROLE_UNKNOWN (400), FORBIDDEN (403) for a role above the caller's own, or one more for himself
 */
export async function grantRoles(
  trx: Transaction<AccountsTables>,
  caller: Caller,
  user: RoleHolder,
  keys: readonly string[],
): Promise<void> {
  const roles = await rolesNamed(trx, user.organizationId, [...new Set(keys)])
  const held = new Set((await effectiveRoles(trx, user)).map(({ key }) => key))
  if (roles.every(({ key }) => held.has(key))) return
  const granted = await grantedKeys(trx, user.userId)
  const missing = roles.filter(({ key }) => !granted.has(key))
  for (const role of missing) assertGrantable(caller, role, user)
  await trx
    .insertInto('user_roles')
    .values(missing.map(({ key }) => ({ user_id: user.userId, role_key: key })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await forgetResets(trx, user)
}

/**
 * `PUT /users/{id}/roles/{key}`. The order of the checks is part of the contract (spec 00 §15).
 *
 * @throws ValenceError ROLE_UNKNOWN (400), USER_NOT_FOUND (404), FORBIDDEN (403: not the caller's to administer, the caller himself, a role
 *   above his own), ALREADY_EXISTS (409)
 */
export async function grantUserRole(
  context: AccountsContext,
  caller: Caller,
  userId: number,
  key: string,
): Promise<RoleBody> {
  return context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const { role, user } = await checkedGrant(context, trx, caller, userId, key)
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('user_roles')
      .values({ user_id: user.userId, role_key: key })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) {
      throw new ValenceError('ALREADY_EXISTS', `User ${userId} holds the role ${key} already`)
    }
    await forgetResets(trx, user)
    await recordGrant(trx, caller, user, 'grantRole', key)
    publish({ topic: 'user', key: String(userId) })
    return toRoleBody(role)
  })
}

/**
 * `DELETE /users/{id}/roles/{key}`: takes away what was granted to the user itself. What it holds through its account, or for want of
 * another role, stays; that is no failure (spec 50 §6).
 *
 * @throws as `grantUserRole`, ROLE_NOT_HELD (404), LAST_ADMINISTRATOR (409)
 */
export async function revokeUserRole(
  context: AccountsContext,
  caller: Caller,
  userId: number,
  key: string,
): Promise<void> {
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    await keepAdministrator(trx, caller.organizationId, async () => {
      const { user } = await checkedGrant(context, trx, caller, userId, key)
      const held = await effectiveRoles(trx, user)
      const { numDeletedRows } = await trx
        .deleteFrom('user_roles')
        .where('user_id', '=', userId)
        .where('role_key', '=', key)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) {
        if (held.some((role) => role.key === key)) return
        throw new ValenceError('ROLE_NOT_HELD', `User ${userId} does not hold the role ${key}`)
      }
      await recordGrant(trx, caller, user, 'revokeRole', key)
      publish({ topic: 'user', key: String(userId) })
    })
  })
}

/** `GET /users/{id}/roles`: effective ones, with their privileges. @throws ValenceError USER_NOT_FOUND, FORBIDDEN */
export async function listUserRoles(context: AccountsContext, caller: Caller, userId: number): Promise<RoleBody[]> {
  const db = context.store.db.withTables<AccountsTables>()
  const user = await findRoleHolder(db, userId)
  context.authorize(caller, 'users.roles', user)
  return (await effectiveRoles(db, user)).map(toRoleBody)
}

async function checkedGrant(
  { authorize }: AccountsContext,
  trx: Transaction<AccountsTables>,
  caller: Caller,
  userId: number,
  key: string,
): Promise<{ role: EffectiveRole; user: RoleHolder }> {
  const [role] = await rolesNamed(trx, caller.organizationId, [key])
  const user = await findRoleHolder(trx, userId)
  authorize(caller, 'users.grantRole', user)
  if (!role) throw new Error(`no role for ${key}`)
  assertGrantable(caller, role, user)
  if (!(await holdUser(trx, userId))) throw userNotFound(userId)
  return { role, user }
}

function assertGrantable(caller: Caller, role: EffectiveRole, user: RoleHolder): void {
  if (user.userId === caller.userId) {
    throw new ValenceError('FORBIDDEN', 'Nobody grants roles to himself or takes them away from himself')
  }
  if (isGrantable(caller, role, user)) return
  throw new ValenceError('FORBIDDEN', `The role ${role.key} of user ${user.userId} is not yours to grant or take away`)
}

async function grantedKeys(trx: Transaction<AccountsTables>, userId: number): Promise<Set<string>> {
  const rows = await trx.selectFrom('user_roles').select('role_key').where('user_id', '=', userId).execute()
  return new Set(rows.map(({ role_key }) => role_key))
}

function recordGrant(
  trx: Transaction<AccountsTables>,
  caller: Caller,
  { userId, accountId }: RoleHolder,
  action: 'grantRole' | 'revokeRole',
  key: string,
): Promise<void> {
  const state = { roles: [{ key }] }
  const change = action === 'grantRole' ? { after: state } : { before: state }
  return recordChange(trx, caller, { entity: 'user', id: userId, action, accountId, ...change })
}
