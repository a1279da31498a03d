import { ValenceError } from '../../errors.ts'
import { accountGroup } from '../../jobs/account-group.ts'
import type { JobOutcome, JobQueue } from '../../jobs/jobs.ts'
import { type BulkJob, type BulkWorkflowRun, bulkDb, type FinalStatus } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { reasonOf, WORKFLOW_QUEUE } from '../held-job.ts'
import { beginSource } from './begin-source.ts'
import { beginTarget } from './begin-target.ts'
import { copyFile } from './copy-file.ts'
import { endRun, workflowOfNotice } from './end-run.ts'
import { sendNotices } from './send-notices.ts'

/** Until the next attempt, where something of ours is out of reach. */
const OUR_PAUSE_MS = 30_000

/**
 * Leads a step of a workflow from its query to its upload (spec 22 §10). The row of the step says how far it is; whoever makes a job for it writes
 * that in the same transaction, and the end of a job wakes its step. So it goes on from wherever a process died, and does nothing twice.
 */
export function workflowQueue(context: BulkContext): JobQueue {
  return {
    name: WORKFLOW_QUEUE,
    slots: 8,
    perGroup: 2,
    async run(key, signal) {
      const workflowId = workflowOfNotice(key)
      if (workflowId === undefined) return runStep(context, Number(key), signal)
      await sendNotices(context, workflowId)
      return 'done'
    },
  }
}

async function runStep(context: BulkContext, id: number, signal: AbortSignal): Promise<JobOutcome> {
  const run = await bulkDb(context.store)
    .selectFrom('bulk_workflow_runs')
    .selectAll()
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!run) return 'done'
  try {
    return await goOn(context, run, signal)
  } catch (error) {
    if (!(error instanceof ValenceError) || error.code === 'INTERNAL') throw error
    if (error.code === 'UNAVAILABLE') return waitForUs(context, run, error)
    await endRun(context, run, { status: 'ABORTED', error: reasonOf(error) })
    return 'done'
  }
}

/** Without a failure of the queue, which gives up after some minutes: file stores are away for longer than that. */
async function waitForUs(
  { store, jobs, now, log }: BulkContext,
  { id, account_id }: BulkWorkflowRun,
  error: ValenceError,
): Promise<JobOutcome> {
  log.warn({ err: error, workflowRun: id }, 'a step of a workflow waits for a part of this hub')
  const at = new Date(now().getTime() + OUR_PAUSE_MS)
  await store.changes.transaction((trx, publish) =>
    jobs.wake(trx, publish, WORKFLOW_QUEUE, [{ key: String(id), group: accountGroup(account_id), at }]),
  )
  return 'done'
}

/** `done`: it is over, or something else wakes it. */
async function goOn(context: BulkContext, run: BulkWorkflowRun, signal: AbortSignal): Promise<JobOutcome> {
  if (run.source_job_id === null) {
    const parent = await parentOf(context, run)
    if (parent && !parent.finished_at) return 'done'
    if (parent && parent.status !== 'COMPLETED')
      return endedWith(context, run, parent, `its parent ${parent.source_object_name}`)
    return beginSource(context, run)
  }
  const source = await jobOf(context, run.source_job_id)
  if (!source.finished_at) return 'done'
  if (source.status !== 'COMPLETED') return endedWith(context, run, source, 'the query')
  if (run.target_job_id === null) return beginTarget(context, run, source)
  const target = await jobOf(context, run.target_job_id)
  if (target.status === 'RECEIVING') return copyFile(context, source, target, signal)
  if (!target.finished_at) return 'done'
  return endedWith(context, run, target, 'the upload')
}

async function endedWith(
  context: BulkContext,
  run: BulkWorkflowRun,
  { status, error }: Pick<BulkJob, 'status' | 'error'>,
  what: string,
): Promise<JobOutcome> {
  const why = status === 'COMPLETED' ? null : `${what} was ${status}${error === null ? '' : `: ${error}`}`
  await endRun(context, run, { status: status as FinalStatus, error: why })
  return 'done'
}

async function parentOf({ store }: BulkContext, { parent_run_id }: BulkWorkflowRun) {
  if (parent_run_id === null) return undefined
  return bulkDb(store)
    .selectFrom('bulk_workflow_runs')
    .selectAll()
    .where('id', '=', parent_run_id)
    .executeTakeFirstOrThrow()
}

/** @throws ValenceError NOT_FOUND: it was removed with its owner */
async function jobOf({ store }: BulkContext, id: number): Promise<BulkJob> {
  const job = await bulkDb(store)
    .selectFrom('bulk_jobs')
    .selectAll()
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (job) return job
  throw new ValenceError('NOT_FOUND', `bulk job ${id} was removed`)
}
