import { ValenceError } from '../../errors.ts'
import { bulkDb, type UploadPace } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { assertShare } from '../files/account-share.ts'
import type { HeldUpload } from '../held-job.ts'
import { typeRecord } from '../rows/typed-record.ts'
import type { Turn, TurnOutcome } from '../turn.ts'
import { plain } from './find-record.ts'
import { beginWindow, endJob, settle } from './journal.ts'
import { nativeSender } from './native/native-sender.ts'
import { type ObjectFacts, objectFacts } from './object-facts.ts'
import { type OpenRows, openRows } from './open-rows.ts'
import { firstPace, isTrouble, MOST_DENIED, MOST_PAUSES, nextPace, pauseMs } from './pace.ts'
import { scalarAt } from './record-id.ts'
import type { RowOutcome } from './row-outcome.ts'
import type { RowSender } from './row-sender.ts'
import { sendWindow } from './send-window.ts'
import { endCancelled, settleBegun } from './settle-begun.ts'
import { type NumberedRow, settleWindow, type Window } from './settle-window.ts'
import { createRowWriter } from './write-row.ts'

/** How long rows under way have when a job is cancelled, and when the process stops. */
const CANCEL_GRACE_MS = 1_500
const STOP_GRACE_MS = 8_000
/** A window that takes longer than it should is cut after the turn's end. */
const OVERTIME_MS = 500

/**
 * Rows of the job's file are written through the element's resource, a window at a time. Its rows are noted as begun before the first one
 * is sent: where a process dies, they are uncertain, and the job goes on behind them. What became of them is noted together with the next
 * window's beginning.
 */
export async function runUpload(context: BulkContext, job: HeldUpload, turn: Turn): Promise<TurnOutcome> {
  if (isCancelled(job)) return endCancelled(context, job)
  await settleBegun(context, job)
  const rows = openRows(context, job)
  try {
    return await sendRows(context, job, turn, rows)
  } finally {
    await rows.close()
  }
}

async function sendRows(context: BulkContext, job: HeldUpload, turn: Turn, rows: OpenRows): Promise<TurnOutcome> {
  const { concurrency } = job.request
  // rows that fail are stored, and short ones take many times their length
  if (job.records_failed_count > 0) await assertShare(context, job.account_id, 0)
  const sender = await senderFor(context, job, turn)
  let pace = job.position.pace ?? firstPace(concurrency)
  let window = await rows.take(sender.size(pace))
  await beginWindow(context, job, window, { pace, header: rows.header() })
  for (;;) {
    if (isCancelled(job)) return endJob(context, job, 'CANCELLED')
    if (window.rows.length === 0) return sender.end()
    const startedAt = performance.now()
    const outcomes = await sender.send(window.toSend, pace)
    const settled = settleWindow(job.position, window, outcomes)
    pace = nextPace(pace, { outcomes, ms: performance.now() - startedAt }, concurrency)
    const isOver = outcomes.some(endsTurn) || turn.signal.aborted || performance.now() > turn.until
    const next = isOver ? undefined : await nextWindow(rows, sender.size(pace))
    const pause = pauseAfter(context.now(), pace, outcomes)
    await settle(context, job, settled, {
      ...{ pace, header: rows.header(), next: next?.window },
      message: pause?.message ?? null,
    })
    if (isCancelled(job)) return endJob(context, job, 'CANCELLED')
    if (next?.error !== undefined) throw next.error
    assertSense(job, pace, outcomes)
    if (pause) return { state: 'again', at: pause.at }
    if (!next?.window) return { state: 'again' }
    window = next.window
  }
}

async function senderFor(context: BulkContext, job: HeldUpload, turn: Turn): Promise<RowSender> {
  const facts = await objectFacts(context, turn, job.request)
  const typed = ({ record }: NumberedRow) => (facts.types ? typeRecord(record, facts.types) : record)
  return facts.isNative
    ? nativeSender(context, job, turn, { path: facts.path, typed })
    : rowByRow(context, job, turn, { facts, typed })
}

type Typed = (row: NumberedRow) => Readonly<Record<string, unknown>>

function rowByRow(
  context: BulkContext,
  job: HeldUpload,
  { caller, instance, signal, until }: Turn,
  { facts, typed }: { facts: ObjectFacts; typed: Typed },
): RowSender {
  const write = createRowWriter({ ...facts, context, caller, instance, request: job.request })
  return {
    size: ({ window }) => window,
    send(rows, { together, denied }) {
      // a turn whose beginning took long sends some rows all the same
      const deadline = Math.max(until, performance.now()) + OVERTIME_MS
      return sendWindow(rows, {
        ...{ together, denied, signal },
        write: (row) => write(typed(row)),
        keyOf: ({ record }) => keyOf(job.request, record),
        isOver: () => performance.now() > deadline,
        graceMs: () => graceMs(context, job),
      })
    },
    end: () => endJob(context, job, 'COMPLETED'),
  }
}

/** Two rows with one identifier would both find no record and make two, or overtake each other. */
function keyOf({ action, identifierFieldName }: HeldUpload['request'], record: Readonly<Record<string, unknown>>) {
  if (action === 'create' || identifierFieldName === undefined) return undefined
  const value = scalarAt(record, identifierFieldName)
  return value === undefined ? undefined : plain(value)
}

/** What cannot be read counts only once the rows before it are settled. */
async function nextWindow(rows: OpenRows, count: number): Promise<{ window?: Window; error?: unknown }> {
  try {
    return { window: await rows.take(count) }
  } catch (error) {
    return { error }
  }
}

/** The vendor wants to be left alone until then. */
function pauseAfter(now: Date, pace: UploadPace, outcomes: readonly (RowOutcome | undefined)[]) {
  const trouble = outcomes.findLast((outcome) => outcome !== undefined && isTrouble(outcome))
  if (!trouble || !('status' in trouble)) return undefined
  const at = new Date(now.getTime() + pauseMs(pace, outcomes))
  return { at, message: `The vendor has no time (${trouble.status}); rows are sent again at ${at.toISOString()}` }
}

/** Rows were not sent, or the vendor wants to be left alone. */
function endsTurn(outcome: RowOutcome | undefined): boolean {
  return outcome === undefined || isTrouble(outcome) || outcome.kind === 'hopeless' || outcome.kind === 'unavailable'
}

/**
 * Whether it makes sense to send more.
 * @throws ValenceError the reason why it does not, which ends the job; UNAVAILABLE where it goes on later
 */
function assertSense(job: HeldUpload, { denied, pauses }: UploadPace, outcomes: readonly (RowOutcome | undefined)[]) {
  for (const outcome of outcomes) {
    if (outcome?.kind === 'unavailable' || outcome?.kind === 'hopeless') throw outcome.error
  }
  const rest = `the rest of the file, from row ${(job.position.row ?? 0) + 1} on, was not sent`
  const last = outcomes.findLast((outcome) => outcome !== undefined && 'status' in outcome)
  const answer = last && 'status' in last ? last.status : ''
  if (denied >= MOST_DENIED) {
    throw new ValenceError('FORBIDDEN', `The vendor refused ${denied} rows in a row (${answer}); ${rest}`)
  }
  if (pauses >= MOST_PAUSES) {
    throw new ValenceError('VENDOR_UNREACHABLE', `The vendor took no row in ${pauses} attempts (${answer}); ${rest}`)
  }
}

/** The status is what the last step found in the database. */
function isCancelled({ status }: HeldUpload): boolean {
  return status === 'CANCELLATION_PENDING'
}

/** Somebody waits for the end of a cancelled job; a process that stops has a little longer. */
async function graceMs({ store }: BulkContext, { id }: HeldUpload): Promise<number> {
  const row = await bulkDb(store).selectFrom('bulk_jobs').select('status').where('id', '=', id).executeTakeFirst()
  return row?.status === 'CANCELLATION_PENDING' ? CANCEL_GRACE_MS : STOP_GRACE_MS
}
