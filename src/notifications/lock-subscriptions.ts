import type { Transaction } from 'kysely'
import type { NotificationTables } from './notification-table.ts'

/**
 * Whether deliveries wait or are held, and whether their subscription is active, is decided under its lock: what is released must not be
 * queued again by somebody who looked before. Whoever changes both takes the subscription first, those of lower ids before others.
 *
 * @returns those that are there, as they are now
 */
export function lockSubscriptions(
  trx: Transaction<NotificationTables>,
  ids: readonly number[],
): Promise<{ id: number; active: boolean }[]> {
  return trx
    .selectFrom('subscriptions')
    .select(['id', 'active'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}
