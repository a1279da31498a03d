import { type RawBuilder, sql } from 'kysely'
import { expect } from 'vitest'
import type { TestHub } from './hub.ts'

/**
 * Runs a statement in a transaction, starts calls that come to wait for it, and commits: an order of events that otherwise only chance makes.
 *
 * @param start gets a function that resolves when so many calls wait for locks
 * @returns what `start` did; calls in it go on when the statement is committed
 */
export async function whileLocked<T>(
  { hub }: TestHub,
  statement: RawBuilder<unknown>,
  start: (waitingAre: (count: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  const { db } = hub.store
  const waiting = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    return rows[0]?.count
  }
  return db.transaction().execute(async (trx) => {
    await statement.execute(trx)
    return start((count) => expect.poll(waiting, { timeout: 5_000 }).toBe(count))
  })
}
