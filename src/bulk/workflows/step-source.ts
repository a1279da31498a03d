import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { BulkJob } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import type { NewJob } from '../create-job.ts'
import { queryJob } from '../download/start-query.ts'
import { jobOf } from '../find-job.ts'
import { requestOf } from '../read-status.ts'
import type { RowFormat } from '../rows/sniff.ts'
import type { WorkflowStep } from './workflow-step.ts'

export interface StepSource {
  objectName: string
  /** how its rows are read */
  file: RowFormat
}

/** The query of a step, checked as `POST /bulk/query` does. @throws ValenceError as that */
export async function querySource(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  { query, window }: Extract<WorkflowStep['source'], { query: string }>,
): Promise<StepSource & { job: NewJob }> {
  const job = await queryJob(context, caller, instance, { query: { q: query, ...window } })
  return { job, objectName: job.request.objectName, file: { format: 'json' } }
}

/** A file that was stored for a workflow, or what an earlier job of the instance left. @throws ValenceError NOT_FOUND */
export async function fileSource(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  jobId: number,
): Promise<StepSource> {
  const job = await jobOf(context, caller, instance, jobId)
  if (job.status === 'COMPLETED' && !job.files_removed_at) {
    return { objectName: job.object_name, file: fileOf(context, job) }
  }
  throw new ValenceError('NOT_FOUND', `jobId: there is no file of bulk job ${jobId}`)
}

/** Of a job that has ended. Downloads are stored as one JSON object a line, whatever format was asked for. */
export function fileOf(context: Pick<BulkContext, 'store'>, job: BulkJob): RowFormat {
  const request = requestOf(context, job)
  if (!('action' in request)) return { format: 'json' }
  const { format, delimiter } = request
  return { format, ...(delimiter === undefined ? {} : { delimiter }) }
}
