import { sql } from 'kysely'
import { type BulkJob, bulkDb } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'

/**
 * Nothing is left of a file that did not come. One whose last transaction was committed, although nobody heard of it, is a job by now and keeps its
 * file. What cannot be removed now, the sweep finds.
 */
export async function discardReceived(
  { files, store, log, now }: Pick<BulkContext, 'files' | 'store' | 'log' | 'now'>,
  { id }: Pick<BulkJob, 'id'>,
): Promise<void> {
  try {
    const gone = await bulkDb(store)
      .updateTable('bulk_jobs')
      .set({ removed_at: now(), version: sql`version + 1` })
      .where('id', '=', id)
      .where('status', '=', 'RECEIVING')
      .returning('id')
      .executeTakeFirst()
    if (!gone) return
    await files.remove(id)
    await bulkDb(store).deleteFrom('bulk_jobs').where('id', '=', id).execute()
  } catch (error) {
    log.warn({ err: error, jobId: id }, 'a file that did not come was not removed; it is swept later')
  }
}
