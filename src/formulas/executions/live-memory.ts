import type { LiveExecution } from './state.ts'
import type { HeldExecution } from './take.ts'

/** JSON of all states that are kept between turns; in memory they are some times as large */
const MOST_BYTES = 96 * 1024 * 1024

/** What this process remembers of executions that it let go of, the least recent first. */
export interface LiveMemory {
  /** @returns undefined when another process was at it since */
  take(held: HeldExecution): LiveExecution | undefined
  keep(held: HeldExecution, live: LiveExecution): void
}

export function createLiveMemory(): LiveMemory {
  const kept = new Map<number, { version: number; live: LiveExecution; bytes: number }>()
  let bytes = 0
  const forget = (id: number) => {
    bytes -= kept.get(id)?.bytes ?? 0
    kept.delete(id)
  }
  return {
    take({ id, previousVersion, wasInterrupted }) {
      const found = kept.get(id)
      forget(id)
      return found?.version === previousVersion && !wasInterrupted ? found.live : undefined
    },
    keep({ id, version }, live) {
      forget(id)
      const entry = { version, live, bytes: live.state.bytes + 1_000 }
      kept.set(id, entry)
      bytes += entry.bytes
      for (const oldest of kept.keys()) {
        if (bytes <= MOST_BYTES) break
        forget(oldest)
      }
    },
  }
}
