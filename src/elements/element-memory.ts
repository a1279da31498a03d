/** Values that never change under their key, kept up to a total size; the least recently used goes first. */
export interface Memory<V> {
  get(key: string, load: () => Promise<{ value: V; sizeBytes: number } | undefined>): V | Promise<V | undefined>
}

/** @param onForgotten told of each value that had to go */
export function createMemory<V>({
  maxBytes,
  onForgotten,
}: {
  maxBytes: number
  onForgotten: (value: V) => void
}): Memory<V> {
  const kept = new Map<string, { value: V; sizeBytes: number }>()
  const loading = new Map<string, Promise<V | undefined>>()
  let total = 0

  const keep = (key: string, entry: { value: V; sizeBytes: number }) => {
    kept.set(key, entry)
    total += entry.sizeBytes
    for (const [oldest, { value, sizeBytes }] of kept) {
      if (total <= maxBytes || oldest === key) return
      kept.delete(oldest)
      total -= sizeBytes
      onForgotten(value)
    }
  }

  return {
    get(key, load) {
      const known = kept.get(key)
      if (known) {
        kept.delete(key)
        kept.set(key, known) // the youngest again: a Map iterates in order of insertion
        return known.value
      }
      const running = loading.get(key)
      if (running) return running
      const pending = load()
        .then((entry) => {
          if (entry) keep(key, entry)
          return entry?.value
        })
        .finally(() => loading.delete(key))
      loading.set(key, pending)
      return pending
    },
  }
}
