import type { JobQueue } from '../jobs/jobs.ts'
import { attemptDelivery } from './attempt-delivery.ts'
import type { NotificationContext } from './context.ts'
import { deactivate } from './deactivate.ts'
import { lockSubscriptions } from './lock-subscriptions.ts'
import { inNotifications, notificationDb } from './notification-table.ts'
import { DELIVER_QUEUE, wakeOf } from './notify.ts'
import { type WaitingDelivery, waitingForRetry, withBodies } from './open-deliveries.ts'
import { readSubscriber, type Subscriber, targetOf } from './read-subscription.ts'
import { MAX_RETRIES } from './retry-schedule.ts'
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
  const outcome = await attemptAgain(context, subscriber, delivery)
  if (!outcome) return
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inNotifications(plainTrx)
    if (delivery.attempts >= MAX_RETRIES) await lockSubscriptions(trx, [subscriber.id])
    const { isDead } = await settle(context, trx, publish, subscriber, [outcome])
    if (isDead) await deactivate(context, trx, publish, subscriber)
    // What was held back may go on, also when the instance does not ask for it any more; what waits for a dead receiver is queued. Whether
    // something waits cannot be asked here: what is stored at this moment is not seen, and its own run still sees this retry.
    await context.jobs.wake(trx, publish, DELIVER_QUEUE, [wakeOf(subscriber.id, subscriber.accountId)])
  })
}

/** @returns undefined when there is nothing to send any more */
async function attemptAgain(
  context: NotificationContext,
  subscriber: Subscriber,
  delivery: WaitingDelivery,
): Promise<Outcome | undefined> {
  const held = (message: string): Outcome => ({ delivery, at: context.now(), kind: 'queued', message })
  if (!subscriber.active) return held('its receiver failed too long')
  const target = await targetOf(context, subscriber)
  if (!target) return held('there is no callback URL any more')
  for await (const { carried } of withBodies(notificationDb(context.store), [delivery])) {
    return (await attemptDelivery(context, subscriber, target, delivery, carried)).outcome
  }
  return undefined
}
