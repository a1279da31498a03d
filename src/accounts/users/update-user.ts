import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { keepAdministrator } from '../roles/administrators.ts'
import { effectiveRoles } from '../roles/effective-roles.ts'
import { grantRoles } from '../roles/grant-role.ts'
import { assertNotAbove } from '../roles/role-rank.ts'
import { preparePassword, storePassword } from '../sign-in/set-password.ts'
import { closeUser, eraseUsers } from './close-user.ts'
import { findUser, holderOf, userNotFound } from './find-user.ts'
import { uniqueEmail } from './insert-user.ts'
import { toUserBody, type UserBody, type UserRow, userRows } from './user-body.ts'
import { readUserInput, type UserInput } from './user-input.ts'
import type { UserScope } from './user-scope.ts'

/**
 * `PATCH` and `PUT` of a user: what the body does not name stays. `{ active: false }` closes the user, with `permanently` also for good what is
 * his; his row stays and can be opened again (spec 50 §5).
 *
 * @throws ValenceError BODY_INVALID, ROLE_UNKNOWN (400), USER_NOT_FOUND, ACCOUNT_NOT_FOUND (404), FORBIDDEN (403), ALREADY_EXISTS,
 *   LAST_ADMINISTRATOR (409), TOO_MANY_ATTEMPTS (429) at passwords
 */
export async function updateUser(
  context: AccountsContext,
  caller: Caller,
  scope: UserScope,
  emailOrId: string,
  body: Readonly<Record<string, unknown>>,
  { permanently = false }: { permanently?: boolean } = {},
): Promise<UserBody> {
  const { store, authorize, limits, now } = context
  const db = store.db.withTables<AccountsTables>()
  const user = await findUser(db, authorize, caller, scope, emailOrId, 'update')
  await assertNotAbove(db, caller, holderOf(user))
  const input = readUserInput(body)
  if (input.active === false) assertNotOneself(caller, user, 'deactivate')
  const password = input.password === undefined ? undefined : await prepared(context, user, input, input.password)

  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const isClosed = input.active === false
    const after = await (isClosed ? keepAdministrator(trx, user.organization_id, change) : change())
    publish({ topic: 'user', key: String(user.id) })
    return after

    async function change(): Promise<UserBody> {
      const before = await lockUser(trx, user.id)
      const roles = await effectiveRoles(trx, holderOf(before))
      const columns = { ...input.columns, ...(input.active ? { active: true } : {}), updated_at: now() }
      await uniqueEmail(columns.email, () => trx.updateTable('users').set(columns).where('id', '=', user.id).execute())
      if (password) {
        await storePassword(trx, user.id, password, { now: now() })
        await limits.forgetGuesses(trx, { username: columns.email ?? before.email })
      }
      await grantRoles(trx, caller, holderOf(before), input.roles)
      if (isClosed) await closeUser(context, trx, publish, before, { by: caller, permanently })
      const row = await userRows(trx).where('users.id', '=', user.id).executeTakeFirstOrThrow()
      const body = toUserBody(row, await effectiveRoles(trx, holderOf(row)))
      await recordChange(trx, caller, {
        entity: 'user',
        id: user.id,
        action: 'update',
        accountId: user.account_id,
        before: withHash(before, toUserBody(before, roles)),
        after: withHash(row, body),
      })
      return password ? { ...body, password: 'secured' } : body
    }
  })
}

/**
 * `DELETE` of a user: cannot be undone; his instances and jobs go with him (spec 50 §5).
 * @throws ValenceError USER_NOT_FOUND, ACCOUNT_NOT_FOUND (404), FORBIDDEN (403), LAST_ADMINISTRATOR (409)
 */
export async function removeUser(
  context: AccountsContext,
  caller: Caller,
  scope: UserScope,
  emailOrId: string,
): Promise<void> {
  const { store, authorize } = context
  const db = store.db.withTables<AccountsTables>()
  const found = await findUser(db, authorize, caller, scope, emailOrId, 'delete')
  assertNotOneself(caller, found, 'delete')
  await assertNotAbove(db, caller, holderOf(found))
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    await keepAdministrator(trx, found.organization_id, async () => {
      const user = await lockUser(trx, found.id)
      const before = toUserBody(user, await effectiveRoles(trx, holderOf(user)))
      await closeUser(context, trx, publish, user, { by: caller, permanently: true })
      await eraseUsers(context, trx, [user.id])
      await recordChange(trx, caller, {
        entity: 'user',
        id: user.id,
        action: 'delete',
        accountId: user.account_id,
        before,
      })
    })
    publish({ topic: 'user', key: String(found.id) })
  })
}

/** What was found may be gone by now. */
async function lockUser(trx: Transaction<AccountsTables>, id: number): Promise<UserRow> {
  const row = await userRows(trx).where('users.id', '=', id).forUpdate('users').executeTakeFirst()
  return row ?? Promise.reject(userNotFound(id))
}

/** Somebody who shuts himself out cannot let himself in again. */
function assertNotOneself(caller: Caller, user: UserRow, what: 'delete' | 'deactivate'): void {
  if (user.id !== caller.userId) return
  throw new ValenceError('FORBIDDEN', `Nobody can ${what} himself; another administrator can`)
}

/** Counted, because the policy tells whether it is one of the last ones, and a body that is refused in the end changes nothing. */
async function prepared({ store, limits }: AccountsContext, user: UserRow, { columns }: UserInput, password: string) {
  await limits.beginChange(user.id)
  const owner = {
    organizationId: user.organization_id,
    userId: user.id,
    email: columns.email ?? user.email,
    firstName: columns.first_name ?? user.first_name,
    lastName: columns.last_name ?? user.last_name,
  }
  return preparePassword(store.db.withTables<AccountsTables>(), owner, password)
}

/** The audit log shows that a password changed, never what it was. */
function withHash(row: UserRow, body: UserBody): object {
  return { ...body, ...(row.password_hash === null ? {} : { password: row.password_hash }) }
}
