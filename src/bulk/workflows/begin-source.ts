import type { JobOutcome } from '../../jobs/jobs.ts'
import { type BulkWorkflowRun, bulkDb } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { beginJob } from './begin-job.ts'
import { instanceById, stepOf } from './open-step.ts'
import { querySource } from './step-source.ts'

/** The query of a step begins; a file that was stored for it is there already. @throws ValenceError */
export async function beginSource(context: BulkContext, run: BulkWorkflowRun): Promise<JobOutcome> {
  const { source } = await stepOf(context, run)
  if ('fileJobId' in source) {
    await bulkDb(context.store)
      .updateTable('bulk_workflow_runs')
      .set({ source_job_id: source.fileJobId, status: 'RUNNING' })
      .where('id', '=', run.id)
      .where('finished_at', 'is', null)
      .execute()
    return 'more'
  }
  const caller = await context.callerOf(run.user_id)
  const instance = await instanceById(context, run.source_instance_id)
  const { job } = await querySource(context, caller, instance, source)
  await beginJob(context, run, 'source_job_id', { ...job, owner: caller, instance })
  // its end wakes the step
  return 'done'
}
