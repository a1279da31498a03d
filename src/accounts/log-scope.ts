import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { Store } from '../store/database.ts'
import type { AccountsTables } from './accounts-table.ts'

/**
 * Whose records of a log a caller sees (spec 41 §7.2): `viewLogsOrg` → all accounts of his organization, `viewLogsAccount` → his
 * account, otherwise what he did himself.
 *
 * @param accountIds the accounts he asks for; none: all that he may see
 * @throws ValenceError FORBIDDEN (403) for an account beyond that, whether or not it exists (spec 00 §15)
 */
export async function logScopeOf(
  { db }: Pick<Store, 'db'>,
  { organizationId, accountId, userId, privileges }: Caller,
  accountIds: readonly number[] = [],
): Promise<LogScope> {
  const foreign = accountIds.filter((id) => id !== accountId)
  if (privileges.has('viewLogsOrg')) {
    const own = foreign.length === 0 ? [] : await accountsOf(db, organizationId, foreign)
    assertNone(foreign.filter((id) => !own.includes(id)))
    return { organizationId, ...(accountIds.length > 0 ? { accountIds } : {}) }
  }
  assertNone(foreign)
  return { organizationId, accountIds: [accountId], ...(privileges.has('viewLogsAccount') ? {} : { userId }) }
}

async function accountsOf(db: Store['db'], organizationId: number, ids: readonly number[]): Promise<number[]> {
  const rows = await db
    .withTables<AccountsTables>()
    .selectFrom('accounts')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .execute()
  return rows.map(({ id }) => id)
}

function assertNone(foreign: readonly number[]): void {
  if (foreign.length === 0) return
  throw new ValenceError('FORBIDDEN', `The logs of account ${foreign.join(', ')} are not yours to see`)
}
