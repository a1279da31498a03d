import { expect, test } from 'vitest'
import { backOffMs } from './back-off.ts'

const MINUTE = 60_000

for (const [failures, everyMinutes, retryAfterMs, skipped] of [
  [1, 15, 0, 0],
  [2, 15, 0, 1],
  [3, 15, 0, 3],
  [4, 15, 0, 7],
  [50, 15, 0, 24],
  [2, 999_999_999, 0, 0],
  [1, 15, 40 * MINUTE, 2],
  [1, 1, 365 * 24 * 60 * MINUTE, 1440],
] as const) {
  test(`after ${failures} failures every ${everyMinutes} minutes, ${skipped} runs are skipped`, () => {
    const until = backOffMs(failures, everyMinutes * MINUTE, retryAfterMs)
    expect(Math.floor(until / (everyMinutes * MINUTE))).toBe(skipped)
  })
}
