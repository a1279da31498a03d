import { accountGroup } from '../jobs/account-group.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import type { Target } from '../notifications/context.ts'
import { type Posted, postMessage } from '../notifications/post-message.ts'
import { inBulk } from './bulk-table.ts'
import { endedJob } from './callback-of-job.ts'
import type { BulkContext } from './context.ts'
import type { Ended, ReadEnded } from './ended.ts'
import { CALLBACK_QUEUE } from './held-job.ts'
import { endedWorkflow } from './workflows/callback-of-workflow.ts'

/** From a failed attempt to the next one; after the last one it is given up (spec 22 §11). */
const RETRY_SECONDS = [10, 120, 900]

/** By the word before the id in a key. */
const KINDS: Readonly<Record<string, ReadEnded>> = { '': endedJob, 'workflow-': endedWorkflow }

/**
 * Tells whoever asked for a job that it has ended: its status is posted to the address of `Elements-Async-Callback-Url` or `notificationUrl`
 * (spec 22 §11), signed like events of its instance. It comes at least once: the receiver knows a job by `webhook-id`.
 *
 * Keys: `8801` for the first attempt, `8801.2` once two were made, so that one that comes again does nothing; `workflow-7`, `workflow-7.1`.
 */
export function callbackQueue(context: BulkContext): JobQueue {
  return {
    name: CALLBACK_QUEUE,
    // most of them wait for receivers
    slots: 32,
    perGroup: 8,
    async run(key) {
      const [, kind = '', id, made = '0'] = /^(\D*)(\d+)(?:\.(\d+))?$/.exec(key) ?? []
      const attempts = Number(made)
      const ended = await KINDS[kind]?.(context, Number(id), attempts)
      if (ended) await settle(context, ended, attempts, kind, await tell(context, ended))
      return 'done'
    },
  }
}

async function tell(context: BulkContext, { table, id, owner, instanceId, address, body }: Ended): Promise<Posted> {
  const instance = await context.findInstance(instanceId)
  if (!instance) {
    return { outcome: 'failed', status: null, message: `the element instance ${instanceId} was deleted` }
  }
  const { configuration } = instance.state
  const target: Target = {
    url: address,
    signatureKey: configuration['event.notification.signature.key'] || undefined,
    previousSignatureKeys: configuration['event.notification.signature.key.previous'] || undefined,
  }
  const message = { id: `${table === 'bulk_jobs' ? 'bulk' : 'bulk-workflow'}-${id}`, body, depth: 0 }
  return postMessage(context, target, { ...owner, instanceId }, message)
}

/** What came of it is written down, and the next attempt is due, in one transaction. */
async function settle(
  { store, jobs, now, log }: BulkContext,
  { table, id, owner: { accountId }, message }: Ended,
  attempts: number,
  kind: string,
  posted: Posted,
): Promise<void> {
  const waitSeconds = posted.outcome === 'delivered' ? undefined : RETRY_SECONDS[attempts]
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = inBulk(plainTrx)
    const isWritten = await trx
      // both tables have these columns
      .updateTable(table as 'bulk_jobs')
      .set({
        callback_attempts: attempts + 1,
        ...(waitSeconds === undefined ? { callback_state: posted.outcome } : {}),
      })
      .where('id', '=', id)
      .where('callback_state', '=', 'waiting')
      .where('callback_attempts', '=', attempts)
      .returning('id')
      .executeTakeFirst()
    if (!isWritten) return
    if (waitSeconds !== undefined) {
      const at = new Date(now().getTime() + waitSeconds * 1000)
      const wake = { key: `${kind}${id}.${attempts + 1}`, group: accountGroup(accountId), at }
      await jobs.wake(trx, publish, CALLBACK_QUEUE, [wake])
    } else if (posted.outcome === 'failed') {
      log.warn({ table, id, status: posted.status }, 'a callback was given up')
      if (table === 'bulk_jobs')
        await noteFailure(trx, id, message, `after ${attempts + 1} attempts: ${posted.message}`)
    }
  })
}

/** For the status: what it said before stays. */
async function noteFailure(
  trx: ReturnType<typeof inBulk>,
  id: number,
  present: string | null | undefined,
  why: string,
): Promise<void> {
  const failure = `The callback was given up ${why}`
  const message = present ? `${present}; ${failure}` : failure
  await trx.updateTable('bulk_jobs').set({ message }).where('id', '=', id).execute()
}
