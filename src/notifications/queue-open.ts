import type { JobOutcome } from '../jobs/jobs.ts'
import type { NotificationContext } from './context.ts'
import { lockSubscriptions } from './lock-subscriptions.ts'
import { inNotifications } from './notification-table.ts'
import { firstAttempts, firstOpen } from './open-deliveries.ts'
import type { Subscriber } from './read-subscription.ts'
import { settle } from './settle.ts'

const MOST_A_RUN = 500

const WORDS = {
  inactive: 'its receiver failed too long',
  nowhere: 'there is no callback URL any more',
  behind: 'one before it is queued, and they go in order',
}

/**
 * What was never tried is held until it is released (spec 40 §9.3).
 *
 * @param why is looked at once more when nobody can release anything meanwhile
 * @returns `more` also when it does not hold any more
 */
export async function queueOpen(
  context: NotificationContext,
  subscriber: Subscriber,
  why: keyof typeof WORDS,
): Promise<JobOutcome> {
  return context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inNotifications(plainTrx)
    const [locked] = await lockSubscriptions(trx, [subscriber.id])
    if (why === 'inactive' && locked?.active) return 'more'
    const behind = why === 'behind' ? await firstOpen(trx, subscriber.id, 'queued') : undefined
    if (why === 'behind' && behind === undefined) return 'more'
    const waiting = await firstAttempts(trx, subscriber.id, MOST_A_RUN, { behind })
    if (waiting.length === 0) return 'done'
    const at = context.now()
    const outcomes = waiting.map((delivery) => ({ delivery, at, kind: 'queued' as const, message: WORDS[why] }))
    await settle(context, trx, publish, subscriber, outcomes)
    return waiting.length === MOST_A_RUN ? 'more' : 'done'
  })
}
