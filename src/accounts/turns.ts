import { ValenceError } from '../errors.ts'

/** Work of which there is never more at once than the machine can do beside everything else. */
export interface Turns {
  /**
   * @param whose who shares turns: those who wait take them one after the other, each of them with one piece of work
   * @throws ValenceError UNAVAILABLE (503) with `Retry-After` when it was nobody's turn for too long, or too many wait
   */
  run<T>(work: () => Promise<T>, whose?: string): Promise<T>
}

interface Waiter {
  start(): void
  refuse(): void
}

/**
 * @param what completes "Too many … at once"
 * @param limits.waiting of all together; whoever has the most of them waiting makes room for one who has less
 */
export function createTurns(
  what: string,
  { atOnce, waiting: mayWait, waitMs }: { atOnce: number; waiting: number; waitMs: number },
): Turns {
  let free = atOnce
  let waiting = 0
  /** by whose they are; the first ones have the next turn */
  const queues = new Map<string, Set<Waiter>>()

  return {
    async run(work, whose = '') {
      if (free > 0) free -= 1
      else await turn(whose)
      try {
        return await work()
      } finally {
        passOn()
      }
    },
  }

  function passOn(): void {
    const [next] = queues
    if (!next) {
      free += 1
      return
    }
    const [whose, queue] = next
    const [waiter] = queue
    queues.delete(whose)
    queues.set(whose, queue) // the last one now
    waiter?.start()
  }

  function turn(whose: string): Promise<void> {
    if (waiting >= mayWait) makeRoom(whose)
    return new Promise((resolve, reject) => {
      const queue = queues.get(whose) ?? new Set()
      queues.set(whose, queue)
      const waiter = {
        start() {
          leave()
          resolve()
        },
        refuse() {
          leave()
          reject(tooMany(what))
        },
      }
      const timer = setTimeout(waiter.refuse, waitMs)
      const leave = () => {
        clearTimeout(timer)
        queue.delete(waiter)
        waiting -= 1
        if (queue.size === 0) queues.delete(whose)
      }
      queue.add(waiter)
      waiting += 1
    })
  }

  /** @throws ValenceError when nobody has more waiting than this one would have */
  function makeRoom(whose: string): void {
    const longest = [...queues.values()].reduce((one, other) => (other.size > one.size ? other : one))
    if (longest.size <= (queues.get(whose)?.size ?? 0) + 1) throw tooMany(what)
    ;[...longest].at(-1)?.refuse()
  }
}

function tooMany(what: string): ValenceError {
  return new ValenceError('UNAVAILABLE', `Too many ${what} at once; try again in a second`, {
    headers: { 'retry-after': '1' },
  })
}
