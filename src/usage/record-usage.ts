import { createDelivery, type DeliveryOptions } from './deliver-usage.ts'
import { toRecord, type UsageFact } from './usage-record.ts'
import type { UsageRecord } from './usage-table.ts'

/**
 * The usage log. This room takes notes of calls that are over and answers questions about them; it knows no other room:
 * doors report calls, and say whose records a caller may see. Start reading here; questions start at `list-usage.ts`.
 *
 * A call never waits for its record. Records wait in memory for a quarter of a second, then `deliver-usage.ts` takes them to
 * the database or, when that does not answer within half a second, to a file: a crash loses those of less than a second.
 * Beyond what memory and file hold, records are dropped.
 */
export interface UsageRecorder {
  /** Notes a call. Cheap, never waits, never throws. */
  record(fact: UsageFact): void
  /** A record that is not in the database yet. @param id its request id */
  find(id: string): UsageRecord | undefined
  stats(): { waiting: number; spillBytes: number }
  /** Stores what waits, or leaves it in the file. */
  close(): Promise<void>
}

const LIMITS = {
  flushMs: 250,
  /** what is one statement; making its text is the only work that other calls have to wait for */
  batch: 250,
  waiting: 20_000,
  waitingChars: 16 * 1024 * 1024,
}

export type RecorderOptions = DeliveryOptions & { limits?: Partial<typeof LIMITS> }

interface Note {
  fact: UsageFact
  /** of `performance.now()` */
  at: number
}

export function createUsageRecorder(options: RecorderOptions): UsageRecorder {
  const limits = { ...LIMITS, ...options.limits }
  const delivery = createDelivery(options)
  let waiting: Note[] = []
  let waitingChars = 0
  let onTheWay: readonly Note[] = []
  let timer: NodeJS.Timeout | undefined
  let draining: Promise<void> | undefined
  let isClosed = false

  return {
    record(fact) {
      if (isClosed || waiting.length >= limits.waiting || waitingChars >= limits.waitingChars) return delivery.drop(1)
      waiting.push({ fact, at: performance.now() })
      waitingChars += charsOf(fact)
      if (waiting.length === limits.batch) setImmediate(drain)
      timer ??= setTimeout(onTime, limits.flushMs).unref()
    },
    find(id) {
      const isMeant = ({ fact }: Note) => fact.requestId === id
      const note = waiting.findLast(isMeant) ?? onTheWay.findLast(isMeant)
      return note && toRecord(note.fact)
    },
    stats: () => ({ waiting: waiting.length + onTheWay.length, spillBytes: options.spill.sizeBytes() }),
    async close() {
      isClosed = true
      while (waiting.length + onTheWay.length > 0) await drain()
      clearTimeout(timer)
      await delivery.close()
    },
  }

  function onTime(): void {
    timer = undefined
    void drain()
  }

  function drain(): Promise<void> {
    draining ??= drainAll().finally(() => {
      draining = undefined
    })
    return draining
  }

  async function drainAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, limits.batch)
      waiting = waiting.slice(limits.batch)
      for (const { fact } of batch) waitingChars -= charsOf(fact)
      onTheWay = batch
      const oldestMs = performance.now() - (batch[0]?.at ?? 0)
      await delivery.deliver(linesOf(batch), oldestMs - limits.flushMs)
      onTheWay = []
    }
  }

  function linesOf(batch: readonly Note[]): string[] {
    return batch.flatMap(({ fact }) => {
      try {
        return [JSON.stringify(toRecord(fact))]
      } catch (error) {
        options.log.error({ err: error, requestId: fact.requestId }, 'a call could not be written down')
        delivery.drop(1)
        return []
      }
    })
  }
}

/** What a fact keeps in memory beyond the few hundred bytes that each has. */
function charsOf({ url, message, providerMessage }: UsageFact): number {
  return 500 + url.length + (message?.length ?? 0) + (providerMessage?.length ?? 0)
}
