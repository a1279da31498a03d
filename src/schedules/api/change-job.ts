import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { checkCron } from '../check-cron.ts'
import { nextTimeOf } from '../clock.ts'
import { API_KIND, type ScheduleContext } from '../context.ts'
import { SCHEDULES_TOPIC, startOf, timingColumns } from '../put-schedule.ts'
import { inSchedules, type ScheduleRow } from '../schedule-table.ts'
import { findJob } from './find-jobs.ts'
import { type JobCreated, toldJob } from './job-body.ts'
import { readReschedule } from './job-request.ts'

type Context = Pick<ScheduleContext, 'store' | 'now' | 'leastMinutes'>

/** `PUT /jobs/{id}/disable`: nothing is run any more, nor what is due but has not begun. @throws ValenceError NOT_FOUND */
export async function pauseJob(context: Context, caller: Caller, id: number): Promise<void> {
  await change(context, caller, id, 'disable', () => ({ state: 'PAUSED', next_run_at: null, due_at: null }))
}

/** `PUT /jobs/{id}/enable`: from now on; what was left out while it was paused is not made up for. @throws ValenceError NOT_FOUND */
export async function resumeJob(context: Context, caller: Caller, id: number): Promise<void> {
  await change(context, caller, id, 'enable', (row) =>
    row.state === 'NORMAL' ? {} : { state: 'NORMAL', next_run_at: nextTimeOf(row, context.now()) ?? null },
  )
}

/**
 * `PATCH /jobs/{id}/reschedule`: another cron for a stored call; it stays paused when it is.
 *
 * @throws ValenceError NOT_FOUND, PARAMETER_MISSING, PARAMETER_INVALID, IN_USE (409) for what is scheduled by the thing that it belongs to
 */
export async function rescheduleJob(
  context: Context,
  caller: Caller,
  id: number,
  body: Readonly<Record<string, unknown>>,
): Promise<JobCreated> {
  const row = await change(context, caller, id, 'reschedule', (present) => {
    assertOwnTimes(present)
    const { timeZone, ...request } = readReschedule(body, present.time_zone)
    const now = context.now()
    const cron = checkCron(request.cron, timeZone, { now, leastMinutes: context.leastMinutes })
    const timed = { kind: present.kind, reference: present.reference, cron, timeZone }
    const next = present.state === 'PAUSED' ? { next_run_at: null } : {}
    return { ...timingColumns(timed), ...startOf(timed, now), ...next, due_at: null }
  })
  return { id: String(id), name: row.name, schedule: row.cron ?? '' }
}

/** `DELETE /jobs/{id}`: one that belongs to an instance comes back when that is changed. @throws ValenceError NOT_FOUND */
export async function removeJob({ store }: Context, caller: Caller, id: number): Promise<void> {
  await store.changes.transaction(async (plainTrx) => {
    const trx = inSchedules(plainTrx)
    const row = await findJob(trx, caller, id, { isLocked: true })
    await trx.deleteFrom('schedules').where('id', '=', id).execute()
    await recordChange(plainTrx, caller, { ...about(row), action: 'delete', before: toldJob(row) })
  })
}

async function change(
  { store, now }: Context,
  caller: Caller,
  id: number,
  action: string,
  changesOf: (row: ScheduleRow) => Partial<ScheduleRow>,
): Promise<ScheduleRow> {
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = inSchedules(plainTrx)
    const present = await findJob(trx, caller, id, { isLocked: true })
    const row = await trx
      .updateTable('schedules')
      .set({ ...changesOf(present), updated_at: now() })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    publish({ topic: SCHEDULES_TOPIC, key: '' })
    await recordChange(plainTrx, caller, { ...about(row), action, before: toldJob(present), after: toldJob(row) })
    return row
  })
}

function about({ id, instance_id }: ScheduleRow) {
  return { entity: 'job', id, ...(instance_id === null ? {} : { instanceId: instance_id }) } as const
}

function assertOwnTimes({ id, kind, instance_id, description }: ScheduleRow): void {
  if (kind === API_KIND) return
  const whose =
    instance_id === null ? `what it belongs to (${description})` : `instance ${instance_id}, by its configuration`
  throw new ValenceError('IN_USE', `Job ${id} (${kind}) cannot be rescheduled here: its times are set by ${whose}`)
}
