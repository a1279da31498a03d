import { ValenceError } from '../../errors.ts'

/** Work of which there is never more at once than the machine can do beside everything else. */
export interface Turns {
  /** @throws ValenceError UNAVAILABLE (503) with `Retry-After` when it was nobody's turn for too long, or too many wait */
  run<T>(work: () => Promise<T>): Promise<T>
}

interface Waiter {
  start(): void
}

/** @param what completes "Too many … at once" */
export function createTurns(
  what: string,
  { atOnce, waiting: mayWait, waitMs }: { atOnce: number; waiting: number; waitMs: number },
): Turns {
  let free = atOnce
  const waiting = new Set<Waiter>()

  return {
    async run(work) {
      if (free > 0) free -= 1
      else await turn()
      try {
        return await work()
      } finally {
        const [next] = waiting
        if (next)
          next.start() // its turn passes on
        else free += 1
      }
    },
  }

  function turn(): Promise<void> {
    if (waiting.size >= mayWait) throw tooMany(what)
    return new Promise((resolve, reject) => {
      const waiter = {
        start() {
          leave()
          resolve()
        },
      }
      const timer = setTimeout(() => {
        leave()
        reject(tooMany(what))
      }, waitMs)
      const leave = () => {
        clearTimeout(timer)
        waiting.delete(waiter)
      }
      waiting.add(waiter)
    })
  }
}

function tooMany(what: string): ValenceError {
  return new ValenceError('UNAVAILABLE', `Too many ${what} at once; try again in a second`, {
    headers: { 'retry-after': '1' },
  })
}
