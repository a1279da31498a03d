import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { BulkJob } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { jobOf } from './find-job.ts'

/**
 * A job whose file can be read: a download that has come to its end (spec 22 §8). Half of a file is none, and what was uploaded, its caller has.
 * @throws ValenceError NOT_FOUND of the job, NOTHING_FOUND ("No file found")
 */
export async function finishedDownload(
  context: Pick<BulkContext, 'store'>,
  caller: Caller,
  instance: Instance,
  id: number,
): Promise<BulkJob> {
  const job = await jobOf(context, caller, instance, id)
  const { direction, status, files_removed_at } = job
  if (direction === 'DOWNLOAD' && status === 'COMPLETED' && files_removed_at === null) return job
  throw new ValenceError('NOTHING_FOUND', 'No file found')
}
