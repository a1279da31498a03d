import type { Kysely } from 'kysely'
import type { AccountsTables } from '../accounts-table.ts'

/**
 * Tokens to set a password (`password-reset.ts`) are worthless: of a user who can no longer call, and of one who may more than when somebody
 * who was above him then asked for the token.
 */
export async function forgetResets(
  trx: Kysely<AccountsTables>,
  whose: { userId: number } | { accountId: number },
): Promise<void> {
  const resets = trx.deleteFrom('password_resets')
  const theirs =
    'userId' in whose
      ? resets.where('user_id', '=', whose.userId)
      : resets.where('user_id', 'in', trx.selectFrom('users').select('id').where('account_id', '=', whose.accountId))
  await theirs.execute()
}
