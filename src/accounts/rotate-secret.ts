import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { AccountsContext } from './context.ts'
import { findOrganization, type OrganizationBody, toOrganizationBody } from './organizations/organization-body.ts'
import { effectiveRoles } from './roles/effective-roles.ts'
import { assertNotAbove } from './roles/role-rank.ts'
import { newOrganizationSecret, newUserSecret, secretColumns } from './secrets.ts'
import { findUser, holderOf, userNotFound } from './users/find-user.ts'
import { toUserBody, type UserBody } from './users/user-body.ts'

/**
 * `PUT /organizations/me/secret`: a new one, the old one is worthless at once. Everybody of the organization needs the new one; sessions stay.
 * Source: spec 50 §2, last line.
 */
export async function rotateOrganizationSecret(
  { store, now }: AccountsContext,
  caller: Caller,
): Promise<OrganizationBody> {
  const id = caller.organizationId
  const secret = newOrganizationSecret()
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const before = await findOrganization(trx, id)
    const columns = secretColumns(store.cipher, 'organizations', id, secret)
    await trx
      .updateTable('organizations')
      .set({ ...columns, updated_at: now() })
      .where('id', '=', id)
      .execute()
    const states = { before: { secret: before.secret_lookup }, after: { secret: columns.secret_lookup } }
    await recordChange(trx, caller, { entity: 'organization', id, action: 'rotateSecret', ...states })
    publish({ topic: 'organization', key: String(id) })
    return toOrganizationBody(await findOrganization(trx, id), secret)
  })
}

/**
 * `PUT /users/{id}/secret`: one's own, or that of a user whom one administers. The old one is worthless at once; sessions stay.
 * @throws ValenceError USER_NOT_FOUND (404), FORBIDDEN (403)
 */
export async function rotateUserSecret(
  { store, authorize, now }: AccountsContext,
  caller: Caller,
  emailOrId: string,
): Promise<UserBody> {
  const db = store.db.withTables<AccountsTables>()
  const user = await findUser(db, authorize, caller, { entrance: 'everybody' }, emailOrId, 'list')
  const holder = holderOf(user)
  authorize(caller, 'users.rotateSecret', holder)
  if (user.id !== caller.userId && !caller.accountAdmin) {
    throw new ValenceError('FORBIDDEN', 'The secret of somebody else is changed by administrators of the account')
  }
  await assertNotAbove(db, caller, holder)
  const secret = newUserSecret()
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const columns = secretColumns(store.cipher, 'users', user.id, secret)
    const { numUpdatedRows } = await trx
      .updateTable('users')
      .set({ ...columns, updated_at: now() })
      .where('id', '=', user.id)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) throw userNotFound(user.id)
    const states = { before: { secret: user.secret_lookup }, after: { secret: columns.secret_lookup } }
    const entry = { entity: 'user', id: user.id, action: 'rotateSecret', accountId: user.account_id } as const
    await recordChange(trx, caller, { ...entry, ...states })
    publish({ topic: 'user', key: String(user.id) })
    return toUserBody(user, await effectiveRoles(trx, holder), { secret })
  })
}
