import { parseRetryAfter } from '../../engine/retry.ts'
import { type ErrorCode, ValenceError } from '../../errors.ts'

/** One after the other, with no page in between; with the waits below that is half an hour. */
export const MOST_FAILURES = 10

const SHORTEST_MS = 5_000
const LONGEST_MS = 5 * 60_000
/** What a vendor may ask for; the job waits in the database. */
const LONGEST_ASKED_MS = 60 * 60_000

/** What passes by itself. */
const PASSING = new Set<ErrorCode>(['VENDOR_TIMEOUT', 'VENDOR_UNREACHABLE', 'REFRESH_UNAVAILABLE', 'SCRIPT_BUSY'])

/**
 * When a vendor that failed is asked again: as it wishes (`Retry-After`, at most an hour), else after 5, 10, 20 … seconds, at most 5 minutes.
 * The engine has tried some seconds long before it failed.
 *
 * @param failures before this one
 * @returns undefined when it would fail again, or has failed too often
 */
export function retryTime(error: unknown, failures: number, now: Date): Date | undefined {
  if (!(error instanceof ValenceError) || !mayPass(error) || failures + 1 >= MOST_FAILURES) return undefined
  const asked = parseRetryAfter(error.headers['retry-after'], now)
  const wait =
    asked === undefined ? Math.min(SHORTEST_MS * 2 ** failures, LONGEST_MS) : Math.min(asked, LONGEST_ASKED_MS)
  return new Date(now.getTime() + wait)
}

function mayPass({ code, status }: ValenceError): boolean {
  return PASSING.has(code) || (code === 'VENDOR_FAILED' && (status === 429 || status >= 500))
}
