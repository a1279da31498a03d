import { type SqlBool, sql, type Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import type { NotificationContext } from './context.ts'
import { inNotifications } from './notification-table.ts'
import { wakeRetries } from './wake-retries.ts'

const OVERDUE_MS = 15 * 60_000
const ROWS_A_TRANSACTION = 1_000

interface Place {
  at: Date
  id: number
}

/**
 * Nothing that comes later wakes a retry: when its job was parked or lost, its delivery would wait for ever, and in ordered mode everything behind it.
 * So what should have been tried more than 15 minutes ago is woken again. That harms nothing: a job that is there already is the same
 * one, and a key whose attempt was made meanwhile is void.
 *
 * @returns how many were woken
 */
export async function wakeOverdueRetries(
  context: Pick<NotificationContext, 'store' | 'jobs' | 'now'>,
): Promise<number> {
  const before = new Date(context.now().getTime() - OVERDUE_MS)
  let woken = 0
  for (let after: Place | undefined = { at: new Date(0), id: 0 }; after; ) {
    const from: Place = after
    const some = await context.store.changes.transaction((trx, publish) =>
      wakeSome(context, trx, publish, { from, before }),
    )
    woken += some.woken
    after = some.last
  }
  return woken
}

/** @returns `last`: the place to go on after, when there may be more */
async function wakeSome<DB>(
  context: Pick<NotificationContext, 'jobs'>,
  plainTrx: Transaction<DB>,
  publish: Publish,
  { from, before }: { from: Place; before: Date },
): Promise<{ woken: number; last?: Place }> {
  const trx = inNotifications(plainTrx)
  const rows = await trx
    .selectFrom('deliveries as d')
    .innerJoin('subscriptions as s', 's.id', 'd.subscription_id')
    .select(['d.id', 'd.created_at', 'd.next_attempt_at', 's.account_id', 's.slow'])
    // a constant: the index is a partial one
    .where(sql<SqlBool>`d.status = 'retry'`)
    .where(sql<SqlBool>`(d.next_attempt_at, d.id) > (${from.at}, ${from.id})`)
    .where('d.next_attempt_at', '<', before)
    .orderBy('d.next_attempt_at')
    .orderBy('d.id')
    .limit(ROWS_A_TRANSACTION)
    .execute()
  const overdue = rows.flatMap(({ next_attempt_at: at, ...row }) => (at ? [{ ...row, at }] : []))
  for (const [first, ...rest] of Map.groupBy(overdue, (row) => `${row.account_id} ${row.slow}`).values()) {
    if (!first) continue
    const retries = [first, ...rest].map(({ id, created_at, at }) => ({ delivery: { id, createdAt: created_at }, at }))
    await wakeRetries(context, trx, publish, { accountId: first.account_id, slow: first.slow }, retries)
  }
  const last = overdue.at(-1)
  return { woken: overdue.length, ...(last && rows.length === ROWS_A_TRANSACTION ? { last } : {}) }
}
