import { ValenceError } from '../errors.ts'
import { accountGroup } from '../jobs/account-group.ts'
import type { JobOutcome, JobQueue } from '../jobs/jobs.ts'
import { inBulk } from './bulk-table.ts'
import type { BulkContext, BulkTurnFact } from './context.ts'
import { runDownload } from './download/run-download.ts'
import {
  BULK_QUEUE,
  CANCEL_TOPIC,
  finish,
  type HeldDownload,
  type HeldJob,
  type HeldUpload,
  JobLost,
  reasonOf,
  release,
  takeJob,
} from './held-job.ts'
import type { Turn, TurnOutcome } from './turn.ts'
import { runUpload } from './upload/run-upload.ts'
import { settleBegun } from './upload/settle-begun.ts'

/** How long a process stays at one job before others have their turn. */
const TURN_MS = 2_000
/** However slowly a vendor answers, a call ends some time after the turn it was made in: it holds one of the few places. */
const LONGEST_CALL_MS = 5 * 60_000
/** Until the next turn, where something of ours is out of reach. */
const OUR_PAUSE_MS = 30_000

/**
 * Works at jobs. A turn takes some seconds, then the job waits in line again: many jobs go on side by side, and no account takes more than
 * its slots.
 */
export function bulkQueue(context: BulkContext): JobQueue {
  const running = new Map<string, AbortController>()
  context.store.changes.on(CANCEL_TOPIC, (id) => running.get(id)?.abort(new Error('the job was cancelled')))
  return {
    name: BULK_QUEUE,
    slots: 8,
    perGroup: 2,
    async run(key, signal) {
      const cancelling = new AbortController()
      running.set(key, cancelling)
      try {
        return await runTurn(context, Number(key), AbortSignal.any([signal, cancelling.signal]))
      } finally {
        running.delete(key)
      }
    },
  }
}

async function runTurn(context: BulkContext, id: number, signal: AbortSignal): Promise<JobOutcome> {
  const job = await takeJob(context, id)
  if (!job) return 'done'
  const before = { ...job }
  try {
    const outcome = await workAt(context, job, signal)
    if (outcome.state === 'ended') return 'done'
    await release(context, job)
    if (outcome.at === undefined) return 'more'
    await wakeAt(context, job, outcome.at)
    return 'done'
  } catch (error) {
    // cancelled, removed, or another process has it
    if (error instanceof JobLost) return 'done'
    if (!(error instanceof ValenceError) || error.code !== 'UNAVAILABLE') throw error
    await waitForUs(context, job, error)
    return 'done'
  } finally {
    context.onTurn(factOf(before, job))
  }
}

/** Without a failure of the queue, which gives up after some minutes: file stores are away for longer than that. */
async function waitForUs(context: BulkContext, job: HeldJob, error: ValenceError): Promise<void> {
  const at = new Date(context.now().getTime() + OUR_PAUSE_MS)
  context.log.warn({ err: error, bulkJob: job.id }, 'a bulk job waits for a part of this hub')
  await release(context, job, `It waits for the hub (${error.message}) and goes on at ${at.toISOString()}`)
  await wakeAt(context, job, at)
}

type Counted = Pick<HeldJob, 'direction' | 'records_count' | 'records_failed_count' | 'records_uncertain_count'>

function factOf(before: Counted, after: Counted): BulkTurnFact {
  const grown = (name: keyof Omit<Counted, 'direction'>) => after[name] - before[name]
  const uncertain = grown('records_uncertain_count')
  const failed = grown('records_failed_count') - uncertain
  return { direction: after.direction, done: grown('records_count') - failed - uncertain, failed, uncertain }
}

async function workAt(context: BulkContext, job: HeldJob, signal: AbortSignal): Promise<TurnOutcome> {
  try {
    const turn = await turnOf(context, job, signal)
    const timed = withDeadline(context, AbortSignal.timeout(TURN_MS + LONGEST_CALL_MS))
    return isDownload(job) ? await runDownload(timed, job, turn) : await runUpload(timed, job as HeldUpload, turn)
  } catch (error) {
    if (!(error instanceof ValenceError) || isOurFault(error)) throw error
    await abort(context, job, reasonOf(error))
    return { state: 'ended' }
  }
}

/** Calls end with it, as VENDOR_TIMEOUT; one signal for a whole turn, whose calls are thousands. */
export function withDeadline(context: BulkContext, deadline: AbortSignal): BulkContext {
  return { ...context, call: (caller, instance, call) => context.call(caller, instance, { signal: deadline, ...call }) }
}

/** @throws ValenceError INSTANCE_NOT_FOUND, CREDENTIALS_INVALID: the instance or the owner is gone, which ends the job */
async function turnOf(context: BulkContext, job: HeldJob, signal: AbortSignal): Promise<Turn> {
  const instance = await context.findInstance(job.instance_id)
  if (!instance) throw new ValenceError('INSTANCE_NOT_FOUND', `The element instance ${job.instance_id} was deleted`)
  const caller = await context.callerOf(job.user_id)
  return { instance, caller, until: performance.now() + TURN_MS, signal }
}

/** The job is sound and goes on later: the file store, the database or we ourselves failed. */
function isOurFault({ code }: ValenceError): boolean {
  return code === 'UNAVAILABLE' || code === 'INTERNAL'
}

/** What may have been written is told first, whatever ends the job. */
async function abort(context: BulkContext, job: HeldJob, error: string): Promise<void> {
  if (!isDownload(job)) await settleBegun(context, job as HeldUpload)
  await context.store.changes.transaction((trx, publish) =>
    finish(context, inBulk(trx), publish, job, { status: 'ABORTED', error }),
  )
}

async function wakeAt({ store, jobs }: BulkContext, { id, account_id }: HeldJob, at: Date): Promise<void> {
  await store.changes.transaction((trx, publish) =>
    jobs.wake(trx, publish, BULK_QUEUE, [{ key: String(id), group: accountGroup(account_id), at }]),
  )
}

function isDownload(job: HeldJob): job is HeldDownload {
  return job.direction === 'DOWNLOAD'
}
