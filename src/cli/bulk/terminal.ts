import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'

/** Where a command runs: what it prints to, its clock, and who interrupts it. */
export interface Terminal {
  stdout: Writable
  stderr: Writable & { isTTY?: boolean; columns?: number }
  /** ms */
  now(): number
  /** Resolves earlier once the signal is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** aborted by the first Ctrl-C; a second one ends the process */
  interrupted: AbortSignal
}

/** Exit code of a command that was interrupted. */
export const INTERRUPTED = 130

/** The terminal of this process. Listens for Ctrl-C from now on. */
export function openTerminal(): Terminal {
  const interrupt = new AbortController()
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED)
    interrupt.abort()
  })
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    now: () => performance.now(),
    async wait(ms, signal) {
      try {
        await wait(ms, undefined, signal ? { signal } : {})
      } catch (error) {
        if (!signal?.aborted) throw error
      }
    },
    interrupted: interrupt.signal,
  }
}
