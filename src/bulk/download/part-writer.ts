import { ValenceError } from '../../errors.ts'
import { type DownloadPosition, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { assertShare } from '../files/account-share.ts'
import { PART_BYTES } from '../files/job-files.ts'
import { advance, finish, type HeldDownload, type JobChanges } from '../held-job.ts'

/**
 * Lines on their way into the file of a job. They count once they are in it: the part, the new position and the number of rows are
 * one step.
 */
export interface PartWriter {
  add(line: string): void
  /** rows in the file and on their way */
  readonly rows: number
  /** enough for a part */
  readonly isFull: boolean
  /** @throws ValenceError TOO_MANY, BODY_TOO_LARGE, UNAVAILABLE; JobLost */
  step(position: DownloadPosition, changes: JobChanges): Promise<void>
  /** The last step: the job is completed. The same errors. */
  end(position: DownloadPosition, changes: JobChanges): Promise<void>
}

export function createPartWriter(context: BulkContext, job: HeldDownload): PartWriter {
  let lines: string[] = []
  let chars = 0

  /** Nothing is let go of before it is in the file. */
  async function store(position: DownloadPosition, changes: JobChanges, isEnd: boolean): Promise<void> {
    const bytes = lines.length === 0 ? undefined : Buffer.from(`${lines.join('\n')}\n`)
    if (bytes) await assertRoom(context, job, bytes.length)
    const part = bytes && (await context.files.put(job.id, bytes))
    const more = bytes?.length ?? 0
    const all: JobChanges = {
      ...changes,
      position,
      records_count: job.records_count + lines.length,
      file_bytes: job.file_bytes + more,
      stored_bytes: job.stored_bytes + more,
    }
    const startByte = job.file_bytes
    await context.store.changes.transaction(async (trx, publish) => {
      const db = inBulk(trx)
      // first: who has lost the job adds no part to it
      if (isEnd) await finish(context, db, publish, job, { status: 'COMPLETED', ...all })
      else await advance(db, job, all, context.now())
      if (part) await context.files.append(db, job.id, part, startByte)
    })
    lines = []
    chars = 0
  }

  return {
    add(line) {
      lines.push(line)
      chars += line.length + 1
    },
    get rows() {
      return job.records_count + lines.length
    },
    get isFull() {
      return chars >= PART_BYTES
    },
    step: (position, changes) => store(position, changes, false),
    end: (position, changes) => store(position, changes, true),
  }
}

async function assertRoom(context: BulkContext, job: HeldDownload, moreBytes: number): Promise<void> {
  const { fileBytes } = context.limits
  if (job.file_bytes + moreBytes > fileBytes) {
    throw new ValenceError(
      'BODY_TOO_LARGE',
      `The file would be larger than ${(fileBytes / 1e9).toFixed(2)} GB, the most for one job; ask for less with a where, fields or a limit, and go on with continueFromJobId`,
    )
  }
  await assertShare(context, job.account_id, moreBytes)
}
