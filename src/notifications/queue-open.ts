import type { JobOutcome } from '../jobs/jobs.ts'
import type { NotificationContext } from './context.ts'
import { notificationDb } from './notification-table.ts'
import { firstAttempts } from './open-deliveries.ts'
import type { Subscriber } from './read-subscription.ts'
import { settle } from './settle.ts'

const MOST_A_RUN = 500

/** What was never tried is held until it is released (spec 40 §9.3). @param why for people */
export async function queueOpen(
  context: NotificationContext,
  subscriber: Subscriber,
  why: string,
): Promise<JobOutcome> {
  const waiting = await firstAttempts(notificationDb(context.store), subscriber.id, MOST_A_RUN)
  if (waiting.length === 0) return 'done'
  const at = context.now()
  await context.store.changes.transaction(async (trx, publish) => {
    const outcomes = waiting.map((delivery) => ({ delivery, at, kind: 'queued' as const, message: why }))
    await settle(context, trx, publish, subscriber, outcomes)
  })
  return waiting.length === MOST_A_RUN ? 'more' : 'done'
}
