import { sql, type Transaction } from 'kysely'
import { credentialsInvalid } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'

/**
 * Keeps the caller and its account from being closed until the transaction ends: what is stored in their name meanwhile would not go with them.
 * The account comes first, as it does for whoever closes it.
 *
 * @throws ValenceError CREDENTIALS_INVALID when one of them was closed since the call began
 */
export async function holdCaller<DB>(
  trx: Transaction<DB>,
  { userId, accountId }: Pick<Caller, 'userId' | 'accountId'>,
): Promise<void> {
  const account = await sql`select id from accounts where id = ${accountId} and active for share`.execute(trx)
  const user = await sql`select id from users where id = ${userId} and active and deleted_at is null for share`.execute(
    trx,
  )
  if (account.rows.length === 0 || user.rows.length === 0) throw credentialsInvalid()
}
