import type { UploadPace } from '../bulk-table.ts'
import type { RowOutcome } from './row-outcome.ts'

/** Work between two looks into the database. */
const WINDOW_MS = 500
export const MOST_ROWS = 256
const LONGEST_PAUSE_MS = 60_000
/** Longer than that nobody waits for a vendor in one go, whatever it asks for. */
export const LONGEST_ASKED_MS = 60 * 60_000
/** A row that the vendor put off so often is given up. */
export const MOST_TIMES_PUT_OFF = 8
/** After so many rows in a row that were refused because of the credentials, the rest is not sent. */
export const MOST_DENIED = 20
/** After so many pauses without any row that was answered, the rest is not sent: they take a quarter of an hour, or as long as the vendor asks. */
export const MOST_PAUSES = 20

export function firstPace(concurrency: number): UploadPace {
  return { together: concurrency, window: Math.max(16, concurrency * 4), pauses: 0, denied: 0 }
}

/** What a window came to. */
export interface WindowFact {
  /** of its rows, in order of the file; undefined for those that were not sent */
  outcomes: readonly (RowOutcome | undefined)[]
  ms: number
}

/**
 * After a window the vendor was troubled by, half as many rows go together; after one in good order, one more. A window holds as many
 * rows as half a second takes.
 * @param concurrency rows that may go together at most
 */
export function nextPace(pace: UploadPace, { outcomes, ms }: WindowFact, concurrency: number): UploadPace {
  const sent = outcomes.filter((outcome) => outcome !== undefined)
  if (sent.length === 0) return pace
  const isTroubled = sent.some(isTrouble)
  const isAnswered = sent.some(({ kind }) => kind === 'written' || kind === 'failed')
  const together = isTroubled ? Math.max(1, Math.floor(pace.together / 2)) : Math.min(concurrency, pace.together + 1)
  const fit = Math.round((sent.length / Math.max(ms, 1)) * WINDOW_MS)
  return {
    together,
    window: isTroubled ? pace.window : Math.max(1, Math.min(MOST_ROWS, fit, pace.window * 2)),
    pauses: isTroubled ? (isAnswered ? 1 : pace.pauses + 1) : 0,
    denied: inARow(pace.denied, sent),
  }
}

/** The vendor is to be left alone for a while. */
export function isTrouble(outcome: RowOutcome): boolean {
  return outcome.kind === 'putOff' || (outcome.kind === 'uncertain' && outcome.isStrained === true)
}

/**
 * How long nothing is sent.
 * @param outcomes of the window; the longest time that the vendor asked for counts
 */
export function pauseMs({ pauses }: UploadPace, outcomes: readonly (RowOutcome | undefined)[]): number {
  const asked = Math.max(0, ...outcomes.map((outcome) => (outcome?.kind === 'putOff' && outcome.retryAfterMs) || 0))
  const own = Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (Math.max(1, pauses) - 1))
  return asked > 0 ? Math.min(asked, LONGEST_ASKED_MS) : own
}

/** Of a row that was not answered nobody knows what it would have been. */
function inARow(before: number, sent: readonly RowOutcome[]): number {
  let count = before
  for (const outcome of sent) {
    if (outcome.kind === 'failed' && outcome.isDenied) count++
    else if (outcome.kind === 'written' || outcome.kind === 'failed') count = 0
  }
  return count
}
