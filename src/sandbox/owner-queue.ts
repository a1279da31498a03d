/** Scripts that wait for a runner: owners take turns, and none may run or hoard more than its share. */
export interface OwnerQueue<T> {
  /** @returns false when this owner has too much waiting already */
  add(owner: string, entry: T, size: number): boolean
  /**
   * The next one to run, which then counts as running until `finished`.
   * @param may whether this owner may run one more, besides those it runs
   */
  next(may: (owner: OwnerLoad) => boolean): { owner: string; entry: T } | undefined
  finished(owner: string): void
  /** Takes back one that has not been started. */
  remove(owner: string, entry: T): boolean
  load(owner: string): OwnerLoad
  running(): number
  waiting(): number
  /** Whether one of these owners has something waiting. */
  someWait(which: (owner: string) => boolean): boolean
  /** Takes out all that wait. */
  clear(): T[]
}

export interface OwnerLoad {
  owner: string
  running: number
  waiting: number
}

export interface QueueLimits {
  waitingPerOwner: number
  waitingCharsPerOwner: number
}

interface Line<T> {
  entries: { entry: T; size: number }[]
  size: number
  running: number
}

export function createOwnerQueue<T>(limits: QueueLimits): OwnerQueue<T> {
  // in the order in which the owners have their turns
  const lines = new Map<string, Line<T>>()
  let running = 0
  let waiting = 0

  const loadOf = (owner: string, line: Line<T> | undefined): OwnerLoad => ({
    owner,
    running: line?.running ?? 0,
    waiting: line?.entries.length ?? 0,
  })

  function forgetIdle(owner: string, line: Line<T>): void {
    if (line.running === 0 && line.entries.length === 0) lines.delete(owner)
  }

  return {
    add(owner, entry, size) {
      const line = lines.get(owner) ?? { entries: [], size: 0, running: 0 }
      const isFull =
        line.entries.length >= limits.waitingPerOwner ||
        (line.entries.length > 0 && line.size + size > limits.waitingCharsPerOwner)
      if (isFull) return false
      lines.set(owner, line)
      line.entries.push({ entry, size })
      line.size += size
      waiting++
      return true
    },
    next(may) {
      for (const [owner, line] of lines) {
        if (line.entries.length === 0 || !may(loadOf(owner, line))) continue
        const { entry, size } = line.entries.shift()!
        line.size -= size
        line.running++
        running++
        waiting--
        lines.delete(owner)
        lines.set(owner, line)
        return { owner, entry }
      }
      return undefined
    },
    finished(owner) {
      const line = lines.get(owner)
      if (!line) return
      line.running--
      running--
      forgetIdle(owner, line)
    },
    remove(owner, entry) {
      const line = lines.get(owner)
      const at = line?.entries.findIndex((waitingOne) => waitingOne.entry === entry) ?? -1
      if (!line || at < 0) return false
      line.size -= line.entries.splice(at, 1)[0]?.size ?? 0
      waiting--
      forgetIdle(owner, line)
      return true
    },
    load: (owner) => loadOf(owner, lines.get(owner)),
    running: () => running,
    waiting: () => waiting,
    someWait(which) {
      for (const [owner, line] of lines) if (line.entries.length > 0 && which(owner)) return true
      return false
    },
    clear() {
      const all: T[] = []
      for (const [owner, line] of lines) {
        all.push(...line.entries.splice(0).map(({ entry }) => entry))
        line.size = 0
        forgetIdle(owner, line)
      }
      waiting = 0
      return all
    },
  }
}
