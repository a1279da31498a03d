import type { JobQueue } from '../jobs/jobs.ts'
import { attemptDelivery } from './attempt-delivery.ts'
import type { NotificationContext } from './context.ts'
import { deactivate } from './deactivate.ts'
import { notificationDb } from './notification-table.ts'
import { DELIVER_QUEUE, laneOf } from './notify.ts'
import { type WaitingDelivery, waitingForRetry, withBodies } from './open-deliveries.ts'
import { readSubscriber, type Subscriber, targetOf } from './read-subscription.ts'
import { type Outcome, settle } from './settle.ts'
import { RETRY_QUEUE, readRetryKey, SLOW_RETRY_QUEUE, wakeRetries } from './wake-retries.ts'

const SLOTS = 64
const PER_GROUP = 16
const SLOW_PER_GROUP = 8

/** Another attempt at one delivery, at its time (`retry-schedule.ts`). */
export function retryQueues(context: NotificationContext): JobQueue[] {
  const queueOf = (name: string, slow: boolean, perGroup: number): JobQueue => ({
    ...{ name, slots: SLOTS, perGroup },
    async run(key) {
      await retry(context, key, slow)
      return 'done'
    },
  })
  return [queueOf(RETRY_QUEUE, false, PER_GROUP), queueOf(SLOW_RETRY_QUEUE, true, SLOW_PER_GROUP)]
}

async function retry(context: NotificationContext, key: string, slow: boolean): Promise<void> {
  const asked = readRetryKey(key)
  const db = notificationDb(context.store)
  const delivery = asked && (await waitingForRetry(db, asked))
  if (!asked || !delivery) return
  const subscriber = await readSubscriber(db, delivery.subscriptionId)
  if (!subscriber) return // its deliveries went with it
  if (subscriber.slow && !slow) {
    return context.store.changes.transaction((trx, publish) =>
      wakeRetries(context, trx.withTables(), publish, subscriber, [{ delivery, at: asked.nextAttemptAt }]),
    )
  }
  const attempted = await attemptAgain(context, subscriber, delivery)
  if (!attempted) return
  const { outcome, ordered } = attempted
  await context.store.changes.transaction(async (trx, publish) => {
    const { isDead } = await settle(context, trx, publish, subscriber, [outcome])
    if (isDead) await deactivate(context, trx, publish, subscriber)
    // what was held back may go on; what waits for a subscription that is not active any more is queued
    const line = isDead || ordered ? [laneOf(subscriber.id, subscriber.accountId)] : []
    await context.jobs.wake(trx, publish, DELIVER_QUEUE, line)
  })
}

/** @returns undefined when there is nothing to send any more */
async function attemptAgain(
  context: NotificationContext,
  subscriber: Subscriber,
  delivery: WaitingDelivery,
): Promise<{ outcome: Outcome; ordered: boolean } | undefined> {
  const held = (message: string) => ({
    outcome: { delivery, at: context.now(), kind: 'queued' as const, message },
    ordered: false,
  })
  if (!subscriber.active) return held('its receiver failed too long')
  const target = await targetOf(context, subscriber)
  if (!target) return held('there is no callback URL any more')
  for await (const { carried } of withBodies(notificationDb(context.store), [delivery])) {
    const { outcome } = await attemptDelivery(context, subscriber, target, delivery, carried)
    return { outcome, ordered: target.ordered === true }
  }
  return undefined
}
