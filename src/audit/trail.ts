import type { Store } from '../store/database.ts'
import { insertInParts } from '../store/insert-in-parts.ts'
import type { Log } from '../store/tables.ts'
import type { AuditTable } from './audit-table.ts'
import { insertRecords } from './insert-records.ts'

/**
 * Records that no transaction carries: calls that were refused, failed, or changed nothing. They are written in batches, soon
 * after the call is answered, and never make one fail or wait.
 */
export interface Trail {
  note(record: Omit<AuditTable, 'id'>): void
  /** Resolves when what was noted before is written, or could not be. */
  flush(): Promise<void>
  /** The last flush; whatever is noted afterwards is lost. */
  close(): Promise<void>
}

const FLUSH_AFTER_MS = 1_000
const BATCH = 200
/** records waiting for a database that does not take them */
const MAX_WAITING = 5_000

export function createTrail({ db }: Pick<Store, 'db'>, log: Log): Trail {
  let waiting: Omit<AuditTable, 'id'>[] = []
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  function note(record: Omit<AuditTable, 'id'>): void {
    if (waiting.length >= MAX_WAITING) {
      lost++
      return
    }
    waiting.push(record)
    // exactly: when more wait, the database takes none, and the timer tries again
    if (waiting.length === BATCH) void flush()
    else timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS).unref()
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(write)
    return writing
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH)
      try {
        const { refused } = await insertInParts(batch, (some) => insertRecords(db, some))
        if (refused > 0) log.error({ lost: refused }, 'records of the audit log are not what the table takes')
      } catch (error) {
        log.warn({ err: error, waiting: waiting.length }, 'records of the audit log could not be written yet')
        timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS).unref()
        return
      }
      waiting = waiting.slice(batch.length)
    }
    if (lost > 0) log.error({ lost }, 'records of the audit log were lost: the database took none for too long')
    lost = 0
  }

  return {
    note,
    flush,
    async close() {
      await flush()
      clearTimeout(timer)
      lost += waiting.length
      if (lost > 0) log.error({ lost }, 'records of the audit log were lost at the end')
    },
  }
}
