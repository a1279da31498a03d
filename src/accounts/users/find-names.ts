import type { Store } from '../../store/database.ts'
import type { AccountsTables } from '../accounts-table.ts'

/** What ids stand for; those of what was deleted are missing. */
export interface FoundNames {
  /** e-mail addresses */
  users: ReadonlyMap<number, string>
  accounts: ReadonlyMap<number, { name: string; externalId: string | null }>
  organizations: ReadonlyMap<number, { name: string; externalId: string | null }>
}

/** Names for logs, which keep ids. Whose ids these are is for the caller to know. */
export async function findNames(
  store: Pick<Store, 'db'>,
  ids: { users: Iterable<number>; accounts: Iterable<number>; organizations: Iterable<number> },
): Promise<FoundNames> {
  const db = store.db.withTables<AccountsTables>()
  const [users, accounts, organizations] = [ids.users, ids.accounts, ids.organizations].map((some) => [
    ...new Set(some),
  ]) as [number[], number[], number[]]
  const userRows =
    users.length === 0
      ? []
      : await db
          .selectFrom('users')
          .select(['id', 'email'])
          .where('id', 'in', users)
          .where('deleted_at', 'is', null)
          .execute()
  const nameRows = async (table: 'accounts' | 'organizations', wanted: number[]) =>
    wanted.length === 0
      ? []
      : db.selectFrom(table).select(['id', 'name', 'external_id as externalId']).where('id', 'in', wanted).execute()
  const toMap = <Row extends { id: number }>(rows: readonly Row[]) => new Map(rows.map((row) => [row.id, row]))
  return {
    users: new Map(userRows.map(({ id, email }) => [id, email])),
    accounts: toMap(await nameRows('accounts', accounts)),
    organizations: toMap(await nameRows('organizations', organizations)),
  }
}
