import { type SqlBool, sql, type Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import type { EventReference, NotificationContext, Settled } from './context.ts'
import { inNotifications, type NotificationTables } from './notification-table.ts'
import type { Subscriber } from './read-subscription.ts'
import { nextAttempt } from './retry-schedule.ts'
import { wakeRetries } from './wake-retries.ts'

/** A delivery that is being worked at. */
export interface OpenDelivery {
  id: number
  /** of the notification as well */
  createdAt: Date
  notificationId: number
  /** made before this one */
  attempts: number
  firstFailedAt: Date | null
  event: EventReference | undefined
}

/** What became of a delivery, to be written down. */
export type Outcome = { delivery: OpenDelivery; at: Date } & (
  | { kind: 'delivered'; status: number | null; body: string; message: string }
  | { kind: 'notified'; body: string; message: string }
  /** `isLast`: nothing is gained by another attempt */
  | { kind: 'failed'; status: number | null; message: string; isLast: boolean }
  /** there was no attempt */
  | { kind: 'queued'; message: string }
)

/** Where a delivery stands after an attempt that failed. */
export function afterFailure(
  { attempts, firstFailedAt }: Pick<OpenDelivery, 'attempts' | 'firstFailedAt'>,
  { policy, isLast, at }: { policy: Subscriber['policy']; isLast: boolean; at: Date },
): { status: 'retry'; nextAttemptAt: Date } | { status: 'queued'; isDead: boolean } {
  if (isLast || policy === 'queue') return { status: 'queued', isDead: false }
  const next = nextAttempt(firstFailedAt ?? at, attempts + 1, at)
  return next ? { status: 'retry', nextAttemptAt: next } : { status: 'queued', isDead: true }
}

/**
 * Writes down what became of deliveries of one subscription, wakes what is to be tried again and tells the rooms above, all in the
 * transaction given. What was removed or released meanwhile stays as it is.
 *
 * @returns whether one of them was tried for the last time: its receiver failed too long (spec 40 §9.3)
 */
export async function settle<DB>(
  context: Pick<NotificationContext, 'jobs' | 'onSettled'>,
  plainTrx: Transaction<DB>,
  publish: Publish,
  subscriber: Pick<Subscriber, 'id' | 'accountId' | 'policy' | 'slow'>,
  outcomes: readonly Outcome[],
): Promise<{ isDead: boolean }> {
  const trx = inNotifications(plainTrx)
  await settleSuccesses(trx, outcomes)
  await settleHeld(trx, outcomes)
  const retries: { delivery: OpenDelivery; at: Date }[] = []
  let isDead = false
  for (const outcome of outcomes) {
    if (outcome.kind !== 'failed') continue
    const { delivery, at } = outcome
    const after = afterFailure(delivery, { policy: subscriber.policy, isLast: outcome.isLast, at })
    const next = after.status === 'retry' ? after.nextAttemptAt : null
    const { numUpdatedRows } = await rowOf(trx, delivery)
      .set({
        ...{ status: after.status, attempts: delivery.attempts + 1, next_attempt_at: next, updated_at: at },
        ...{ first_failed_at: delivery.firstFailedAt ?? at, answer_status: outcome.status, message: outcome.message },
      })
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) continue
    if (next) retries.push({ delivery, at: next })
    else if (after.status === 'queued' && after.isDead) isDead = true
  }
  await wakeRetries(context, trx, publish, subscriber, retries)
  const settled = outcomes.map((outcome) => toSettled(subscriber.id, outcome))
  if (settled.length > 0) await context.onSettled(trx, publish, settled)
  return { isDead }
}

/** One statement for all that were taken with the same answer. */
async function settleSuccesses(trx: Transaction<NotificationTables>, outcomes: readonly Outcome[]): Promise<void> {
  const taken = outcomes.flatMap((one) => (one.kind === 'delivered' || one.kind === 'notified' ? [one] : []))
  const alike = Map.groupBy(taken, (one) =>
    JSON.stringify([one.kind, one.kind === 'delivered' ? one.status : null, one.message]),
  )
  for (const [first, ...rest] of alike.values()) {
    if (!first) continue
    const all = [first, ...rest]
    const times = all.map(({ delivery }) => delivery.createdAt.getTime())
    await trx
      .updateTable('deliveries')
      .set({
        status: first.kind,
        attempts: sql`attempts + 1`,
        next_attempt_at: null,
        answer_status: first.kind === 'delivered' ? first.status : null,
        message: first.message === '' ? null : first.message,
        updated_at: first.at,
      })
      .where(
        'id',
        'in',
        all.map(({ delivery }) => delivery.id),
      )
      .where('created_at', '>=', new Date(Math.min(...times)))
      .where('created_at', '<=', new Date(Math.max(...times)))
      .execute()
  }
}

/** One statement for all that are held without an attempt: behind a receiver that failed too long there are thousands. */
async function settleHeld(trx: Transaction<NotificationTables>, outcomes: readonly Outcome[]): Promise<void> {
  const held = outcomes.filter((one) => one.kind === 'queued')
  if (held.length === 0) return
  const times = held.map(({ delivery }) => delivery.createdAt)
  const milliseconds = times.map((time) => time.getTime())
  await sql`
    update deliveries d set status = 'queued', message = it.message, updated_at = it.at
    from unnest(
      ${held.map(({ delivery }) => delivery.id)}::bigint[],
      ${times}::timestamptz[],
      ${held.map(({ delivery }) => delivery.attempts)}::int[],
      ${held.map(({ delivery }) => delivery.firstFailedAt)}::timestamptz[],
      ${held.map(({ message }) => message)}::text[],
      ${held.map(({ at }) => at)}::timestamptz[]
    ) as it (id, created_at, attempts, first_failed_at, message, at)
    where d.id = it.id and d.created_at = it.created_at
      and d.created_at between ${new Date(Math.min(...milliseconds))} and ${new Date(Math.max(...milliseconds))}
      and d.attempts = it.attempts and d.first_failed_at is not distinct from it.first_failed_at
      and d.status in ('created', 'retry')`.execute(trx)
}

/** As it was read: still waiting for the attempt that was made. One that was released meanwhile begins anew, whatever this attempt came to. */
function rowOf(
  trx: Transaction<NotificationTables>,
  { id, createdAt, attempts, firstFailedAt }: Pick<OpenDelivery, 'id' | 'createdAt' | 'attempts' | 'firstFailedAt'>,
) {
  return trx
    .updateTable('deliveries')
    .where('id', '=', id)
    .where('created_at', '=', createdAt)
    .where('attempts', '=', attempts)
    .where('first_failed_at', 'is not distinct from', firstFailedAt)
    .where(sql<SqlBool>`status in ('created', 'retry')`)
}

function toSettled(subscriptionId: number, outcome: Outcome): Settled {
  const { notificationId, event } = outcome.delivery
  const about = { notificationId, subscriptionId, ...(event ? { event } : {}) }
  return outcome.kind === 'delivered' || outcome.kind === 'notified'
    ? { ...about, outcome: 'delivered', body: outcome.body }
    : { ...about, outcome: outcome.kind, message: outcome.message }
}
