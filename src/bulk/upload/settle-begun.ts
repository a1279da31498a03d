import { ValenceError } from '../../errors.ts'
import type { UploadPosition } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import type { HeldUpload } from '../held-job.ts'
import type { TurnOutcome } from '../turn.ts'
import { endJob, settle } from './journal.ts'
import { openRows } from './open-rows.ts'
import { settleInterrupted } from './settle-window.ts'

type World = Pick<BulkContext, 'store' | 'jobs' | 'now' | 'files'>

/**
 * Rows that were begun and not settled when a process died are uncertain. Nothing happens where there are none.
 * @throws ValenceError UNAVAILABLE, INTERNAL when they cannot be read; JobLost
 */
export async function settleBegun(context: World, job: HeldUpload): Promise<void> {
  const { row = 0, begun = 0 } = job.position
  if (begun <= row) return
  const rows = openRows(context, job)
  try {
    const window = await rows.takeBefore(begun)
    await settle(context, job, settleInterrupted(job.position, window.rows), { header: rows.header() })
  } finally {
    await rows.close()
  }
}

/** Somebody waits for the end: it does not wait for a file that cannot be read, whose rows are counted and not listed. @throws JobLost */
export async function endCancelled(context: World, job: HeldUpload): Promise<TurnOutcome> {
  try {
    await settleBegun(context, job)
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    const count = countBegun(job.position)
    return endJob(context, job, 'CANCELLED', {
      records_count: job.records_count + count,
      records_failed_count: job.records_failed_count + count,
      records_uncertain_count: job.records_uncertain_count + count,
      message: `${sayBegun(job.position)}; they are not among the errors, because the file could not be read (${error.message})`,
    })
  }
  return endJob(context, job, 'CANCELLED')
}

/** Rows that may have been written. */
export function countBegun({ row = 0, begun = row, done = [] }: UploadPosition): number {
  return begun - row - done.filter((number) => number < begun).length
}

/** `rows 17 to 32 of its file may have been written or not`; empty where there are none */
export function sayBegun({ row = 0, begun = row }: UploadPosition): string {
  return begun > row ? `rows ${row + 1} to ${begun} of its file may have been written or not` : ''
}
