import { sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import { bulkDb, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { finish, JobLost, takeJob } from '../held-job.ts'
import { sayBegun } from '../upload/settle-begun.ts'

export type SweepContext = Pick<BulkContext, 'store' | 'jobs' | 'files' | 'now' | 'log' | 'limits'>

const DAY_MS = 86_400_000
/** Jobs, workflows and their steps stay in lists that long after their end. A job that stands still that long is given up. */
const LISTED_DAYS = 30
/** Jobs that are looked up at a time. */
const BATCH = 100
/** What one statement removes: none of them locks a table for long. */
const PIECE = 5_000
/** So many jobs whose files cannot be removed in a row: the store is away. */
const FAILURES = 3

/**
 * Removes what nobody needs any more: files and rows of errors some days after the end of their job, or with its owner; uploads whose file never
 * arrived; in the end the jobs themselves. What it was at when the process died, or the store was away, the next sweep does.
 */
export async function sweepFiles(context: SweepContext): Promise<void> {
  await forgetUnreceived(context)
  await giveUpStill(context)
  await eachDue(context, dueFiles(context), (id) => removeFiles(context, id))
  await eachDue(context, dueJobs(context), (id) => removeJob(context, id))
  await removeWorkflows(context)
}

/** Whoever sent the file has gone long ago. */
async function forgetUnreceived({ store, now }: SweepContext): Promise<void> {
  await bulkDb(store)
    .updateTable('bulk_jobs')
    .set({ removed_at: now(), version: sql`version + 1` })
    .where('status', '=', 'RECEIVING')
    .where('updated_at', '<', daysAgo(now, 1))
    .where('removed_at', 'is', null)
    .execute()
}

/** Parked jobs (docs/operations.md) would hold their account's disk for ever. */
async function giveUpStill(context: SweepContext): Promise<void> {
  const { store, now } = context
  const still = bulkDb(store)
    .selectFrom('bulk_jobs')
    .select('id')
    .where('status', 'in', ['CREATED', 'RUNNING', 'CANCELLATION_PENDING'])
    .where('updated_at', '<', daysAgo(now, LISTED_DAYS))
    .where('removed_at', 'is', null)
  await eachDue(context, still, async (id) => {
    const job = await takeJob(context, id)
    if (!job) return
    const begun = sayBegun(job.position)
    const error = `The job stood still for ${LISTED_DAYS} days and was given up${begun && `; ${begun}`}`
    await store.changes.transaction((trx, publish) =>
      finish(context, inBulk(trx), publish, job, { status: 'ABORTED', error }),
    )
  })
}

function dueFiles({ store, now, limits: { days } }: SweepContext) {
  return bulkDb(store)
    .selectFrom('bulk_jobs')
    .select('id')
    .where('files_removed_at', 'is', null)
    .where(({ eb, or }) => or([eb('removed_at', 'is not', null), eb('finished_at', '<', daysAgo(now, days))]))
}

/** A day after it was removed nobody is at it any more, and stores a part. */
function dueJobs({ store, now, limits: { days } }: SweepContext) {
  return bulkDb(store)
    .selectFrom('bulk_jobs')
    .select('id')
    .where('files_removed_at', 'is not', null)
    .where(({ eb, or }) =>
      or([eb('removed_at', '<', daysAgo(now, 1)), eb('finished_at', '<', daysAgo(now, Math.max(days, LISTED_DAYS)))]),
    )
}

async function removeFiles({ store, files, now }: SweepContext, id: number): Promise<void> {
  await files.remove(id)
  await removeErrors(store, id)
  await bulkDb(store)
    .updateTable('bulk_jobs')
    .set({ files_removed_at: now(), stored_bytes: 0 })
    .where('id', '=', id)
    .execute()
}

/** Once more with its files: a process may have been at it when they were removed. */
async function removeJob({ store, files }: SweepContext, id: number): Promise<void> {
  await files.remove(id)
  await removeErrors(store, id)
  await bulkDb(store).deleteFrom('bulk_jobs').where('id', '=', id).execute()
}

async function removeErrors(store: SweepContext['store'], jobId: number): Promise<void> {
  for (let gone = PIECE; gone === PIECE; ) {
    const { numAffectedRows = 0n } = await sql`
      delete from bulk_errors
      where ctid = any(array(select ctid from bulk_errors where job_id = ${jobId} limit ${PIECE}))`.execute(store.db)
    gone = Number(numAffectedRows)
  }
}

async function removeWorkflows({ store, now }: SweepContext): Promise<void> {
  const db = bulkDb(store)
  const oldest = daysAgo(now, LISTED_DAYS)
  const due = db
    .selectFrom('bulk_workflows')
    .select('id')
    .where(({ eb, or }) => or([eb('removed_at', '<', oldest), eb('finished_at', '<', oldest)]))
  await db.deleteFrom('bulk_workflow_runs').where('workflow_id', 'in', due).execute()
  await db.deleteFrom('bulk_workflows').where('id', 'in', due).execute()
}

/** One after the other. One that fails waits for the next sweep; the others do not wait for it. */
async function eachDue(
  { log }: SweepContext,
  due: ReturnType<typeof dueFiles>,
  work: (id: number) => Promise<void>,
): Promise<void> {
  let failures = 0
  for (let after = 0; ; ) {
    const jobs = await due.where('id', '>', after).orderBy('id').limit(BATCH).execute()
    for (const { id } of jobs) {
      after = id
      try {
        await work(id)
        failures = 0
      } catch (error) {
        const level = error instanceof ValenceError || error instanceof JobLost ? 'warn' : 'error'
        log[level]({ err: error, bulkJob: id }, 'a bulk job could not be cleaned up; the next sweep tries again')
        // of the store: others would fail as well
        if (error instanceof ValenceError && error.code === 'UNAVAILABLE') failures += 1
        if (failures === FAILURES) return
      }
    }
    if (jobs.length < BATCH) return
  }
}

function daysAgo(now: () => Date, days: number): Date {
  return new Date(now().getTime() - days * DAY_MS)
}
