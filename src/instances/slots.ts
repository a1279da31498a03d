/** At most `count` at a time, of one key at most `perKey`; the others wait in order. */
export interface Slots {
  /** @param key who shares the limit `perKey`; without one only `count` counts */
  run<T>(work: () => Promise<T>, key?: string): Promise<T>
}

interface Waiter {
  key: string | undefined
  start(): void
}

/** @param perKey so that one vendor that does not answer leaves room for the others */
export function createSlots(count: number, perKey = count): Slots {
  let free = count
  const busy = new Map<string, number>()
  const waiting: Waiter[] = []

  const isFree = (key: string | undefined) => free > 0 && (key === undefined || (busy.get(key) ?? 0) < perKey)
  const take = (key: string | undefined) => {
    free--
    if (key !== undefined) busy.set(key, (busy.get(key) ?? 0) + 1)
  }
  const giveBack = (key: string | undefined) => {
    free++
    if (key === undefined) return
    const left = (busy.get(key) ?? 1) - 1
    if (left > 0) busy.set(key, left)
    else busy.delete(key)
  }
  const startNext = () => {
    const at = waiting.findIndex(({ key }) => isFree(key))
    const [next] = at < 0 ? [] : waiting.splice(at, 1)
    if (!next) return
    take(next.key)
    next.start()
  }

  return {
    async run<T>(work: () => Promise<T>, key?: string): Promise<T> {
      if (isFree(key)) take(key)
      else await new Promise<void>((start) => waiting.push({ key, start }))
      try {
        return await work()
      } finally {
        giveBack(key)
        startNext()
      }
    },
  }
}
