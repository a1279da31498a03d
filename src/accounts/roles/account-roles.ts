import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { findAccount, ownerOf } from '../find-account.ts'
import { forgetResets } from '../sign-in/forget-resets.ts'
import { keepAdministrator } from './administrators.ts'
import type { EffectiveRole } from './effective-roles.ts'
import { roleRows, rolesNamed } from './find-role.ts'
import { type RoleBody, toRoleBody } from './role-body.ts'
import { isGrantable } from './role-rank.ts'

/** `GET /accounts/{id}/roles`: what is granted to the account, and so to all its users. @throws ValenceError ACCOUNT_NOT_FOUND, FORBIDDEN */
export async function listAccountRoles(
  context: AccountsContext,
  caller: Caller,
  accountId: number,
): Promise<RoleBody[]> {
  const db = context.store.db.withTables<AccountsTables>()
  const account = await findAccount(db, accountId)
  context.authorize(caller, 'accounts.roles', ownerOf(account))
  const granted = db.selectFrom('account_roles').select('role_key').where('account_id', '=', accountId)
  return (await roleRows(db, account.organization_id).where('key', 'in', granted).execute()).map(toRoleBody)
}

/**
 * `PUT /accounts/{id}/roles/{key}`: a role for all users of an account. The order of the checks is part of the contract (spec 00 §15).
 *
 * @throws ValenceError ROLE_UNKNOWN (400), ACCOUNT_NOT_FOUND (404), FORBIDDEN (403), ALREADY_EXISTS (409)
 */
export async function grantAccountRole(
  context: AccountsContext,
  caller: Caller,
  accountId: number,
  key: string,
): Promise<RoleBody> {
  return context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const role = await checkedGrant(context, trx, caller, accountId, key)
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('account_roles')
      .values({ account_id: accountId, role_key: key })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) {
      throw new ValenceError('ALREADY_EXISTS', `Account ${accountId} holds the role ${key} already`)
    }
    await forgetResets(trx, { accountId })
    const entry = { entity: 'account', id: accountId, action: 'grantRole', accountId } as const
    await recordChange(trx, caller, { ...entry, after: { roles: [{ key }] } })
    publish({ topic: 'account', key: String(accountId) })
    return toRoleBody(role)
  })
}

/**
 * `DELETE /accounts/{id}/roles/{key}`
 *
 * @throws as `grantAccountRole`, ROLE_NOT_HELD (404), LAST_ADMINISTRATOR (409)
 */
export async function revokeAccountRole(
  context: AccountsContext,
  caller: Caller,
  accountId: number,
  key: string,
): Promise<void> {
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    await keepAdministrator(trx, caller.organizationId, async () => {
      await checkedGrant(context, trx, caller, accountId, key)
      const { numDeletedRows } = await trx
        .deleteFrom('account_roles')
        .where('account_id', '=', accountId)
        .where('role_key', '=', key)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) {
        throw new ValenceError('ROLE_NOT_HELD', `Account ${accountId} does not hold the role ${key}`)
      }
      const entry = { entity: 'account', id: accountId, action: 'revokeRole', accountId } as const
      await recordChange(trx, caller, { ...entry, before: { roles: [{ key }] } })
      publish({ topic: 'account', key: String(accountId) })
    })
  })
}

async function checkedGrant(
  { authorize }: AccountsContext,
  trx: Transaction<AccountsTables>,
  caller: Caller,
  accountId: number,
  key: string,
): Promise<EffectiveRole> {
  const [role] = await rolesNamed(trx, caller.organizationId, [key])
  const account = await findAccount(trx, accountId)
  authorize(caller, 'accounts.grantRole', ownerOf(account))
  if (role && isGrantable(caller, role, { defaultAccount: account.default_account })) return role
  throw new ValenceError(
    'FORBIDDEN',
    `The role ${key} is not yours to grant to account ${accountId} or to take from it`,
  )
}
