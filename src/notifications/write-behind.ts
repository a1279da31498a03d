/**
 * Writes results while the next ones are being made: one write at a time, each of all that came meanwhile. So a write costs what it costs
 * once for many, and nobody waits for it but who asks for more than may be waiting.
 */
export interface WriteBehind<T> {
  /** @throws what a write threw; nothing is written after it */
  add(item: T, bytes: number): Promise<void>
  /** Until everything is written. @throws the same */
  written(): Promise<void>
}

const MOST_ITEMS = 50
const MOST_BYTES = 1024 * 1024

export function createWriteBehind<T>(write: (items: readonly T[]) => Promise<void>): WriteBehind<T> {
  let waiting: T[] = []
  let waitingBytes = 0
  let writing: Promise<void> | undefined
  let failure: { error: unknown } | undefined

  const begin = () => {
    writing ??= writeAll()
      .catch((error: unknown) => {
        failure = { error }
      })
      .finally(() => {
        writing = undefined
      })
    return writing
  }
  const written = async () => {
    while (!failure && waiting.length > 0) await begin()
    await writing
    if (failure) throw failure.error
  }
  return {
    async add(item, bytes) {
      if (failure) throw failure.error
      waiting.push(item)
      waitingBytes += bytes
      void begin()
      if (waiting.length >= MOST_ITEMS || waitingBytes > MOST_BYTES) await written()
    },
    written,
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const items = waiting
      waiting = []
      waitingBytes = 0
      await write(items)
    }
  }
}
