import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { DownloadPosition } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { jobOf } from '../find-job.ts'
import type { DownloadRequest } from '../job-request.ts'
import { requestOf } from '../read-status.ts'

/** What decides which rows a vendor answers, and in which order. */
const SAME = ['objectName', 'where', 'window', 'orderBy', 'fields', 'query'] as const

/**
 * Where an earlier job of the same statement came to: behind its last record, which may be in the middle of a page (spec 22 §3). Its own limit and
 * this one's may differ.
 *
 * @throws ValenceError NOT_FOUND; PARAMETER_INVALID for an upload, a job that still runs or did not complete, or one that asked for something else
 */
export async function continueFrom(
  context: Pick<BulkContext, 'store'>,
  caller: Caller,
  instance: Instance,
  request: DownloadRequest,
  id: number,
): Promise<DownloadPosition> {
  const job = await jobOf(context, caller, instance, id)
  const earlier = requestOf(context, job)
  if ('action' in earlier) throw cannot(id, 'it is an upload')
  if (job.finished_at === null) throw cannot(id, `it has not ended, its status is ${job.status}`)
  // rows in front of that place would be in no file that anybody can read
  if (job.status !== 'COMPLETED') throw cannot(id, `its status is ${job.status}, and it has no file to go on from`)
  const other = SAME.find((name) => JSON.stringify(earlier[name]) !== JSON.stringify(request[name]))
  if (other) throw cannot(id, `it asked for another ${other}; send the statement that it was made with`)
  const { nextPage, skip, isAtEnd, native } = job.position as DownloadPosition
  // the vendor was told the limit, and has made no more
  if (native && isAtEnd && earlier.limit !== undefined && job.records_count >= earlier.limit)
    throw cannot(id, 'it was a job of the vendor, which ended with its limit; ask again without one')
  return {
    ...(nextPage === undefined ? {} : { nextPage }),
    ...(skip === undefined ? {} : { skip }),
    ...(isAtEnd === undefined ? {} : { isAtEnd }),
    ...(native === undefined ? {} : { native }),
  }
}

function cannot(id: number, why: string): ValenceError {
  return new ValenceError('PARAMETER_INVALID', `continueFromJobId: job ${id} cannot be continued: ${why}`)
}
