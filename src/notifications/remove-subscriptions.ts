import type { Transaction } from 'kysely'
import type { NotificationTables } from './notification-table.ts'

/** They go, and with them what was not delivered yet; what was stays as history. */
export async function removeSubscriptions(
  trx: Transaction<NotificationTables>,
  subscriptionIds: readonly number[],
): Promise<void> {
  if (subscriptionIds.length === 0) return
  await trx
    .deleteFrom('deliveries')
    .where('subscription_id', 'in', subscriptionIds)
    .where('status', 'in', ['created', 'retry', 'queued'])
    .execute()
  await trx.deleteFrom('subscriptions').where('id', 'in', subscriptionIds).execute()
}
