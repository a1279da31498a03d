const HOUR_MS = 3_600_000
const LONGEST_MS = 6 * HOUR_MS
/** What a vendor may ask for. */
const LONGEST_ASKED_MS = 24 * HOUR_MS

/**
 * How long a resource is left alone after polls that failed: after the first not at all, then one run is skipped, then three, seven … up to
 * six hours. A vendor that says how long (`Retry-After`) is heard, up to a day.
 *
 * @param failures in a row, from 1
 * @param intervalMs between runs
 * @returns ms from now
 */
export function backOffMs(failures: number, intervalMs: number, retryAfterMs = 0): number {
  // half an interval less than that many runs: the run after them must not come a moment too early
  const skipped = failures < 2 ? 0 : (2 ** Math.min(failures - 1, 30) - 0.5) * intervalMs
  return Math.max(Math.min(skipped, LONGEST_MS), Math.min(retryAfterMs, LONGEST_ASKED_MS))
}
