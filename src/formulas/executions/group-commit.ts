import { isAboutValues } from '../../store/insert-in-parts.ts'

interface Waiting<Item, Result> {
  item: Item
  bytes: number
  resolve(result: Result): void
  reject(error: unknown): void
}

const MOST_ITEMS = 128
const MOST_BYTES = 16 * 1024 * 1024

/**
 * While one transaction is under way, what arrives meanwhile collects and goes with the next one: the busier the database, the more go together by
 * themselves, and nobody waits when nothing is under way. An item whose values the database does not take is found by halving and fails alone.
 *
 * @param commit one transaction; its results are in the order of its items
 */
export function createGroupCommit<Item, Result>(
  commit: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item, bytes?: number) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  let isRunning = false
  return (item, bytes = 0) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, bytes, resolve, reject })
      if (isRunning) return
      isRunning = true
      setImmediate(() => void run())
    })

  async function run(): Promise<void> {
    while (waiting.length > 0) await settle(waiting.splice(0, sizeOfBatch(waiting)))
    isRunning = false
  }

  async function settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(batch.map(({ item }) => item))
      for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result)
    } catch (error) {
      if (batch.length > 1 && isAboutValues(error)) {
        const middle = batch.length >> 1
        await settle(batch.slice(0, middle))
        await settle(batch.slice(middle))
      } else for (const { reject } of batch) reject(error)
    }
  }
}

function sizeOfBatch(waiting: readonly { bytes: number }[]): number {
  let size = 0
  for (let bytes = 0; size < waiting.length && size < MOST_ITEMS; size++) {
    bytes += waiting[size]?.bytes ?? 0
    if (size > 0 && bytes > MOST_BYTES) break
  }
  return size
}
