import { ValenceError } from '../errors.ts'

/** At most `count` at a time, for one key at most `perKey`; the others wait in order, but not for ever. */
export interface Slots {
  /**
   * @param keys who shares the limits `perKey`: here the account, so that no tenant takes the slots of the others, and
   *   the element, so that no vendor does
   * @throws ValenceError UNAVAILABLE when no slot became free in time
   */
  run<T>(work: () => Promise<T>, keys: readonly string[]): Promise<T>
  stats(): { max: number; total: number; idle: number; waiting: number }
}

export interface SlotLimits {
  count: number
  /** so that one vendor that does not answer leaves room for the others */
  perKey: number
  waitMs: number
}

interface Waiter {
  keys: readonly string[]
  start(): void
}

export function createSlots({ count, perKey, waitMs }: SlotLimits): Slots {
  let free = count
  const busy = new Map<string, number>()
  const waiting: Waiter[] = []

  const isFree = (keys: readonly string[]) => free > 0 && keys.every((key) => (busy.get(key) ?? 0) < perKey)
  const take = (keys: readonly string[]) => {
    free--
    for (const key of keys) busy.set(key, (busy.get(key) ?? 0) + 1)
  }
  const giveBack = (keys: readonly string[]) => {
    free++
    for (const key of keys) {
      const left = (busy.get(key) ?? 1) - 1
      if (left > 0) busy.set(key, left)
      else busy.delete(key)
    }
  }
  const startNext = () => {
    const at = waiting.findIndex(({ keys }) => isFree(keys))
    const [next] = at < 0 ? [] : waiting.splice(at, 1)
    if (!next) return
    take(next.keys)
    next.start()
  }
  const wait = (keys: readonly string[]) =>
    new Promise<void>((resolve, reject) => {
      const waiter = {
        keys,
        start() {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(waiter), 1)
        reject(tooBusy(keys, waitMs, waiting.length))
      }, waitMs)
      waiting.push(waiter)
    })

  return {
    async run(work, keys) {
      if (isFree(keys)) take(keys)
      else await wait(keys)
      try {
        return await work()
      } finally {
        giveBack(keys)
        startNext()
      }
    },
    stats: () => ({ max: count, total: count - free, idle: free, waiting: waiting.length }),
  }
}

function tooBusy(keys: readonly string[], waitMs: number, others: number): ValenceError {
  return new ValenceError(
    'UNAVAILABLE',
    `Credentials (${keys.join(', ')}) could not be changed within ${waitMs / 1000} s: its token endpoint is slow and ${others} more changes wait; try again later`,
  )
}
