import type { Transaction } from 'kysely'
import { storableText } from '../model/storable-text.ts'
import { type DueSchedule, HUB_KIND, type ScheduleContext } from './context.ts'
import { inSchedules, type RunState, type ScheduleRow, type ScheduleTables } from './schedule-table.ts'

/** One run under way. */
export interface Run {
  kind: string
  schedule: DueSchedule
  /** its row in `schedule_runs`; 0 where none is kept */
  id: number
  startedAt: Date
}

type RecordContext = Pick<ScheduleContext, 'store' | 'now'>

/** What ends the process every time it is run is given up after so many. */
const MOST_ATTEMPTS = 3
const MAX_MESSAGE = 4_000
const NOT_RUNNING = { run_id: null, run_due_at: null, run_started_at: null }
const DIED = 'The run did not end: the process that ran it was stopped'
const INTERRUPTED = 'The run was interrupted, because the process stopped; it is run again'

/**
 * Takes the occurrence that is due. A run that is still written down as under way has died with its process, or the job would not be here: it is
 * closed, and its occurrence begun again.
 *
 * @returns undefined when there is nothing to run
 */
export function beginRun({ store, now }: RecordContext, scheduleId: number): Promise<Run | undefined> {
  return store.changes.transaction(async (plainTrx) => {
    const trx = inSchedules(plainTrx)
    const row = await trx
      .selectFrom('schedules')
      .selectAll()
      .where('id', '=', scheduleId)
      .forUpdate()
      .executeTakeFirst()
    if (!row) return undefined
    const startedAt = now()
    if (row.run_started_at) await close(trx, row, row.run_id, { state: 'ERROR', message: DIED, at: startedAt })
    const isAgain = row.run_due_at !== null && row.state === 'NORMAL' && row.attempts < MOST_ATTEMPTS
    const dueAt = isAgain ? row.run_due_at : row.due_at
    if (!dueAt) {
      await update(trx, scheduleId, { ...NOT_RUNNING, attempts: 0 })
      return undefined
    }
    const id = row.kind === HUB_KIND ? 0 : await insertRun(trx, row, startedAt)
    await update(trx, scheduleId, {
      run_id: id,
      run_due_at: dueAt,
      run_started_at: startedAt,
      ...(isAgain ? { attempts: row.attempts + 1 } : { attempts: 1, due_at: null }),
    })
    return { kind: row.kind, id, startedAt, schedule: dueOf(row, dueAt) }
  })
}

/** @returns whether another occurrence became due meanwhile */
export function endRun(
  { store, now }: RecordContext,
  run: Run,
  outcome: { state: RunState; message: string | undefined },
): Promise<boolean> {
  return store.changes.transaction(async (plainTrx) => {
    const trx = inSchedules(plainTrx)
    const at = now()
    await close(trx, { id: run.schedule.id, run_started_at: run.startedAt }, run.id, { ...outcome, at })
    const row = await own(trx, run)
      .set({ ...NOT_RUNNING, attempts: 0, last_run_at: run.startedAt })
      .returning('due_at')
      .executeTakeFirst()
    return row?.due_at != null
  })
}

/** The process stops: the occurrence is due as before. */
export async function interruptRun({ store, now }: RecordContext, run: Run): Promise<void> {
  await store.changes.transaction(async (plainTrx) => {
    const trx = inSchedules(plainTrx)
    const ended = { state: 'ERROR', message: INTERRUPTED, at: now() } as const
    await close(trx, { id: run.schedule.id, run_started_at: run.startedAt }, run.id, ended)
    await own(trx, run)
      .set(({ fn, ref }) => ({
        ...NOT_RUNNING,
        attempts: 0,
        due_at: fn.coalesce(ref('due_at'), ref('run_due_at')),
      }))
      .execute()
  })
}

/** The schedule, as long as this run is the one under way: another process may have taken over. */
function own(trx: Transaction<ScheduleTables>, { id, startedAt, schedule }: Run) {
  return trx
    .updateTable('schedules')
    .where('id', '=', schedule.id)
    .where('run_id', '=', id)
    .where('run_started_at', '=', startedAt)
}

async function close(
  trx: Transaction<ScheduleTables>,
  { id, run_started_at }: Pick<ScheduleRow, 'id' | 'run_started_at'>,
  runId: number | null,
  { state, message, at }: { state: RunState; message: string | undefined; at: Date },
): Promise<void> {
  if (!runId || !run_started_at) return
  await trx
    .updateTable('schedule_runs')
    .set({ state, message: storable(message), ended_at: at })
    .where('started_at', '=', run_started_at)
    .where('id', '=', runId)
    .where('schedule_id', '=', id)
    .where('state', '=', 'RUNNING')
    .execute()
}

/** What vendors say may hold what no database takes: the run would not end, and be made again. */
function storable(message: string | undefined): string | null {
  return message === undefined ? null : storableText(message.slice(0, MAX_MESSAGE))
}

async function insertRun(trx: Transaction<ScheduleTables>, row: ScheduleRow, startedAt: Date): Promise<number> {
  const { id, kind, reference, organization_id, account_id, user_id, instance_id, element_key, name, description } = row
  const told = { kind, reference, organization_id, account_id, user_id, instance_id, element_key, name, description }
  const run = await trx
    .insertInto('schedule_runs')
    .values({ ...told, schedule_id: id, started_at: startedAt, state: 'RUNNING', message: null, ended_at: null })
    .returning('id')
    .executeTakeFirstOrThrow()
  return run.id
}

function update(trx: Transaction<ScheduleTables>, id: number, set: Partial<ScheduleRow>) {
  return trx.updateTable('schedules').set(set).where('id', '=', id).execute()
}

function dueOf(row: ScheduleRow, dueAt: Date): DueSchedule {
  return {
    id: row.id,
    reference: row.reference,
    owner: { organizationId: row.organization_id, accountId: row.account_id, userId: row.user_id },
    instanceId: row.instance_id ?? undefined,
    dueAt,
  }
}
