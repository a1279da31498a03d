import type { Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { isRowId } from '../../model/row-id.ts'
import { type PageQuery, pageById } from '../../store/page-by-id.ts'
import { API_KIND, HUB_KIND, type ScheduleContext } from '../context.ts'
import { type ScheduleRow, type ScheduleTables, scheduleDb } from '../schedule-table.ts'
import { type JobBody, toJobBody } from './job-body.ts'

type Context = Pick<ScheduleContext, 'store' | 'now'>

export interface JobsPage {
  items: JobBody[]
  total: number
  /** id to go on after */
  next: number | undefined
}

/**
 * Jobs of the caller's account: his own stored calls, which act in his name, and those of everybody for its administrators; pollers and other
 * schedules of the platform for all of its users, as the instances that they are of.
 */
function seenBy(db: Transaction<ScheduleTables> | ReturnType<typeof scheduleDb>, caller: Caller) {
  const jobs = db
    .selectFrom('schedules')
    .where('organization_id', '=', caller.organizationId)
    .where('account_id', '=', caller.accountId)
    .where('kind', '<>', HUB_KIND)
  if (caller.accountAdmin) return jobs
  return jobs.where(({ eb, or }) => or([eb('kind', '<>', API_KIND), eb('user_id', '=', caller.userId)]))
}

/** `GET /jobs`, in order of id. */
export async function listJobs(context: Context, caller: Caller, query: PageQuery): Promise<JobsPage> {
  const seen = seenBy(scheduleDb(context.store), caller)
  const { total } = await seen.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const { shown, next } = await pageById(seen.selectAll(), query)
  return { items: shown.map((row) => toJobBody(context, caller, row)), total, next }
}

/** `GET /jobs/{id}`. @throws ValenceError NOT_FOUND */
export async function readJob(context: Context, caller: Caller, id: number): Promise<JobBody> {
  return toJobBody(context, caller, await findJob(scheduleDb(context.store), caller, id))
}

/** @throws ValenceError NOT_FOUND (404), also for one that the caller does not see */
export async function findJob(
  db: Transaction<ScheduleTables> | ReturnType<typeof scheduleDb>,
  caller: Caller,
  id: number,
  { isLocked = false }: { isLocked?: boolean } = {},
): Promise<ScheduleRow> {
  const row = isRowId(id)
    ? await seenBy(db, caller)
        .selectAll()
        .where('id', '=', id)
        .$if(isLocked, (query) => query.forUpdate())
        .executeTakeFirst()
    : undefined
  if (row) return row
  throw new ValenceError('NOT_FOUND', isRowId(id) ? `There is no job with id ${id}` : 'There is no job with that id')
}
