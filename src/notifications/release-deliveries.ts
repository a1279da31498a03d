import { type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Publish } from '../store/changes.ts'
import type { NotificationContext } from './context.ts'
import { lockSubscriptions } from './lock-subscriptions.ts'
import { inNotifications, type NotificationTables } from './notification-table.ts'
import { DELIVER_QUEUE, wakeOf } from './notify.ts'
import { whereDeliveries } from './where-deliveries.ts'

const ROWS_A_TRANSACTION = 5_000

/**
 * `PUT /notifications/subscriptions/deliveries?where=…`: sends all matches again, in the order of their ids and with the ids they had, and
 * makes their subscriptions active (spec 40 §9.3). What was delivered is sent again only where the condition speaks of `status`, `id` or
 * `notificationId`.
 *
 * @throws ValenceError PARAMETER_MISSING without a condition, QUERY_INVALID
 */
export async function releaseDeliveries(
  context: Pick<NotificationContext, 'store' | 'jobs' | 'now'>,
  caller: Caller,
  where: string,
): Promise<void> {
  const filter = whereDeliveries(where)
  if (!filter) {
    throw new ValenceError('PARAMETER_MISSING', `where is required: which deliveries to send again, as status='queued'`)
  }
  const isExplicit = ['status', 'id', 'notificationId'].some((field) => filter.names(field))
  const condition = isExplicit
    ? filter.condition
    : sql<SqlBool>`${filter.condition} and d.status in ('retry', 'queued')`
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after
    after = await context.store.changes.transaction((trx, publish) =>
      releaseSome(context, trx, publish, caller, { condition, after: from, where }),
    )
  }
}

/** @returns the id to go on after, when there may be more */
async function releaseSome<DB>(
  { jobs, now }: Pick<NotificationContext, 'jobs' | 'now'>,
  plainTrx: Transaction<DB>,
  publish: Publish,
  caller: Caller,
  { condition, after, where }: { condition: RawBuilder<SqlBool>; after: number; where: string },
): Promise<number | undefined> {
  const trx = inNotifications(plainTrx)
  const { accountId } = caller
  const some = sql`
    select d.id, d.created_at, d.subscription_id
    from deliveries d join subscriptions s on s.id = d.subscription_id
    where d.account_id = ${accountId} and d.id > ${after} and ${condition}`
  const { rows: seen } = await sql<{ id: number; subscription_id: number }>`
    ${some} order by d.id limit ${ROWS_A_TRANSACTION}`.execute(trx)
  const to = seen.length === ROWS_A_TRANSACTION ? seen.at(-1)?.id : undefined
  const subscriptions = [...new Set(seen.map((row) => row.subscription_id))]
  if (subscriptions.length === 0) return undefined
  // What is queued behind these until now is seen by the second look. Where to go on, the first one says: what left meanwhile makes the
  // second one shorter, and that is no end.
  await lockSubscriptions(trx, subscriptions)
  const { rows } = await sql<{ id: number; created_at: Date; subscription_id: number }>`
    ${some} and d.subscription_id = any(${subscriptions}) ${to === undefined ? sql`` : sql`and d.id <= ${to}`}
    order by d.id for update of d`.execute(trx)
  if (rows.length === 0) return to
  await makeNew(trx, rows, now())
  await trx
    .updateTable('subscriptions')
    .set({ active: true, updated_at: now() })
    .where('id', 'in', subscriptions)
    .where('active', '=', false)
    .execute()
  await jobs.wake(
    trx,
    publish,
    DELIVER_QUEUE,
    subscriptions.map((id) => wakeOf(id, accountId)),
  )
  const released = { where, deliveries: rows.length, subscriptions }
  await recordChange(plainTrx, caller, { entity: 'notification-subscription', action: 'release', after: released })
  return to
}

/** As if they had never been tried. */
async function makeNew(
  trx: Transaction<NotificationTables>,
  rows: readonly { id: number; created_at: Date }[],
  at: Date,
): Promise<void> {
  await sql`
    update deliveries d set status = 'created', attempts = 0, first_failed_at = null, next_attempt_at = null,
      answer_status = null, message = null, updated_at = ${at}
    from unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ created_at }) => created_at)}::timestamptz[]) as it (id, created_at)
    where d.id = it.id and d.created_at = it.created_at`.execute(trx)
}
