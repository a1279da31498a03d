import { FAIRNESS } from './limits.ts'

/** How things stand when an owner's next script could be started. */
export interface Share {
  /** scripts of this owner that run */
  running: number
  /** the same together with what its scripts' own calls run, at all depths */
  total: number
  /** whether one of them has been running for long */
  holdsLong: boolean
  /** of this script, see `ScriptCall` */
  depth: number
  /** runners that could take a script at once */
  idle: number
  /** runners with a script */
  taken: number
  /** the most runners there may be */
  most: number
}

/** Runners that are kept for scripts that others wait for: were all taken by those, none could go on. The deeper, the fewer. */
const KEPT_FREE = [3, 2, 1]
/** Runners that are kept for others by whoever has his share. What is left is enough for one script at each depth. */
const KEPT_FOR_OTHERS = 5

/**
 * Whether an owner may run one more. The first one always may, but for the runners that are kept free. Beyond that, owners whose scripts take long leave the last
 * free runner to others, and when half of all possible runners are taken everybody gets one at a time.
 */
export function mayRunMore({ running, total, holdsLong, depth, idle, taken, most }: Share): boolean {
  const hasShare = total >= FAIRNESS.runningPerOwner
  if (most - taken <= (hasShare ? KEPT_FOR_OTHERS : (KEPT_FREE[depth] ?? 0))) return false
  if (running === 0) return true
  if (hasShare || taken >= most / 2) return false
  return idle > 1 || !holdsLong
}
