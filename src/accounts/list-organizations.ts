import type { Caller } from '../model/account.ts'
import { type AccountBody, accountRows, toAccountBody } from './account-body.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { AccountsContext } from './context.ts'
import { addAccount } from './create-account.ts'
import { accountNotFound } from './find-account.ts'
import { isPossibleId } from './find-role-holder.ts'
import { pageOfAccounts } from './list-accounts.ts'
import { type ListPage, type ListQuery, listPage } from './list-page.ts'
import {
  findOrganization,
  type OrganizationBody,
  type OrganizationRow,
  organizationRows,
  toOrganizationBody,
} from './organization-body.ts'

/** `GET /customers/organizations`: all of the server but its own; secrets are not shown (spec 50 §12). */
export async function listOrganizations(
  { store, authorize }: AccountsContext,
  caller: Caller,
  query: ListQuery,
): Promise<ListPage<OrganizationBody>> {
  authorize(caller, 'organizations.list')
  const all = organizationRows(store.db.withTables<AccountsTables>())
  const rows = query.includeInactive ? all : all.where('active', '=', true)
  return listPage(
    rows,
    'organizations.id',
    (found) => found.map((row) => toOrganizationBody(row)),
    'organizations',
    query,
  )
}

/** @throws ValenceError ORGANIZATION_NOT_FOUND (404) */
export async function readOrganization(
  { store, authorize }: AccountsContext,
  caller: Caller,
  id: number,
): Promise<OrganizationBody> {
  authorize(caller, 'organizations.list')
  return toOrganizationBody(await findOrganization(store.db.withTables<AccountsTables>(), id))
}

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
  const account = isPossibleId(accountId) ? await rows.where('id', '=', accountId).executeTakeFirst() : undefined
  if (!account) throw accountNotFound(accountId)
  return toAccountBody(account)
}

async function enter({ store, authorize }: AccountsContext, caller: Caller, id: number): Promise<OrganizationRow> {
  const organization = await findOrganization(store.db.withTables<AccountsTables>(), id)
  authorize(caller, 'organizations.accounts', { organizationId: id, accountId: 0 })
  return organization
}
