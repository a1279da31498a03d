import type { Isolate } from 'isolated-vm'
import { FAIRNESS, LIMITS } from '../limits.ts'

const EVERY_MS = 40
const PROCESS_BYTES = LIMITS.processMb * 1024 * 1024

/** How the watch ends a script. */
export type StopReason = 'timeout' | 'memory'

/**
 * Looks at a running script from the main thread, which no script can block: its processor time, its wall clock where
 * the isolate's own limit fails, and the memory of the whole process.
 * @returns ends the watch
 */
export function watch(
  isolate: Isolate,
  deadline: number,
  mostCpuMs: number,
  on: { busy(): void; stop(reason: StopReason): void },
): () => void {
  const cpuBefore = isolate.cpuTime
  let isBusy = false
  const look = () => {
    // one that has just run out of memory is gone before its script's end is heard of
    const cpuMs = isolate.isDisposed ? 0 : Number(isolate.cpuTime - cpuBefore) / 1e6
    if (!isBusy && cpuMs > FAIRNESS.lowPriorityAfterMs) {
      isBusy = true
      on.busy()
    }
    if (cpuMs > mostCpuMs || performance.now() > deadline) on.stop('timeout')
    else if (process.memoryUsage.rss() > PROCESS_BYTES) on.stop('memory')
  }
  const timer = setInterval(look, EVERY_MS)
  return () => clearInterval(timer)
}
