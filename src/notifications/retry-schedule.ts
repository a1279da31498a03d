/** After so many the last attempt was made (spec 40 §9.3). */
export const MAX_RETRIES = 9

/**
 * Two attempts are never closer than this, also when the hub stood still and several are overdue: a receiver that comes back with it
 * must not use them up at once.
 */
const LEAST_MS = 4_000

/**
 * When a failed delivery is tried again: retry x leaves 4^x seconds after the ORIGINAL failure, not after the last one (spec 40 §9.3):
 * 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144 s.
 *
 * @param attempts how many were made, the first one included
 * @returns undefined when all were made
 */
export function nextAttempt(firstFailedAt: Date, attempts: number, now: Date): Date | undefined {
  if (attempts > MAX_RETRIES) return undefined
  return new Date(Math.max(firstFailedAt.getTime() + 4 ** attempts * 1_000, now.getTime() + LEAST_MS))
}
