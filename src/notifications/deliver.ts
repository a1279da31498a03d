import type { JobOutcome, JobQueue } from '../jobs/jobs.ts'
import { attemptDelivery } from './attempt-delivery.ts'
import type { NotificationContext, Target } from './context.ts'
import { deliverMails } from './deliver-mails.ts'
import { inNotifications, notificationDb } from './notification-table.ts'
import { DELIVER_QUEUE, wakeOf } from './notify.ts'
import { firstAttempts, firstOpen, type WaitingDelivery, withBodies } from './open-deliveries.ts'
import { queueOpen } from './queue-open.ts'
import { readSubscriber, type Subscriber, targetOf } from './read-subscription.ts'
import { removeOpenDeliveries } from './remove-subscriptions.ts'
import { type Outcome, settle } from './settle.ts'
import { createWriteBehind } from './write-behind.ts'

/**
 * First attempts, one after the other for each subscription, in the order of its deliveries; what fails is tried again by `retry.ts` and
 * holds back nobody (spec 01 §6). A process that is killed may have sent what it had not written down: it is sent again, with the same id.
 *
 * A receiver that takes its time is served in a queue of its own, so that slow ones wait for each other only: the subscription says in
 * which (`slow`), and one queue hands it to the other. Only the queue that it is in sends.
 */
const SLOW_DELIVER_QUEUE = 'notifications.deliver-slow'

const SLOTS = 64
const PER_GROUP = 16
const SLOW_PER_GROUP = 8
/** then others have their turn */
const MOST_A_RUN = 100
const RUN_MS = 1_000
/** slower than that is slow; so many quick ones are quick again */
const SLOW_MS = 3_000
const QUICK_MS = 1_000
const QUICK_ONES = 3

export function deliverQueues(context: NotificationContext): JobQueue[] {
  const queueOf = (name: string, slow: boolean, perGroup: number): JobQueue => ({
    ...{ name, slots: SLOTS, perGroup },
    run: (key, signal) => deliverSome(context, Number(key), { slow, signal }),
  })
  return [queueOf(DELIVER_QUEUE, false, PER_GROUP), queueOf(SLOW_DELIVER_QUEUE, true, SLOW_PER_GROUP)]
}

async function deliverSome(
  context: NotificationContext,
  subscriptionId: number,
  { slow, signal }: { slow: boolean; signal: AbortSignal },
): Promise<JobOutcome> {
  const { store } = context
  const db = notificationDb(store)
  const subscriber = await readSubscriber(db, subscriptionId)
  if (!subscriber) {
    await store.changes.transaction((trx) => removeOpenDeliveries(inNotifications(trx), [subscriptionId]))
    return 'done'
  }
  if (!subscriber.active) return queueOpen(context, subscriber, 'inactive')
  if (subscriber.channel === 'email') return deliverMails(context, subscriber)
  if (subscriber.channel !== 'webhook') return 'done'
  if (subscriber.slow !== slow) return handOver(context, subscriber)
  const target = await targetOf(context, subscriber)
  if (!target) return queueOpen(context, subscriber, 'nowhere')
  if (target.ordered && (await firstOpen(db, subscriptionId, 'retry')) !== undefined) return 'done'
  // what is queued holds back what comes behind it, and not what was released before it
  const firstQueued = target.ordered ? await firstOpen(db, subscriptionId, 'queued') : undefined
  const waiting = await firstAttempts(db, subscriptionId, MOST_A_RUN, { before: firstQueued })
  if (waiting.length === 0 && firstQueued !== undefined) return queueOpen(context, subscriber, 'behind')
  const outcome = await deliverInOrder(context, subscriber, target, waiting, signal)
  return outcome === 'done' && firstQueued !== undefined ? 'more' : outcome
}

async function deliverInOrder(
  context: NotificationContext,
  subscriber: Subscriber,
  target: Target,
  waiting: readonly WaitingDelivery[],
  signal: AbortSignal,
): Promise<JobOutcome> {
  const db = notificationDb(context.store)
  const startedAt = performance.now()
  const settled = createWriteBehind<Outcome>((outcomes) =>
    context.store.changes.transaction(async (trx, publish) => {
      await settle(context, trx, publish, subscriber, outcomes)
    }),
  )
  let done = 0
  let quickOnes = 0
  let isHeld = false
  let isInWrongQueue = false
  for await (const { delivery, carried } of withBodies(db, waiting)) {
    const { outcome, tookMs } = await attemptDelivery(context, subscriber, target, delivery, carried)
    await settled.add(outcome, carried.body.length)
    done += 1
    quickOnes = tookMs < QUICK_MS ? quickOnes + 1 : 0
    isInWrongQueue = subscriber.slow ? quickOnes >= QUICK_ONES : tookMs > SLOW_MS
    isHeld = target.ordered === true && outcome.kind !== 'delivered'
    if (isHeld || isInWrongQueue || signal.aborted || performance.now() - startedAt > RUN_MS) break
  }
  await settled.written()
  if (isInWrongQueue) return handOver(context, subscriber, !subscriber.slow)
  // the next run sees what it is held by: a retry, which goes on with the line, or what is queued, and queues it as well
  if (isHeld) return 'more'
  return done < waiting.length || waiting.length === MOST_A_RUN ? 'more' : 'done'
}

/**
 * The line goes on in the queue where it belongs.
 * @param slow when it belongs elsewhere from now on; this run sends nothing after it
 */
async function handOver(context: NotificationContext, subscriber: Subscriber, slow = subscriber.slow) {
  const { id, accountId } = subscriber
  await context.store.changes.transaction(async (trx, publish) => {
    if (slow !== subscriber.slow) {
      await inNotifications(trx).updateTable('subscriptions').set({ slow }).where('id', '=', id).execute()
    }
    await context.jobs.wake(trx, publish, slow ? SLOW_DELIVER_QUEUE : DELIVER_QUEUE, [wakeOf(id, accountId)])
  })
  return 'done' as const
}
