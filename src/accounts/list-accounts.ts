import type { Caller } from '../model/account.ts'
import { type AccountBody, accountRows, toAccountBody } from './account-body.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { AccountsContext } from './context.ts'
import { findAccount, ownerOf } from './find-account.ts'
import { type ListPage, type ListQuery, listPage } from './list-page.ts'

/**
 * Accounts of the caller's organization in order of id; without `includeInactive` the active ones (spec 50 §4).
 * @throws ValenceError NOTHING_FOUND (404, "No accounts found"), QUERY_INVALID, FORBIDDEN
 */
export async function listAccounts(
  { store, authorize }: AccountsContext,
  caller: Caller,
  query: ListQuery,
): Promise<ListPage<AccountBody>> {
  authorize(caller, 'accounts.list')
  return pageOfAccounts(store, caller.organizationId, query)
}

/** The same of any organization; who may see it, the caller has asked. */
export function pageOfAccounts(
  store: AccountsContext['store'],
  organizationId: number,
  query: ListQuery,
): Promise<ListPage<AccountBody>> {
  const all = accountRows(store.db.withTables<AccountsTables>(), organizationId)
  const rows = query.includeInactive ? all : all.where('active', '=', true)
  return listPage(rows, organizationId, 'accounts.id', (found) => found.map(toAccountBody), 'accounts', query)
}

/** One account, inactive or deleted ones too: both can be made active again. @throws ValenceError ACCOUNT_NOT_FOUND, FORBIDDEN */
export async function readAccount(
  { store, authorize }: AccountsContext,
  caller: Caller,
  id: number,
): Promise<AccountBody> {
  const account = await findAccount(store.db.withTables<AccountsTables>(), id)
  authorize(caller, 'accounts.read', ownerOf(account))
  return toAccountBody(account)
}
