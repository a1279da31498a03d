import { setTimeout as wait } from 'node:timers/promises'
import type { Inserted } from '../store/insert-in-parts.ts'
import type { Spill } from './spill-file.ts'

/** Brings records to the database, or to the file where they wait until it answers again. */
export interface Delivery {
  /**
   * Never throws. When it ends the records are in the database, in the file, or counted as dropped.
   * @param lateMs how much longer than usual they have waited: after a while memory is no place for them
   */
  deliver(lines: readonly string[], lateMs: number): Promise<void>
  /** Counts records for which there is no room. */
  drop(records: number): void
  close(): Promise<void>
}

export type Outcome = 'stored' | 'spilled' | 'dropped'

export interface DeliveryOptions {
  /** `insertUsage` */
  insert(lines: readonly string[]): Promise<Inserted>
  spill: Spill
  /** how many records went which way; what is spilled is stored later */
  onOutcome(outcome: Outcome, records: number): void
  log: Log
  times?: Partial<typeof TIMES>
}

export interface Log {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

const TIMES = {
  /** a database that takes longer counts as stalled */
  stallMs: 500,
  retryMs: 1_000,
  /** files that a crash left are looked for this often */
  sweepMs: 2_000,
  /** between two log lines about dropped records */
  quietMs: 60_000,
}

export function createDelivery({ insert, spill, onOutcome, log, ...options }: DeliveryOptions): Delivery {
  const times = { ...TIMES, ...options.times }
  let isStalled = false
  let isClosed = false
  let replaying: Promise<void> | undefined
  const logDropped = createDropLog(log, times.quietMs)
  const sweeping = setInterval(replay, times.sweepMs).unref()
  void replay()

  return {
    async deliver(lines, lateMs) {
      if (lines.length === 0) return
      if (isStalled || lateMs > times.stallMs || !(await store(lines))) await keep(lines)
    },
    drop,
    async close() {
      isClosed = true
      clearInterval(sweeping)
      await Promise.race([replaying, wait(times.stallMs)])
    },
  }

  /** @returns false when the database did not answer in time; that it takes the records later does no harm */
  async function store(lines: readonly string[]): Promise<boolean> {
    const inserting = insert(lines).then(count)
    const limit = new AbortController()
    const late = wait(times.stallMs, 'late', { signal: limit.signal }).catch(() => undefined)
    try {
      if ((await Promise.race([inserting, late])) !== 'late') return true
      stall(new Error(`no answer within ${times.stallMs} ms`))
      // as soon as it is known what became of it
      inserting.catch(() => undefined).finally(replay)
    } catch (error) {
      stall(error)
      replayLater()
    } finally {
      limit.abort()
    }
    return false
  }

  function count({ stored, refused }: Inserted): void {
    if (stored > 0) onOutcome('stored', stored)
    if (refused === 0) return
    log.error({ records: refused }, 'the database refused usage records; they are lost')
    onOutcome('dropped', refused)
  }

  function stall(error: unknown): void {
    if (isStalled) return
    isStalled = true
    log.warn({ err: error }, 'the database does not take usage records; they wait in a file')
  }

  async function keep(lines: readonly string[]): Promise<void> {
    const kept = await spill.append(lines)
    if (kept > 0) onOutcome('spilled', kept)
    if (kept < lines.length) drop(lines.length - kept)
    if (!isStalled) replayLater()
  }

  function drop(records: number): void {
    onOutcome('dropped', records)
    logDropped(records)
  }

  function replayLater(): void {
    setTimeout(replay, times.retryMs).unref()
  }

  /** Brings back what waits in files; one at a time. The first batch that goes through ends the stall. */
  function replay(): Promise<void> {
    replaying ??= replayAll().finally(() => {
      replaying = undefined
    })
    return replaying
  }

  async function replayAll(): Promise<void> {
    let records = 0
    try {
      if (isClosed) return
      const { unreadable } = await spill.replay(async (lines) => {
        if (isClosed) throw new Closed()
        count(await insert(lines))
        records += lines.length
        isStalled = false
      })
      isStalled = false
      if (records + unreadable > 0) log.info({ records, unreadable }, 'usage records were read back from a file')
      // what came while the stall lasted until its first batch went through
      if (spill.sizeBytes() > 0) setImmediate(replay)
    } catch (error) {
      if (error instanceof Closed) return
      stall(error)
      replayLater()
    }
  }
}

/** The hub closes; what waits is for its next start. */
class Closed extends Error {}

/** At once, then not more often than every `quietMs`, with the number since. */
function createDropLog(log: Log, quietMs: number): (count: number) => void {
  let records = 0
  let nextAt = Number.NEGATIVE_INFINITY
  return (count) => {
    records += count
    if (performance.now() < nextAt) return
    nextAt = performance.now() + quietMs
    log.error({ records }, 'usage records were dropped: neither memory nor file had room for them')
    records = 0
  }
}
