import { type SqlBool, sql, type Transaction } from 'kysely'
import { lockSubscriptions } from './lock-subscriptions.ts'
import { inNotifications, type NotificationTables } from './notification-table.ts'

/** They go, and with them what was not delivered yet; what was stays as history. */
export async function removeSubscriptions(
  trx: Transaction<NotificationTables>,
  subscriptionIds: readonly number[],
): Promise<void> {
  if (subscriptionIds.length === 0) return
  await lockSubscriptions(trx, subscriptionIds)
  await removeOpenDeliveries(trx, subscriptionIds)
  await trx.deleteFrom('subscriptions').where('id', 'in', subscriptionIds).execute()
}

/** What nobody waits for any more. */
export async function removeOpenDeliveries(
  trx: Transaction<NotificationTables>,
  subscriptionIds: readonly number[],
): Promise<void> {
  await trx
    .deleteFrom('deliveries')
    .where('subscription_id', 'in', subscriptionIds)
    .where(sql<SqlBool>`status in ('created', 'retry', 'queued')`)
    .execute()
}

/** They go with their owner, in the transaction that ends him. */
export async function removeSubscriptionsOf<DB>(
  plainTrx: Transaction<DB>,
  gone: { accountId: number } | { organizationId: number },
): Promise<void> {
  const trx = inNotifications(plainTrx)
  const all = trx.selectFrom('subscriptions').select('id')
  const theirs =
    'accountId' in gone
      ? all.where('account_id', '=', gone.accountId)
      : all.where('organization_id', '=', gone.organizationId)
  const rows = await theirs.execute()
  await removeSubscriptions(
    trx,
    rows.map(({ id }) => id),
  )
}

/** Those that belong to instances: they go with them. */
export async function removeInstanceSubscriptions<DB>(
  plainTrx: Transaction<DB>,
  instanceIds: readonly number[],
): Promise<void> {
  if (instanceIds.length === 0) return
  const trx = inNotifications(plainTrx)
  const rows = await trx.selectFrom('subscriptions').select('id').where('instance_id', 'in', instanceIds).execute()
  await removeSubscriptions(
    trx,
    rows.map(({ id }) => id),
  )
}
