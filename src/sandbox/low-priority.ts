import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

/**
 * Gives a process, which computes for long, only the time that others leave. On Linux a priority belongs to a thread,
 * and the script runs in another one than the first. There is no way back without privileges.
 */
export function lowerPriority(pid: number): void {
  for (const thread of threadsOf(pid)) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW)
    } catch {
      // it has just ended
    }
  }
}

function threadsOf(pid: number): number[] {
  if (process.platform !== 'linux') return [pid]
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}
