/**
 * When a vendor call is tried again: only where repeating is safe, only a few times, never for long.
 * 429 and 503 follow the vendor's `Retry-After`; a longer wait than we allow is left to the caller.
 */
export interface Attempt {
  method: string
  /** how often it was tried, from 1 */
  attempt: number
  /** status of the answer, or undefined when there was none */
  status: number | undefined
  retryAfter: string | undefined
  /** the request certainly did not reach the vendor */
  neverSent: boolean
}

export const MAX_ATTEMPTS = 3
export const MAX_WAIT_MS = 5_000
const BASE_DELAY_MS = 150
/** RFC 9110 §9.2.2 */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const RETRYABLE = new Set([429, 502, 503, 504])

/** @returns how long to wait before the next attempt, in ms; undefined: do not try again */
export function retryDelay(attempt: Attempt, now: Date, random: () => number): number | undefined {
  if (attempt.attempt >= MAX_ATTEMPTS) return undefined
  if (!attempt.neverSent && !IDEMPOTENT.has(attempt.method)) return undefined
  if (attempt.status !== undefined && !RETRYABLE.has(attempt.status)) return undefined
  const asked = parseRetryAfter(attempt.retryAfter, now)
  const backoff = BASE_DELAY_MS * 2 ** (attempt.attempt - 1)
  // full jitter on our own delay; what the vendor asks is a minimum
  const wait = asked === undefined ? backoff * (0.5 + random() / 2) : asked + backoff * random()
  return wait <= MAX_WAIT_MS ? Math.round(wait) : undefined
}

/** @returns ms from now, from seconds or an HTTP date (RFC 9110 §10.2.3); undefined when absent or unreadable */
export function parseRetryAfter(text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1000
  // all three forms of an HTTP date begin with the day's name; Date.parse would also read "-5"
  const date = /^\s*[a-z]{3,9}[, ]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime())
}
