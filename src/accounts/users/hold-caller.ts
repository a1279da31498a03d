import { sql, type Transaction } from 'kysely'
import { credentialsInvalid } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'

/**
 * Keeps the caller, its account and its organization from being closed until the transaction ends: what is stored in their name meanwhile would
 * not go with them. The organization comes first, then the account, as they do for whoever closes them.
 *
 * @throws ValenceError CREDENTIALS_INVALID when one of them was closed since the call began
 */
export async function holdCaller<DB>(
  trx: Transaction<DB>,
  { userId, accountId, organizationId }: Pick<Caller, 'userId' | 'accountId' | 'organizationId'>,
): Promise<void> {
  const organization = await sql`
    select id from organizations where id = ${organizationId} and active for key share`.execute(trx)
  const account = await sql`select id from accounts where id = ${accountId} and active for share`.execute(trx)
  const user = await sql`select id from users where id = ${userId} and active and deleted_at is null for share`.execute(
    trx,
  )
  if ([organization, account, user].some(({ rows }) => rows.length === 0)) throw credentialsInvalid()
}
