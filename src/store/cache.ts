import type { Changes } from './changes.ts'

/** Values read from rows, kept until a change says otherwise. */
export interface Cache<V extends object> {
  /** The kept value, for paths that must not wait; undefined when there is none or this process cannot hear changes. */
  peek(key: string): V | undefined
  /**
   * The kept value at once, otherwise what `load` finds. Concurrent calls for one key share one load. `undefined` (no such row) and failures
   * are not kept.
   */
  get(key: string, load: () => Promise<V | undefined>): V | Promise<V | undefined>
  /** Drops the values that this says are out of date, for reasons no change of a row announces. */
  forget(isOutdated: (value: V) => boolean): void
  clear(): void
}

/**
 * A bounded cache (least recently used goes first) that is never older than the last change heard.
 *
 * @param topics the changes that may concern it
 * @param affects whether a change makes this value out of date
 * @param max number of values kept
 * @param sizeOf how large a value is, where they differ much
 * @param maxSize of all values together; the last one stays, however large
 */
export function createCache<V extends object>({
  changes,
  topics,
  max,
  affects,
  sizeOf = () => 0,
  maxSize = 0,
}: {
  changes: Pick<Changes, 'on' | 'onReset' | 'isListening'>
  topics: readonly string[]
  max: number
  affects: (value: V, topic: string, key: string) => boolean
  sizeOf?: (value: V) => number
  maxSize?: number
}): Cache<V> {
  const kept = new Map<string, V>()
  const sizes = new Map<string, number>()
  let total = 0
  const loading = new Map<string, Promise<V | undefined>>()
  /** Raised by every change: a load that began under an older generation may have read the row before the change. */
  let generation = 0

  const forgetLoads = () => {
    generation += 1
    loading.clear() // who asks from now on must not share a load that began before the change
  }
  const forget = (isOutdated: (value: V) => boolean) => {
    forgetLoads()
    for (const [key, value] of kept) if (isOutdated(value)) drop(key)
  }
  const clear = () => {
    forgetLoads()
    kept.clear()
    sizes.clear()
    total = 0
  }

  for (const topic of topics) {
    changes.on(topic, (changeKey) => forget((value) => affects(value, topic, changeKey)))
  }
  changes.onReset(clear)

  const peek = (key: string): V | undefined => {
    if (!changes.isListening()) return undefined
    const value = kept.get(key)
    if (value === undefined) return undefined
    kept.delete(key)
    kept.set(key, value) // the youngest again: a Map iterates in order of insertion
    return value
  }

  return {
    peek,
    clear,
    forget,
    get(key, load) {
      if (!changes.isListening()) return load()
      return peek(key) ?? loading.get(key) ?? startLoad(key, load)
    },
  }

  function startLoad(key: string, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const began = generation
    const pending = load()
      .then((value) => {
        if (value !== undefined && began === generation && changes.isListening()) keep(key, value)
        return value
      })
      .finally(() => {
        if (loading.get(key) === pending) loading.delete(key)
      })
    loading.set(key, pending)
    return pending
  }

  function keep(key: string, value: V): void {
    drop(key)
    const size = sizeOf(value)
    kept.set(key, value)
    sizes.set(key, size)
    total += size
    for (const oldest of kept.keys()) {
      if ((kept.size <= max && total <= maxSize) || oldest === key) return
      drop(oldest)
    }
  }

  function drop(key: string): void {
    kept.delete(key)
    total -= sizes.get(key) ?? 0
    sizes.delete(key)
  }
}
