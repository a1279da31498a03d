import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { BulkJob } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { jobOf } from './find-job.ts'

const DAY_MS = 86_400_000

/**
 * A job whose file can be read: a download that has come to its end (spec 22 §8). Half of a file is none, and what was uploaded, its caller has. After its days it is
 * gone, whether or not somebody has swept since.
 * @throws ValenceError NOT_FOUND of the job, NOTHING_FOUND ("No file found")
 */
export async function finishedDownload(
  context: Pick<BulkContext, 'store' | 'now' | 'limits'>,
  caller: Caller,
  instance: Instance,
  id: number,
): Promise<BulkJob> {
  const job = await jobOf(context, caller, instance, id)
  const { direction, status, finished_at, files_removed_at } = job
  const keptUntil = (finished_at?.getTime() ?? 0) + context.limits.days * DAY_MS
  const isKept = files_removed_at === null && context.now().getTime() <= keptUntil
  if (direction === 'DOWNLOAD' && status === 'COMPLETED' && isKept) return job
  throw new ValenceError('NOTHING_FOUND', 'No file found')
}
