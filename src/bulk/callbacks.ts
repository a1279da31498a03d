import { accountGroup } from '../jobs/account-group.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import type { Target } from '../notifications/context.ts'
import { type Posted, postMessage } from '../notifications/post-message.ts'
import { type BulkJob, bulkDb, inBulk } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { CALLBACK_QUEUE } from './held-job.ts'
import { callbackContext, type JobRequest, requestContext } from './job-request.ts'
import { statusBody } from './status-body.ts'

/** Minutes from a failed attempt to the next one; after the last one it is given up (spec 22 §11). */
const RETRY_MINUTES = [1, 5, 15]

/** What the callback needs, of a job that has ended. */
type EndedJob = BulkJob & { callback: string }

/**
 * Tells whoever asked for a job that it has ended: its status is posted to the address of `Elements-Async-Callback-Url` or `notificationUrl`
 * (spec 22 §11), signed like events of its instance. It comes at least once: the receiver knows a job by `webhook-id`.
 *
 * Keys: `8801` for the first attempt, `8801.2` once two were made, so that one that comes again does nothing.
 */
export function callbackQueue(context: BulkContext): JobQueue {
  return {
    name: CALLBACK_QUEUE,
    // most of them wait for receivers
    slots: 32,
    perGroup: 8,
    async run(key) {
      const [id = '', attempts = '0'] = key.split('.')
      const job = await waitingCallback(context, Number(id), Number(attempts))
      if (job) await settle(context, job, await tell(context, job))
      return 'done'
    },
  }
}

/** @returns undefined when there is nothing to tell any more */
async function waitingCallback({ store }: BulkContext, id: number, attempts: number): Promise<EndedJob | undefined> {
  const job = await bulkDb(store)
    .selectFrom('bulk_jobs')
    .selectAll()
    .where('id', '=', id)
    .where('callback_state', '=', 'waiting')
    .where('callback_attempts', '=', attempts)
    .where('finished_at', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return job && isToTell(job) ? job : undefined
}

function isToTell(job: BulkJob): job is EndedJob {
  return job.callback !== null
}

async function tell(context: BulkContext, job: EndedJob): Promise<Posted> {
  const { store, now } = context
  const instance = await context.findInstance(job.instance_id)
  if (!instance) {
    return { outcome: 'failed', status: null, message: `the element instance ${job.instance_id} was deleted` }
  }
  const { configuration } = instance.state
  const target: Target = {
    url: store.cipher.open(job.callback, callbackContext(job.id)),
    signatureKey: configuration['event.notification.signature.key'] || undefined,
    previousSignatureKeys: configuration['event.notification.signature.key.previous'] || undefined,
  }
  const { metaData } = JSON.parse(store.cipher.open(job.request, requestContext(job.id))) as JobRequest
  const owner = { organizationId: job.organization_id, accountId: job.account_id, userId: job.user_id }
  return postMessage(
    context,
    target,
    { ...owner, instanceId: instance.id },
    {
      id: `bulk-${job.id}`,
      // of a job that has ended the status does not change: every attempt sends the same bytes
      body: JSON.stringify(statusBody(job, metaData, now())),
      depth: 0,
    },
  )
}

/** What came of it is written down, and the next attempt is due, in one transaction. */
async function settle(context: BulkContext, job: EndedJob, { outcome, message }: Posted): Promise<void> {
  const { store, jobs, now } = context
  const attempts = job.callback_attempts + 1
  const waitMinutes = outcome === 'delivered' ? undefined : RETRY_MINUTES[job.callback_attempts]
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = inBulk(plainTrx)
    const isWritten = await trx
      .updateTable('bulk_jobs')
      .set({
        callback_attempts: attempts,
        ...(waitMinutes === undefined ? { callback_state: outcome } : {}),
        ...(waitMinutes === undefined && outcome === 'failed' ? { message: withFailure(job, attempts, message) } : {}),
        updated_at: now(),
      })
      .where('id', '=', job.id)
      .where('callback_state', '=', 'waiting')
      .where('callback_attempts', '=', job.callback_attempts)
      .returning('id')
      .executeTakeFirst()
    if (!isWritten || waitMinutes === undefined) return
    const at = new Date(now().getTime() + waitMinutes * 60_000)
    const wake = { key: `${job.id}.${attempts}`, group: accountGroup(job.account_id), at }
    await jobs.wake(trx, publish, CALLBACK_QUEUE, [wake])
  })
}

/** For the status: what it said before stays. */
function withFailure(job: BulkJob, attempts: number, why: string): string {
  const failure = `The callback was given up after ${attempts} attempts: ${why}`
  return job.message === null ? failure : `${job.message}; ${failure}`
}
