import type { BulkContext } from '../context.ts'
import type { HeldUpload } from '../held-job.ts'
import type { Turn, TurnOutcome } from '../turn.ts'

/** Rows of the job's file are written through the element's resource. */
export async function runUpload(_context: BulkContext, job: HeldUpload, _turn: Turn): Promise<TurnOutcome> {
  throw new Error(`bulk job ${job.id}: uploads do not run yet`)
}
