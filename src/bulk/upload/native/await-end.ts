import { ValenceError } from '../../../errors.ts'
import { decodedBody } from '../../../instances/ask-all-pages.ts'
import type { Instance } from '../../../instances/instance.ts'
import type { ResourceCall } from '../../../model/exchange.ts'
import { isObject } from '../../../model/is-object.ts'
import { inBulk, type NativePosition } from '../../bulk-table.ts'
import type { BulkContext } from '../../context.ts'
import { advance, finish, type HeldUpload, type JobChanges } from '../../held-job.ts'
import { sealRowError } from '../../row-error.ts'
import type { TurnOutcome } from '../../turn.ts'
import { type Ask, RowFailed } from '../ask-vendor.ts'
import { endJob, lengthOf } from '../journal.ts'
import { listsErrors } from './native-resources.ts'

const DONE = new Set(['COMPLETED', 'COMPLETE', 'DONE', 'SUCCESS', 'WARNING'])
const BROKEN = new Set(['ABORTED', 'ERROR', 'FAILED', 'CANCELLED', 'CANCELED'])
const FIRST_POLL_MS = 2_000
const LONGEST_POLL_MS = 60_000
/** With a minute between them, two days. */
const MOST_POLLS = 3_000
const ERRORS_PAGE = '200'

export interface EndingOptions {
  ask: Ask
  path: string
  instance: Instance
  /** no further page is asked for after it */
  until: number
}

/** All rows are with the vendor: its job is closed, asked until it has ended, and then for the rows that failed. */
export async function awaitEnd(context: BulkContext, job: HeldUpload, options: EndingOptions): Promise<TurnOutcome> {
  // no row, no job of the vendor
  if (job.vendor_job_id === null) return endJob(context, job, 'COMPLETED')
  const at = `${options.path}/bulk/${encodeURIComponent(job.vendor_job_id)}`
  try {
    await close(context, job, options.ask, at)
    const { status, message, failedCount } = await readStatus(options.ask, at)
    if (!DONE.has(status) && !BROKEN.has(status)) return await askLater(context, job)
    const isRead = await readErrors(context, job, options, at, failedCount)
    if (!isRead) return { state: 'again' }
    await end(
      context,
      job,
      BROKEN.has(status) ? { error: message ?? `The vendor's job ended as ${status}` } : { message },
    )
    return { state: 'ended' }
  } catch (error) {
    if (!(error instanceof RowFailed)) throw error
    return passing(context, job, error)
  }
}

/** Closing twice may be an error to the vendor: what its job says of itself counts then. */
async function close(context: BulkContext, job: HeldUpload, ask: Ask, at: string): Promise<void> {
  const { isClosing, isClosed } = job.position.native ?? {}
  if (isClosed) return
  if (!isClosing) await note(context, job, { isClosing: true }, { records_total: job.records_count })
  try {
    await ask({ method: 'POST', path: `${at}/close` })
  } catch (error) {
    if (!(error instanceof RowFailed) || error.outcome.kind !== 'failed' || !isClosing) throw error
  }
  await note(context, job, { isClosed: true })
}

async function readStatus(ask: Ask, at: string) {
  const body = decodedBody(await ask({ method: 'GET', path: at }))
  const { status, message, recordsFailedCount } = isObject(body) ? body : {}
  if (typeof status !== 'string' || status === '')
    throw new ValenceError('VENDOR_REPLY_INVALID', `GET ${at}: the answer has no "status"`)
  const failedCount = Number(recordsFailedCount)
  return {
    status: status.toUpperCase(),
    message: typeof message === 'string' && message !== '' ? message : undefined,
    failedCount: Number.isSafeInteger(failedCount) && failedCount > 0 ? failedCount : 0,
  }
}

/** @returns false when some are left for the next turn */
async function readErrors(
  context: BulkContext,
  job: HeldUpload,
  { ask, path, instance, until }: EndingOptions,
  at: string,
  failedCount: number,
): Promise<boolean> {
  if (!listsErrors(instance.plan, path)) {
    const noted = job.position.native?.errors ?? 0
    await note(context, job, { errors: failedCount }, { records_failed_count: failedWith(job, failedCount - noted) })
    return true
  }
  for (;;) {
    const { errorsPage, errors = 0 } = job.position.native ?? {}
    // the end of the list
    if (errorsPage === '') return true
    if (performance.now() > until) return false
    const query: ResourceCall['query'] = { pageSize: ERRORS_PAGE, ...(errorsPage ? { nextPage: errorsPage } : {}) }
    const reply = await ask({ method: 'GET', path: `${at}/errors`, query })
    const body = decodedBody(reply)
    // no more can have failed than were sent
    const rows = (Array.isArray(body) ? body : []).filter(isObject).slice(0, job.records_count - errors)
    const isAll = rows.length === 0 || errors + rows.length >= job.records_count
    // a list of more rows than were sent has no end
    const next = isAll ? '' : (reply.headers['elements-next-page-token'] ?? '')
    await noteErrors(context, job, rows, { errorsPage: next, errors: errors + rows.length })
  }
}

/** Rows whose fate was not known are counted already, and the vendor may know of them all the same. */
function failedWith(job: HeldUpload, more: number): number {
  return Math.min(job.records_count, job.records_failed_count + more)
}

/** The vendor does not say at which place of the file they were: they come behind all that do. */
async function noteErrors(
  { store, now }: BulkContext,
  job: HeldUpload,
  rows: readonly Record<string, unknown>[],
  native: NativePosition,
): Promise<void> {
  const first = job.records_count + (native.errors ?? 0) - rows.length + 1
  const sealed = rows.map(({ status, ...row }, index) =>
    sealRowError(store.cipher, job.id, {
      number: first + index,
      kind: 'failed',
      row,
      status: String(status ?? 'failed'),
    }),
  )
  const changes = {
    position: { ...job.position, native: { ...job.position.native, ...native } },
    records_failed_count: failedWith(job, rows.length),
    stored_bytes: job.stored_bytes + lengthOf(sealed),
  }
  await store.changes.transaction(async (trx) => {
    await advance(inBulk(trx), job, changes, now())
    if (sealed.length > 0) await inBulk(trx).insertInto('bulk_errors').values(sealed).execute()
  })
}

async function end(
  context: BulkContext,
  job: HeldUpload,
  { error, message }: { error?: string; message?: string | undefined },
): Promise<void> {
  const changes: JobChanges = message === undefined ? {} : { message }
  const status = error === undefined ? { status: 'COMPLETED' as const } : { status: 'ABORTED' as const, error }
  await context.store.changes.transaction((trx, publish) =>
    finish(context, inBulk(trx), publish, job, { ...status, ...changes }),
  )
}

async function askLater(context: BulkContext, job: HeldUpload): Promise<TurnOutcome> {
  const polls = (job.position.native?.polls ?? 0) + 1
  if (polls > MOST_POLLS) {
    throw new ValenceError(
      'VENDOR_TIMEOUT',
      `The vendor's job ${job.vendor_job_id} has not ended; it was asked ${MOST_POLLS} times`,
    )
  }
  await note(context, job, { polls })
  if (job.status === 'CANCELLATION_PENDING') return endJob(context, job, 'CANCELLED')
  const wait = Math.min(LONGEST_POLL_MS, FIRST_POLL_MS * 1.5 ** (polls - 1))
  return { state: 'again', at: new Date(context.now().getTime() + wait) }
}

/** @throws ValenceError the vendor's refusal, which ends the job; UNAVAILABLE */
function passing(context: BulkContext, job: HeldUpload, { outcome, cause }: RowFailed): Promise<TurnOutcome> {
  if (outcome.kind === 'putOff' || outcome.kind === 'uncertain') return askLater(context, job)
  if (outcome.kind === 'unavailable' || outcome.kind === 'hopeless') throw outcome.error
  throw cause
}

async function note(
  { store, now }: BulkContext,
  job: HeldUpload,
  native: NativePosition,
  changes: JobChanges = {},
): Promise<void> {
  const position = { ...job.position, native: { ...job.position.native, ...native } }
  await store.changes.transaction((trx) => advance(inBulk(trx), job, { ...changes, position }, now()))
}
