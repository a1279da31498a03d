import type { BulkContext } from '../context.ts'
import type { HeldDownload } from '../held-job.ts'
import type { Turn, TurnOutcome } from '../turn.ts'

/** Pages of the element's list become lines of the job's file. */
export async function runDownload(_context: BulkContext, job: HeldDownload, _turn: Turn): Promise<TurnOutcome> {
  throw new Error(`bulk job ${job.id}: downloads do not run yet`)
}
