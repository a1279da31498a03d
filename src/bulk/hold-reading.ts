import type { BulkJob } from './bulk-table.ts'
import type { BulkContext } from './context.ts'

/** What reading a file takes. */
export type ReadingContext = Pick<BulkContext, 'store' | 'files' | 'reading' | 'now' | 'limits'>

/** Of all files that this process reads for somebody at a time; the others wait, but not for ever. */
export const READING_SLOTS = { what: 'Reading a file', count: 64, perKey: 4, waitMs: 30_000, maxWaiting: 500 }

/**
 * Waits until it is the account's turn to read a file.
 * @returns what gives the turn to somebody else
 * @throws ValenceError UNAVAILABLE
 */
export function holdReading(
  { reading }: Pick<BulkContext, 'reading'>,
  { account_id }: Pick<BulkJob, 'account_id'>,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const isRead = () => new Promise<void>((release) => resolve(release))
    reading.run(isRead, [`account ${account_id}`]).catch(reject)
  })
}
