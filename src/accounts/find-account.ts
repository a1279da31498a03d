import type { Kysely, Selectable } from 'kysely'
import { ValenceError } from '../errors.ts'
import { idInWords, isRowId } from '../model/row-id.ts'
import type { AccountsTables, AccountTable } from './accounts-table.ts'
import type { Target } from './authorize.ts'

export type AccountRow = Selectable<AccountTable>

/** An account of whatever organization, inactive and deleted ones too: a deleted account can come back (spec 01 §4). @throws ValenceError ACCOUNT_NOT_FOUND (404) */
export async function findAccount(db: Kysely<AccountsTables>, id: number): Promise<AccountRow> {
  const row = isRowId(id)
    ? await db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined
  return row ?? Promise.reject(accountNotFound(id))
}

/** The one that the organization started with (spec 50 §1). */
export async function findDefaultAccount(db: Kysely<AccountsTables>, organizationId: number): Promise<AccountRow> {
  return db
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('default_account', '=', true)
    .executeTakeFirstOrThrow()
}

export function accountNotFound(id: number): ValenceError {
  return new ValenceError('ACCOUNT_NOT_FOUND', `There is no account with ${idInWords(id)}`)
}

/** The account as the owner of a row, for `authorize`. */
export function ownerOf(account: Pick<AccountRow, 'id' | 'organization_id'>): Target {
  return { accountId: account.id, organizationId: account.organization_id }
}
