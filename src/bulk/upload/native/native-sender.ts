import { ValenceError } from '../../../errors.ts'
import { decodedBody } from '../../../instances/ask-all-pages.ts'
import { isObject } from '../../../model/is-object.ts'
import { inBulk } from '../../bulk-table.ts'
import type { BulkContext } from '../../context.ts'
import { advance, type HeldUpload } from '../../held-job.ts'
import type { Turn } from '../../turn.ts'
import { type Ask, createAsk, RowFailed } from '../ask-vendor.ts'
import { recordId } from '../record-id.ts'
import type { RowOutcome } from '../row-outcome.ts'
import type { RowSender } from '../row-sender.ts'
import type { NumberedRow } from '../settle-window.ts'
import { awaitEnd } from './await-end.ts'
import { recordSizeOf } from './native-resources.ts'

export interface NativeOptions {
  /** of the list that takes the rows */
  path: string
  typed(row: NumberedRow): Readonly<Record<string, unknown>>
}

/**
 * Rows go to a bulk job of the vendor, many in a call; what became of each shows once that one has ended. Rows of a call are begun as those of a
 * window are: when nobody knows whether the vendor has them, they are uncertain.
 */
export function nativeSender(
  context: BulkContext,
  job: HeldUpload,
  { caller, instance, until }: Turn,
  { path, typed }: NativeOptions,
): RowSender {
  const ask = createAsk({ context, caller, instance, request: job.request })
  return {
    size: () => recordSizeOf(job.request),
    async send(rows) {
      const outcome = await outcomeOf(async () => {
        const jobPath = `${path}/bulk/${encodeURIComponent(await vendorJobOf(context, job, ask, path))}`
        await ask({ method: 'PUT', path: `${jobPath}/records`, body: rows.map(typed) })
      })
      return rows.map(() => outcome)
    },
    end: () => awaitEnd(context, job, { ask, path, instance, until }),
  }
}

/** The vendor's job, made with the first rows; one that nobody heard of stays empty. */
async function vendorJobOf(context: BulkContext, job: HeldUpload, ask: Ask, path: string): Promise<string> {
  if (job.vendor_job_id !== null) return job.vendor_job_id
  const { action, identifierFieldName } = job.request
  const body = { action, ...(identifierFieldName === undefined ? {} : { identifierFieldName }) }
  const reply = decodedBody(await opened(ask({ method: 'POST', path: `${path}/bulk`, body })))
  const id = isObject(reply) ? recordId(reply, ['id']) : undefined
  if (id === undefined) throw unanswered(path)
  await context.store.changes.transaction((trx) => advance(inBulk(trx), job, { vendor_job_id: id }, context.now()))
  return id
}

/** An empty job that may have been made is not a row that may have been written: another one is made later. */
async function opened<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking
  } catch (error) {
    if (!(error instanceof RowFailed)) throw error
    const { outcome, cause } = error
    if (outcome.kind === 'uncertain') throw new RowFailed({ kind: 'putOff', status: outcome.status }, cause)
    // without a job no row can be sent
    if (outcome.kind === 'failed' && cause instanceof ValenceError)
      throw new RowFailed({ kind: 'hopeless', error: cause })
    throw error
  }
}

function unanswered(path: string): RowFailed {
  const error = new ValenceError('VENDOR_REPLY_INVALID', `POST ${path}/bulk answered no "id" of a bulk job`)
  return new RowFailed({ kind: 'hopeless', error })
}

async function outcomeOf(act: () => Promise<void>): Promise<RowOutcome> {
  try {
    await act()
    return { kind: 'written' }
  } catch (error) {
    if (error instanceof RowFailed) return error.outcome
    throw error
  }
}
