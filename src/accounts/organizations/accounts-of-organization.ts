import type { Caller } from '../../model/account.ts'
import { isRowId } from '../../model/row-id.ts'
import { type AccountBody, accountRows, toAccountBody } from '../account-body.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { addAccount } from '../create-account.ts'
import { accountNotFound } from '../find-account.ts'
import { pageOfAccounts } from '../list-accounts.ts'
import type { ListPage, ListQuery } from '../list-page.ts'
import { findOrganization } from './organization-body.ts'

/** `GET /organizations/{id}/accounts` (spec 50 §3). @throws ValenceError ORGANIZATION_NOT_FOUND, FORBIDDEN, NOTHING_FOUND */
export async function listAccountsOf(
  context: AccountsContext,
  caller: Caller,
  organizationId: number,
  query: ListQuery,
): Promise<ListPage<AccountBody>> {
  await enter(context, caller, organizationId)
  return pageOfAccounts(context.store, organizationId, query)
}

/** `POST /organizations/{id}/accounts` @throws ValenceError ORGANIZATION_NOT_FOUND, FORBIDDEN, PARAMETER_MISSING, BODY_INVALID */
export async function createAccountIn(
  context: AccountsContext,
  caller: Caller,
  organizationId: number,
  body: Readonly<Record<string, unknown>>,
): Promise<AccountBody> {
  await enter(context, caller, organizationId)
  return addAccount(context, caller, organizationId, body)
}

/** `GET /organizations/{id}/accounts/{accountId}` @throws ValenceError ORGANIZATION_NOT_FOUND, ACCOUNT_NOT_FOUND (404), FORBIDDEN */
export async function readAccountIn(
  context: AccountsContext,
  caller: Caller,
  organizationId: number,
  accountId: number,
): Promise<AccountBody> {
  await enter(context, caller, organizationId)
  const rows = accountRows(context.store.db.withTables<AccountsTables>(), organizationId)
  const account = isRowId(accountId) ? await rows.where('id', '=', accountId).executeTakeFirst() : undefined
  if (!account) throw accountNotFound(accountId)
  return toAccountBody(account)
}

async function enter({ store, authorize }: AccountsContext, caller: Caller, id: number): Promise<void> {
  await findOrganization(store.db.withTables<AccountsTables>(), id)
  authorize(caller, 'organizations.accounts', { organizationId: id, accountId: 0 })
}
