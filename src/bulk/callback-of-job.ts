import { bulkDb } from './bulk-table.ts'
import type { ReadEnded } from './ended.ts'
import { callbackContext } from './job-request.ts'
import { statusOf } from './read-status.ts'

/** The callback of a job is its status. Once it has ended that does not change any more, so that every attempt sends the same bytes. */
export const endedJob: ReadEnded = async (context, id, attempts) => {
  const job = await bulkDb(context.store)
    .selectFrom('bulk_jobs')
    .selectAll()
    .where('id', '=', id)
    .where('callback_state', '=', 'waiting')
    .where('callback_attempts', '=', attempts)
    .where('finished_at', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!job?.callback) return undefined
  return {
    ...{ table: 'bulk_jobs', id, instanceId: job.instance_id, message: job.message },
    owner: { organizationId: job.organization_id, accountId: job.account_id, userId: job.user_id },
    address: context.store.cipher.open(job.callback, callbackContext(id)),
    body: JSON.stringify(statusOf(context, job)),
  }
}
