/** What a script still waits for. */
export interface Pending {
  /** @param delayMs −1 stops it */
  timer(id: number, delayMs: number): void
  call(id: number): void
  /** @returns whether somebody waits for it */
  answered(id: number): boolean
  isEmpty(): boolean
  clear(): void
}

/** @param onTimer called when the time of a timer has come */
export function createPending(onTimer: (id: number) => void): Pending {
  const timers = new Map<number, NodeJS.Timeout>()
  const calls = new Set<number>()

  return {
    timer(id, delayMs) {
      clearTimeout(timers.get(id))
      timers.delete(id)
      if (delayMs < 0) return
      const ring = () => {
        timers.delete(id)
        onTimer(id)
      }
      timers.set(id, setTimeout(ring, delayMs))
    },
    call: (id) => void calls.add(id),
    answered: (id) => calls.delete(id),
    isEmpty: () => timers.size === 0 && calls.size === 0,
    clear() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      calls.clear()
    },
  }
}
