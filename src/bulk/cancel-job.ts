import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import { type BulkJob, inBulk } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { wakeJob } from './create-job.ts'
import { jobOf } from './find-job.ts'
import { CANCEL_TOPIC, wakeFollowers } from './held-job.ts'
import { readStatus } from './read-status.ts'
import type { StatusBody } from './status-body.ts'
import { countBegun } from './upload/settle-begun.ts'

/**
 * `PUT /bulk/{id}/cancel`. A job with nothing under way has ended at once: who works at a download loses it, and nothing is lost by that. An
 * upload that a process is at, or was when it died, ends when the rows under way have (`upload/run-upload.ts`), which takes a second or two.
 *
 * @returns its status
 * @throws ValenceError NOT_FOUND; PARAMETER_INVALID (400, spec 22 §13) when it has ended
 */
export async function cancelJob(
  context: Pick<BulkContext, 'store' | 'jobs' | 'now' | 'authorize'>,
  caller: Caller,
  instance: Instance,
  id: number,
): Promise<StatusBody> {
  context.authorize(caller, 'bulk.cancel', instance)
  // whether it is there for this caller at all
  await jobOf(context, caller, instance, id)
  await context.store.changes.transaction(async (trx, publish) => {
    const db = inBulk(trx)
    const job = await db.selectFrom('bulk_jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow()
    if (job.finished_at) {
      throw new ValenceError('PARAMETER_INVALID', `Bulk job ${id} has ended (${job.status}) and cannot be cancelled`)
    }
    const isUnderWay = job.direction === 'UPLOAD' && (job.is_running || countBegun(job.position) > 0)
    await db
      .updateTable('bulk_jobs')
      .set({
        ...(isUnderWay ? { status: 'CANCELLATION_PENDING' } : ended(job, context.now())),
        updated_at: context.now(),
      })
      .where('id', '=', id)
      .execute()
    publish({ topic: CANCEL_TOPIC, key: String(id) })
    // where its process has died, or is about to let go of it, another one brings it to its end
    if (isUnderWay) await wakeJob(context, db, publish, job)
    else await wakeFollowers(context, db, publish, job)
  })
  return readStatus(context, caller, instance, id)
}

/** With a new version it is lost to whoever has it. */
function ended({ version, callback }: BulkJob, now: Date) {
  return {
    status: 'CANCELLED' as const,
    version: version + 1,
    is_running: false,
    message: null,
    finished_at: now,
    callback_state: callback === null ? null : ('waiting' as const),
  }
}
