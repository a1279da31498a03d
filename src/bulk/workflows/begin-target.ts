import { ValenceError } from '../../errors.ts'
import type { JobOutcome } from '../../jobs/jobs.ts'
import type { BulkJob, BulkWorkflowRun } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { beginJob } from './begin-job.ts'
import { instanceById, stepOf } from './open-step.ts'
import { fileOf } from './step-source.ts'
import { targetRequest } from './step-target.ts'

/** The upload of a step is made; its file is on its way then. @throws ValenceError */
export async function beginTarget(context: BulkContext, run: BulkWorkflowRun, source: BulkJob): Promise<JobOutcome> {
  if (source.files_removed_at) throw new ValenceError('NOT_FOUND', `the file of bulk job ${source.id} is gone`)
  const { target } = await stepOf(context, run)
  const caller = await context.callerOf(run.user_id)
  const instance = await instanceById(context, target.instanceId)
  const file = fileOf(context, source)
  const request = await targetRequest(context, caller, instance, target, file)
  await beginJob(context, run, 'target_job_id', {
    ...{ owner: caller, instance, request, status: 'RECEIVING', fileFormat: file.format },
  })
  return 'more'
}
