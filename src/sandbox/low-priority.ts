import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

/**
 * Gives a process, which computes for long, only the time that others leave. On Linux a priority belongs to a thread,
 * and the script runs in another one than the first.
 */
export function lowerPriority(pid: number): void {
  setPriorityOf(pid, constants.priority.PRIORITY_LOW)
}

/** @returns false where that takes privileges this process has not */
export function restorePriority(pid: number): boolean {
  return setPriorityOf(pid, constants.priority.PRIORITY_NORMAL)
}

function setPriorityOf(pid: number, priority: number): boolean {
  let isDone = true
  for (const thread of threadsOf(pid)) {
    try {
      setPriority(thread, priority)
    } catch (error) {
      // a thread that has just ended needs no priority
      if ((error as NodeJS.ErrnoException & { info?: { code?: string } }).info?.code !== 'ESRCH') isDone = false
    }
  }
  return isDone
}

function threadsOf(pid: number): number[] {
  if (process.platform !== 'linux') return [pid]
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}
