import { ValenceError } from '../errors.ts'
import { isAboutValues } from '../store/insert-in-parts.ts'
import type { EventContext } from './event-context.ts'
import { type ReceivedEvent, storeEvents } from './store-events.ts'

/** What waits to be written, so that nobody who calls too fast fills the memory. */
export interface ReceiveLimits {
  /** of events in one transaction */
  batch: number
  batchBytes: number
  /** of events that wait, those in the transaction included */
  waiting: number
  waitingBytes: number
}

export interface Receiver {
  /**
   * Takes one event. It is on disk when the promise settles; events are written in the order in which they are handed in.
   *
   * @returns its id; undefined for a delivery that had come before
   * @throws ValenceError UNAVAILABLE (503) when too many wait already or the database cannot take it: whoever sends must send it again;
   * BODY_INVALID (400) when it is this event that cannot be stored
   */
  receive(event: ReceivedEvent): Promise<string | undefined>
  stats(): { waiting: number; bytes: number }
}

interface Waiting {
  event: ReceivedEvent
  bytes: number
  resolve(id: string | undefined): void
  reject(error: unknown): void
}

const LIMITS: ReceiveLimits = {
  batch: 64,
  batchBytes: 8 * 1024 * 1024,
  waiting: 4_000,
  waitingBytes: 128 * 1024 * 1024,
}
const RETRY_AFTER = { 'retry-after': '5' }
/** of a row beside its body */
const ROW_BYTES = 1_024

/**
 * Group commit: while one transaction is under way, what arrives meanwhile collects and goes with the next one. One transaction at a time
 * keeps the order of receipt, and costs less than many small ones: the time is spent waiting for the disk. When nothing is under way an
 * event waits for no others but those that arrived with it: the busier the database, the more go together by themselves.
 *
 * @param onCommitted of each transaction, for metrics
 */
export function createReceiver(
  context: Pick<EventContext, 'store' | 'jobs' | 'now'>,
  {
    limits = LIMITS,
    onCommitted = () => undefined,
  }: { limits?: ReceiveLimits; onCommitted?(events: number): void } = {},
): Receiver {
  const waiting: Waiting[] = []
  let held = 0
  let heldBytes = 0
  let isRunning = false

  return {
    async receive(event) {
      const bytes = ROW_BYTES + event.body.length
      if (held >= limits.waiting || (held > 0 && heldBytes + bytes > limits.waitingBytes)) throw tooMany(held)
      held += 1
      heldBytes += bytes
      try {
        return await new Promise<string | undefined>((resolve, reject) => {
          waiting.push({ event, bytes, resolve, reject })
          if (!isRunning) {
            isRunning = true
            setImmediate(() => void run())
          }
        })
      } finally {
        held -= 1
        heldBytes -= bytes
      }
    },
    stats: () => ({ waiting: held, bytes: heldBytes }),
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) await settle(waiting.splice(0, sizeOfBatch(waiting, limits)))
    isRunning = false
  }

  /** An event that the database does not take must not take others with it: the batch is halved until it is alone. */
  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const events = batch.map(({ event }) => event)
      const ids = await context.store.changes.transaction((trx, publish) => storeEvents(context, trx, publish, events))
      onCommitted(batch.length)
      for (const [at, { resolve }] of batch.entries()) resolve(ids[at])
    } catch (error) {
      if (batch.length > 1 && isAboutValues(error)) {
        const middle = batch.length >> 1
        await settle(batch.slice(0, middle))
        await settle(batch.slice(middle))
      } else {
        const told = toldOf(error)
        for (const { reject } of batch) reject(told)
      }
    }
  }
}

function sizeOfBatch(waiting: readonly Waiting[], { batch, batchBytes }: ReceiveLimits): number {
  let size = 0
  for (let bytes = 0; size < waiting.length && size < batch; size++) {
    bytes += waiting[size]?.bytes ?? 0
    if (size > 0 && bytes > batchBytes) break
  }
  return size
}

function tooMany(waiting: number): ValenceError {
  return new ValenceError('UNAVAILABLE', `${waiting} events wait to be stored already; send this one again later`, {
    headers: RETRY_AFTER,
  })
}

/** Whatever keeps the database from writing (no disk, no connection, a lock) passes: only a bug of ours is told as one. */
function toldOf(error: unknown): unknown {
  if (isAboutValues(error))
    return new ValenceError('BODY_INVALID', 'The event holds what cannot be stored', { cause: error })
  const isOfDatabase =
    error instanceof ValenceError
      ? error.code === 'UNAVAILABLE'
      : /^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code))
  if (!isOfDatabase) return error
  const message = error instanceof ValenceError ? error.message : 'the event could not be stored; send it again later'
  return new ValenceError('UNAVAILABLE', message, { cause: error, headers: RETRY_AFTER })
}
