import { createSlots } from '../instances/slots.ts'
import type { BulkContext, ReadingOwner, ReadingTurns } from './context.ts'

/** What reading a file takes. */
export type ReadingContext = Pick<BulkContext, 'store' | 'files' | 'reading' | 'now' | 'limits'>

const WAITING = { what: 'Reading a file', maxWaiting: 500 }

/**
 * What this process reads for somebody at a time: 4 for an account, 16 for an organization however many accounts it has, 64 in all; the others
 * wait, but not for ever.
 */
export function createReadingTurns({ waitMs = 30_000 }: { waitMs?: number } = {}): ReadingTurns {
  const ofAccounts = createSlots({ ...WAITING, count: Number.POSITIVE_INFINITY, perKey: 4, waitMs })
  const inAll = createSlots({ ...WAITING, count: 64, perKey: 16, waitMs })
  return {
    run: (work, { account_id, organization_id }) =>
      ofAccounts.run(() => inAll.run(work, [`organization ${organization_id}`]), [`account ${account_id}`]),
  }
}

/**
 * Waits until it is the account's turn to read.
 * @returns what gives the turn to somebody else; to be called once what was read is sent, since it is in memory until then
 * @throws ValenceError UNAVAILABLE
 */
export function holdReading({ reading }: Pick<BulkContext, 'reading'>, owner: ReadingOwner): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const isRead = () => new Promise<void>((release) => resolve(release))
    reading.run(isRead, owner).catch(reject)
  })
}
