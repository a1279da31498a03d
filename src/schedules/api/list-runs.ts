import type { SelectQueryBuilder } from 'kysely'
import Type, { type Static } from 'typebox'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { countSome } from '../../store/count-some.ts'
import { type PageQuery, pageById } from '../../store/page-by-id.ts'
import { API_KIND, type ScheduleContext } from '../context.ts'
import { type ScheduleRunRow, type ScheduleTables, scheduleDb } from '../schedule-table.ts'
import { findJob } from './find-jobs.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Whole = Type.Union([Type.Integer(), Type.Null()])

const SHORT = {
  job_history_id: Type.Integer(),
  job_name: Type.String(),
  job_group: Type.String({ description: 'What kind of job it is' }),
  job_class_name: Type.String(),
  description: Type.String(),
  job_state: Type.Enum(['RUNNING', 'COMPLETED', 'ERROR']),
  job_data: Type.String({ description: 'JSON text' }),
  job_error_message: Text,
  start_time: Type.Integer({ description: 'Milliseconds since 1970' }),
  end_time: Whole,
}

/** One run as `GET /jobs/executions` shows it (spec 33 §1.4). */
export const JobExecution = Type.Object({ ...SHORT, element_key: Text }, { title: 'JobExecution' })
export type JobExecution = Static<typeof JobExecution>

/** One run in the history of its job. */
export const JobRun = Type.Object(
  {
    ...SHORT,
    created_dt: Type.Integer(),
    updated_dt: Type.Integer(),
    account_id: Type.Integer(),
    company_id: Type.Integer({ description: 'Id of the organization' }),
    user_id: Type.Integer(),
    instance_id: Whole,
    external_id: Type.String(),
  },
  { title: 'JobRun' },
)
export type JobRun = Static<typeof JobRun>

export interface RunsQuery extends PageQuery {
  elementKeys?: readonly string[]
  from?: Date | undefined
  to?: Date | undefined
}

export interface RunsPage<Body> {
  items: Body[]
  /** undefined: more than anybody waits for */
  total: number | undefined
  next: number | undefined
}

type Context = Pick<ScheduleContext, 'store'>

/** `GET /jobs/{id}/history`, the newest first. @throws ValenceError NOT_FOUND of the job */
export async function listHistory(
  context: Context,
  caller: Caller,
  jobId: number,
  query: RunsQuery,
): Promise<RunsPage<JobRun>> {
  const db = scheduleDb(context.store)
  const job = await findJob(db, caller, jobId)
  return page(context, db.selectFrom('schedule_runs').where('schedule_id', '=', job.id), query, toRun)
}

/** `GET /jobs/{id}/history/{historyId}`. @throws ValenceError NOT_FOUND of the job or the run */
export async function readRun({ store }: Context, caller: Caller, jobId: number, runId: number): Promise<JobRun> {
  const db = scheduleDb(store)
  const job = await findJob(db, caller, jobId)
  const row = await db
    .selectFrom('schedule_runs')
    .selectAll()
    .where('schedule_id', '=', job.id)
    .where('id', '=', runId)
    .executeTakeFirst()
  if (row) return toRun(row)
  throw new ValenceError('NOT_FOUND', `Job ${jobId} has no run with that id`)
}

/** `GET /jobs/executions`: of all jobs that the caller sees, also of those that are deleted; the newest first. */
export function listExecutions(context: Context, caller: Caller, query: RunsQuery): Promise<RunsPage<JobExecution>> {
  const { elementKeys = [], from, to } = query
  let runs = scheduleDb(context.store)
    .selectFrom('schedule_runs')
    .where('account_id', '=', caller.accountId)
    .where('organization_id', '=', caller.organizationId)
  if (!caller.accountAdmin)
    runs = runs.where(({ eb, or }) => or([eb('kind', '<>', API_KIND), eb('user_id', '=', caller.userId)]))
  if (elementKeys.length > 0) runs = runs.where('element_key', 'in', elementKeys)
  if (from) runs = runs.where('started_at', '>=', from)
  if (to) runs = runs.where('started_at', '<=', to)
  return page(context, runs, query, toExecution)
}

type RunRows = SelectQueryBuilder<ScheduleTables, 'schedule_runs', object>

async function page<Body>(
  { store }: Context,
  runs: RunRows,
  query: RunsQuery,
  toBody: (row: ScheduleRunRow) => Body,
): Promise<RunsPage<Body>> {
  const total = await countSome(scheduleDb(store), runs)
  const { shown, next } = await pageById(runs.selectAll(), query, { isNewestFirst: true })
  return { items: shown.map(toBody), total, next }
}

function short(row: ScheduleRunRow) {
  const isError = row.state === 'ERROR'
  const said = row.message === null || isError ? {} : { message: row.message }
  return {
    job_history_id: row.id,
    job_name: row.name,
    job_group: row.kind,
    job_class_name: `${row.kind.charAt(0).toUpperCase()}${row.kind.slice(1)}Job`,
    description: row.description,
    job_state: row.state,
    job_data: JSON.stringify({
      ...{ id: row.schedule_id, topic: row.kind, elementKey: row.element_key, instanceId: row.instance_id },
      ...said,
    }),
    job_error_message: isError ? row.message : null,
    start_time: row.started_at.getTime(),
    end_time: row.ended_at?.getTime() ?? null,
  }
}

function toExecution(row: ScheduleRunRow): JobExecution {
  return { ...short(row), element_key: row.element_key }
}

function toRun(row: ScheduleRunRow): JobRun {
  return {
    ...short(row),
    created_dt: row.started_at.getTime(),
    updated_dt: (row.ended_at ?? row.started_at).getTime(),
    account_id: row.account_id,
    company_id: row.organization_id,
    user_id: row.user_id,
    instance_id: row.instance_id,
    external_id: row.reference,
  }
}
