import { sql, type Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { AccountsContext, Closing } from './context.ts'
import type { AccountRow } from './find-account.ts'
import { forgetResets } from './sign-in/forget-resets.ts'
import { eraseUsers } from './users/close-user.ts'

/**
 * Nobody of the account can call any more (spec 50 §4, lifecycle): sessions and jobs end. With `permanently` its users, instances, settings and
 * roles go for good; the row stays and comes back empty when it is made active again.
 */
export async function closeAccount(
  context: AccountsContext,
  trx: Transaction<AccountsTables>,
  publish: Publish,
  account: Pick<AccountRow, 'id' | 'organization_id'>,
  { by, permanently }: Pick<Closing, 'by' | 'permanently'>,
): Promise<void> {
  const at = context.now()
  await trx
    .updateTable('accounts')
    .set({ active: false, updated_at: at, ...(permanently ? { deleted_at: at, settings: '{}' } : {}) })
    .where('id', '=', account.id)
    .execute()
  const users = await trx
    .selectFrom('users')
    .select('id')
    .where('account_id', '=', account.id)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  const ids = users.map(({ id }) => id)
  if (permanently) {
    await eraseUsers(context, trx, ids)
    await trx.deleteFrom('account_roles').where('account_id', '=', account.id).execute()
  } else {
    await trx.deleteFrom('login_tokens').where(sql<boolean>`user_id = any(${ids}::integer[])`).execute()
    await forgetResets(trx, { accountId: account.id })
  }
  const owner = { accountId: account.id, organizationId: account.organization_id }
  await context.onAccountClosed(trx, publish, { ...owner, by, permanently, at })
  publish({ topic: 'account', key: String(account.id) })
  for (const id of ids) publish({ topic: 'user', key: String(id) })
}
