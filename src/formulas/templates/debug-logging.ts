import type { FormulaRow } from '../formula-table.ts'

type Logging = Pick<FormulaRow, 'engine' | 'debug_logging_enabled' | 'debug_logging_expires'>

/** So long after somebody switched logging on, it counts as off (spec 30 §2.1). */
const LOGGING_MS = 72 * 3_600_000

/**
 * Switching on what is off begins a new time, also where the last one is over; in engine v1 it is always on.
 * @param isWanted undefined: as it is
 */
export function debugLogging(present: Logging, isWanted: boolean | undefined, now: Date): Omit<Logging, 'engine'> {
  const { engine, debug_logging_enabled, debug_logging_expires } = present
  if (isWanted === false) return { debug_logging_enabled: false, debug_logging_expires: null }
  if (engine === 'v1') return { debug_logging_enabled: isWanted ?? debug_logging_enabled, debug_logging_expires: null }
  if (isWanted === undefined || isLogging(present, now)) return { debug_logging_enabled, debug_logging_expires }
  return { debug_logging_enabled: true, debug_logging_expires: new Date(now.getTime() + LOGGING_MS) }
}

/** Whether steps that succeed are kept: from its expiry on, logging counts as off (spec 30 §2.1). */
export function isLogging(
  { debug_logging_enabled, debug_logging_expires }: Omit<Logging, 'engine'>,
  now: Date,
): boolean {
  return debug_logging_enabled && (debug_logging_expires === null || debug_logging_expires > now)
}
