import type { Transaction } from 'kysely'
import type { AccountsTables } from '../accounts-table.ts'

/**
 * Locks a user, until the transaction ends, before rows that refer to it: its roles, sessions, tokens. Whoever changes several of them does it in this
 * order, or two would wait for each other. Before it come the organization, the account and roles that are granted.
 *
 * @returns whether the user is there; it may have been deleted meanwhile
 */
export async function holdUser(trx: Transaction<AccountsTables>, userId: number): Promise<boolean> {
  const user = await trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return user !== undefined
}
