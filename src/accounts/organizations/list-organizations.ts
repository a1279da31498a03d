import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { type ListPage, type ListQuery, listPage } from '../list-page.ts'
import { findOrganization, type OrganizationBody, organizationRows, toOrganizationBody } from './organization-body.ts'

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
    caller.organizationId,
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
