import type { Transaction } from 'kysely'
import type { Owner } from '../model/owner.ts'
import type { Publish } from '../store/changes.ts'
import { firstOfInterval, nextRun } from './next-run.ts'
import { inSchedules, type ScheduleRow, type ScheduleTables } from './schedule-table.ts'

/** This room decides when: what is done again and again has a row in `schedules`. What a kind does, others say. */
export type ScheduleInput = {
  /** whose function does the work */
  kind: string
  /** what it is about: there is one schedule of a kind for it */
  reference: string
  owner: Owner
  instanceId?: number
  elementKey?: string
  name: string
  description: string
} & Timed

/** Minutes may be of any size, crons are Quartz, which `check-cron.ts` has accepted; the zone is UTC unless given. */
export type Timed = { everyMinutes: number } | { cron: string; timeZone?: string }

/** Topic of `store/changes.ts`: something may be due earlier than it was. The key says nothing. */
export const SCHEDULES_TOPIC = 'schedules'

/**
 * Makes a schedule or changes the one of that kind and reference. Another interval or cron begins anew; with the same, the times to come stay as
 * they are, however often this is called. One that its owner paused stays paused.
 *
 * @returns its id
 * @throws RangeError for minutes that are not positive
 */
export async function putSchedule<DB>(
  { now }: { now(): Date },
  trx: Transaction<DB>,
  publish: Publish,
  schedule: ScheduleInput,
): Promise<number> {
  const { kind, reference } = schedule
  const { told, timing } = columnsOf(schedule)
  const db = inSchedules(trx)
  const start = startOf(schedule, now())
  publish({ topic: SCHEDULES_TOPIC, key: '' })
  const made = await db
    .insertInto('schedules')
    .values({ kind, reference, ...told, ...timing, ...start })
    .onConflict((conflict) => conflict.columns(['kind', 'reference']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (made) return made.id
  const present = await db
    .selectFrom('schedules')
    .selectAll()
    .where('kind', '=', kind)
    .where('reference', '=', reference)
    .forUpdate()
    .executeTakeFirstOrThrow()
  await db
    .updateTable('schedules')
    .set({ ...told, ...(isSame(present, timing) ? {} : restart(present, timing, start)), updated_at: now() })
    .where('id', '=', present.id)
    .execute()
  return present.id
}

/** Those that are running run to their end. */
export async function removeSchedules<DB>(
  trx: Transaction<DB>,
  { kind, references }: { kind: string; references: readonly string[] },
): Promise<void> {
  if (references.length === 0) return
  await inSchedules(trx).deleteFrom('schedules').where('kind', '=', kind).where('reference', 'in', references).execute()
}

type TimingColumns = Pick<ScheduleRow, 'cron' | 'time_zone' | 'every_minutes'>

export function timingColumns(timed: Timed): TimingColumns {
  if ('cron' in timed) return { cron: timed.cron, time_zone: timed.timeZone ?? 'UTC', every_minutes: null }
  if (!(timed.everyMinutes > 0)) throw new RangeError(`every ${timed.everyMinutes} minutes: expected more than 0`)
  // whole minutes, of which no more are needed than what is never anyway
  const minutes = Math.min(Math.max(1, Math.round(timed.everyMinutes)), Number.MAX_SAFE_INTEGER)
  return { cron: null, time_zone: 'UTC', every_minutes: minutes }
}

/** When it begins, and when it is due first. */
export function startOf(
  schedule: Timed & { kind: string; reference: string },
  now: Date,
): Pick<ScheduleRow, 'started_at' | 'next_run_at'> {
  const { cron, time_zone, every_minutes } = timingColumns(schedule)
  if (cron !== null) return { started_at: now, next_run_at: nextRun({ cron, timeZone: time_zone }, now) ?? null }
  const first = firstOfInterval(every_minutes ?? 0, `${schedule.kind} ${schedule.reference}`, now)
  return { started_at: first ?? now, next_run_at: first ?? null }
}

function columnsOf(schedule: ScheduleInput) {
  const { owner, instanceId, elementKey, name, description } = schedule
  const told = {
    organization_id: owner.organizationId,
    account_id: owner.accountId,
    user_id: owner.userId,
    instance_id: instanceId ?? null,
    element_key: elementKey ?? null,
    name,
    description,
  } satisfies Partial<ScheduleTables['schedules']>
  return { told, timing: timingColumns(schedule) }
}

function isSame(row: TimingColumns, timing: TimingColumns): boolean {
  return row.cron === timing.cron && row.time_zone === timing.time_zone && row.every_minutes === timing.every_minutes
}

/** What waited under the old times is dropped with them. */
function restart(row: ScheduleRow, timing: TimingColumns, start: Pick<ScheduleRow, 'started_at' | 'next_run_at'>) {
  const isPaused = row.state === 'PAUSED'
  return { ...timing, ...start, due_at: null, ...(isPaused ? { next_run_at: null } : {}) }
}
