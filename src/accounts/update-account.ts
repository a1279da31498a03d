import type { Transaction } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { type AccountBody, readAccountInput, toAccountBody } from './account-body.ts'
import type { AccountsTables } from './accounts-table.ts'
import { closeAccount } from './close-account.ts'
import type { AccountsContext } from './context.ts'
import { type AccountRow, accountNotFound, findAccount, ownerOf } from './find-account.ts'

/**
 * `PATCH` and `PUT /accounts/{id}`: what the body does not name stays. `{ active: false }` closes the account, with `permanently` as `DELETE`
 * does; `{ active: true }` brings it back, after a deletion empty (spec 50 §4).
 *
 * @throws ValenceError BODY_INVALID, ACCOUNT_NOT_FOUND (404), FORBIDDEN (403), IN_USE (409) when the default account would be closed
 */
export async function updateAccount(
  context: AccountsContext,
  caller: Caller,
  id: number,
  body: Readonly<Record<string, unknown>>,
  { permanently = false }: { permanently?: boolean } = {},
): Promise<AccountBody> {
  const { store, authorize, now } = context
  const account = await findAccount(store.db.withTables<AccountsTables>(), id)
  authorize(caller, 'accounts.update', ownerOf(account))
  const { columns, active } = readAccountInput(body)
  if (active === false) assertNotDefault(account)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const before = await lockAccount(trx, id)
    const opened = active ? { active: true, deleted_at: null } : {}
    await trx
      .updateTable('accounts')
      .set({ ...columns, ...opened, updated_at: now() })
      .where('id', '=', id)
      .execute()
    if (active === false) await closeAccount(context, trx, publish, before, { by: caller, permanently })
    const after = toAccountBody(await findAccount(trx, id))
    const action = active === false && permanently ? 'delete' : 'update'
    const states = { before: toAccountBody(before), after }
    await recordChange(trx, caller, { entity: 'account', id, action, accountId: id, ...states })
    publish({ topic: 'account', key: String(id) })
    return after
  })
}

/**
 * `DELETE /accounts/{id}`: its users and instances are gone for good, the account can come back without them (spec 50 §4).
 * @throws ValenceError ACCOUNT_NOT_FOUND (404; also the second time), FORBIDDEN (403), IN_USE (409) for the default account
 */
export async function removeAccount(context: AccountsContext, caller: Caller, id: number): Promise<void> {
  const { store, authorize } = context
  const account = await findAccount(store.db.withTables<AccountsTables>(), id)
  authorize(caller, 'accounts.delete', ownerOf(account))
  assertNotDefault(account)
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const before = await lockAccount(trx, id)
    if (before.deleted_at) throw accountNotFound(id)
    await closeAccount(context, trx, publish, before, { by: caller, permanently: true })
    const entry = { entity: 'account', id, action: 'delete', accountId: id } as const
    await recordChange(trx, caller, { ...entry, before: toAccountBody(before) })
  })
}

async function lockAccount(trx: Transaction<AccountsTables>, id: number): Promise<AccountRow> {
  return trx.selectFrom('accounts').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}

/** An organization is nowhere without it (spec 50 §1). */
function assertNotDefault(account: AccountRow): void {
  if (!account.default_account) return
  throw new ValenceError(
    'IN_USE',
    `Account ${account.id} is the default account of its organization: it can be neither deleted nor made inactive`,
  )
}
