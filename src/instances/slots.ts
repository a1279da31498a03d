import { ValenceError } from '../errors.ts'
import type { Slots } from '../model/slots.ts'

export interface SlotLimits {
  /** begins "… could not begin within" */
  what: string
  count: number
  /** so that one vendor that does not answer, or one tenant who asks much, leaves room for the others */
  perKey: number
  waitMs: number
  /** more than that are told at once */
  maxWaiting: number
}

interface Waiter {
  keys: readonly string[]
  start(): void
}

export function createSlots({ what, count, perKey, waitMs, maxWaiting }: SlotLimits): Slots {
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
        reject(tooBusy(what, keys, `within ${waitMs / 1000} s`, waiting.length))
      }, waitMs)
      waiting.push(waiter)
    })

  return {
    async run(work, keys) {
      if (isFree(keys)) take(keys)
      else if (waiting.length >= maxWaiting) throw tooBusy(what, keys, 'at all', waiting.length)
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

function tooBusy(what: string, keys: readonly string[], inTime: string, others: number): ValenceError {
  return new ValenceError(
    'UNAVAILABLE',
    `${what} (${keys.join(', ')}) could not begin ${inTime}: as much is under way as there may be, and ${others} more wait; try again later`,
    { headers: { 'retry-after': '1' } },
  )
}
