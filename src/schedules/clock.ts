import { sql, type Transaction } from 'kysely'
import { accountGroup } from '../jobs/account-group.ts'
import type { Publish } from '../store/changes.ts'
import type { ScheduleContext } from './context.ts'
import { nextRun } from './next-run.ts'
import { SCHEDULES_TOPIC } from './put-schedule.ts'
import { RUN_QUEUE } from './run-schedule.ts'
import { inSchedules, type ScheduleRow, type ScheduleTables, scheduleDb } from './schedule-table.ts'

type ClockContext = Pick<ScheduleContext, 'store' | 'jobs' | 'now' | 'log'>

const TICK_MS = 1_000
const BATCH = 500
/** as old may be what is remembered of the next time; what is due earlier, is heard of */
const TRUST_MS = 60_000

/**
 * Looks once a second for what is due. While nothing is, the database is asked once a minute. Any number of processes may do it.
 *
 * @returns what stops it, and waits for a look under way
 */
export function startClock(context: ClockContext, tickMs: number = TICK_MS): () => Promise<void> {
  const { store, now, log } = context
  /** undefined: to be asked for. Infinity: nothing is due ever */
  let next: { atMs: number; knownMs: number } | undefined
  const forget = () => {
    next = undefined
  }
  const stopHearing = [store.changes.on(SCHEDULES_TOPIC, forget), store.changes.onReset(forget)]
  let underWay: Promise<void> | undefined
  const timer = setInterval(() => {
    underWay ??= look().finally(() => {
      underWay = undefined
    })
  }, tickMs)
  return async () => {
    clearInterval(timer)
    for (const stop of stopHearing) stop()
    await underWay
  }

  async function look(): Promise<void> {
    try {
      const nowMs = now().getTime()
      const isKnown = next && store.changes.isListening() && Math.abs(nowMs - next.knownMs) < TRUST_MS
      if (!isKnown) {
        // before it is asked for: what is heard meanwhile counts
        next = { atMs: 0, knownMs: nowMs }
        const known = next
        known.atMs = (await nextTime(context))?.getTime() ?? Number.POSITIVE_INFINITY
      }
      if (next && next.atMs > nowMs) return
      forget()
      while ((await claimDue(context)) === BATCH);
    } catch (error) {
      forget()
      log.warn({ err: error }, 'the clock could not look for what is due; it looks again')
    }
  }
}

async function nextTime({ store }: ClockContext): Promise<Date | undefined> {
  const row = await scheduleDb(store)
    .selectFrom('schedules')
    .select(({ fn }) => fn.min('next_run_at').as('next'))
    .executeTakeFirst()
  return row?.next ?? undefined
}

/**
 * Wakes the jobs of schedules that are due, each with its next time, in one transaction. What was missed while no process ran, or takes longer
 * than its interval, is done once. Rows that another process has in hand are left to it.
 *
 * @returns how many
 */
export async function claimDue({ store, jobs, now, log }: ClockContext): Promise<number> {
  return store.changes.transaction(async (trx, publish) => {
    const time = now()
    const due = await inSchedules(trx)
      .selectFrom('schedules')
      .selectAll()
      .where('next_run_at', '<=', time)
      .orderBy('next_run_at')
      .limit(BATCH)
      .forUpdate()
      .skipLocked()
      .execute()
    if (due.length === 0) return 0
    await moveOn(inSchedules(trx), due, (row) => nextOf(row, time, log))
    await wake(trx, publish, jobs, due)
    return due.length
  })
}

async function moveOn(
  trx: Transaction<ScheduleTables>,
  due: readonly ScheduleRow[],
  next: (row: ScheduleRow) => Date | null,
): Promise<void> {
  const [ids, planned, times] = [due.map(({ id }) => id), due.map((row) => row.next_run_at), due.map(next)]
  await sql`
    update schedules set due_at = moved.planned, next_run_at = moved.next
    from unnest(${ids}::integer[], ${planned}::timestamptz[], ${times}::timestamptz[]) as moved (id, planned, next)
    where schedules.id = moved.id`.execute(trx)
}

function wake<DB>(trx: Transaction<DB>, publish: Publish, jobs: ClockContext['jobs'], due: readonly ScheduleRow[]) {
  const wakes = due.map(({ id, account_id }) => ({ key: String(id), group: accountGroup(account_id) }))
  return jobs.wake(trx, publish, RUN_QUEUE, wakes)
}

/** Never before what was planned, whatever the clocks of several machines say. */
function nextOf(row: ScheduleRow, now: Date, log: ClockContext['log']): Date | null {
  const after = new Date(Math.max(now.getTime(), row.next_run_at?.getTime() ?? 0))
  try {
    return nextTimeOf(row, after) ?? null
  } catch (error) {
    log.error({ err: error, schedule: row.id }, 'the next time of a schedule cannot be told; this one is its last')
    return null
  }
}

/** The next time of a row after `after`, paused or not. */
export function nextTimeOf(row: Pick<ScheduleRow, 'cron' | 'time_zone' | 'every_minutes' | 'started_at'>, after: Date) {
  const { cron, time_zone: timeZone, every_minutes, started_at: startedAt } = row
  return nextRun(cron === null ? { everyMinutes: every_minutes ?? 0, startedAt } : { cron, timeZone }, after)
}
