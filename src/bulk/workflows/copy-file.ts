import type { JobOutcome } from '../../jobs/jobs.ts'
import { type BulkJob, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { wakeJob } from '../create-job.ts'
import { assertShare } from '../files/account-share.ts'

/** How long a process stays at one file before others have their turn. */
const TURN_MS = 2_000

/**
 * The file of the source becomes the one of the upload, a part at a time; how much of it there is says where to go on. With the last
 * part the upload begins.
 *
 * @param target is being received
 * @throws ValenceError when the account's files take too much room; NOTHING_FOUND when the source's file goes meanwhile; UNAVAILABLE
 */
export async function copyFile(
  context: BulkContext,
  source: BulkJob,
  target: BulkJob,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const until = performance.now() + TURN_MS
  let startByte = target.file_bytes
  for await (const bytes of context.files.read(source.id, startByte)) {
    if (!(await append(context, target, bytes, startByte))) return 'more'
    startByte += bytes.length
    if (signal.aborted || performance.now() > until) return 'more'
  }
  return (await begin(context, target, startByte)) ? 'done' : 'more'
}

/** @returns false when another process has it, or the upload is no longer there: the step sees for itself */
async function append(context: BulkContext, target: BulkJob, bytes: Buffer, startByte: number): Promise<boolean> {
  const { store, files, now } = context
  await assertShare(context, target.account_id, bytes.length)
  const part = await files.put(target.id, bytes)
  return store.changes.transaction(async (plainTrx) => {
    const trx = inBulk(plainTrx)
    const row = await trx
      .updateTable('bulk_jobs')
      .set(({ eb }) => ({
        file_bytes: startByte + bytes.length,
        stored_bytes: eb('stored_bytes', '+', bytes.length),
        updated_at: now(),
      }))
      .where('id', '=', target.id)
      .where('status', '=', 'RECEIVING')
      .where('file_bytes', '=', startByte)
      .where('removed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (row) await files.append(trx, target.id, part, startByte)
    return row !== undefined
  })
}

/** @returns false as `append` */
async function begin(context: BulkContext, target: BulkJob, fileBytes: number): Promise<boolean> {
  const { store, now } = context
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = inBulk(plainTrx)
    const row = await trx
      .updateTable('bulk_jobs')
      .set({ status: 'CREATED', updated_at: now() })
      .where('id', '=', target.id)
      .where('status', '=', 'RECEIVING')
      .where('file_bytes', '=', fileBytes)
      .where('removed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (row) await wakeJob(context, trx, publish, target)
    return row !== undefined
  })
}
