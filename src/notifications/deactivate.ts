import type { Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import { raiseAlarm } from './alarms.ts'
import type { NotificationContext } from './context.ts'
import { inNotifications } from './notification-table.ts'
import type { Subscriber } from './read-subscription.ts'

/** After the last retry of a delivery: what comes is queued until somebody releases it (spec 40 §9.3). */
export async function deactivate<DB>(
  context: NotificationContext,
  trx: Transaction<DB>,
  publish: Publish,
  subscriber: Subscriber,
): Promise<void> {
  const { numUpdatedRows } = await inNotifications(trx)
    .updateTable('subscriptions')
    .set({ active: false, updated_at: context.now() })
    .where('id', '=', subscriber.id)
    .where('active', '=', true)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return
  context.log.warn({ subscription: subscriber.id }, 'a subscription was deactivated: its receiver failed too long')
  const { id, instanceId, config, accountId } = subscriber
  await raiseAlarm(context, trx, publish, {
    owner: subscriber,
    topic: 'alarms-subscription-deactivated',
    message: {
      ...{ subscriptionId: id, accountId, url: config.url ?? null },
      ...(instanceId === null ? {} : { instanceId }),
      reason: 'Its receiver failed for 73 hours; what comes is queued until it is released.',
    },
  })
}
