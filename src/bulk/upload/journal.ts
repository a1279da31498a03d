import { type BulkErrorTable, inBulk, type UploadPace, type UploadPosition } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { advance, finish, type HeldUpload, type JobChanges } from '../held-job.ts'
import { sealRowError } from '../row-error.ts'
import { flatten } from '../rows/nested.ts'
import type { TurnOutcome } from '../turn.ts'
import type { FailedRow, Settled, Window } from './settle-window.ts'

type World = Pick<BulkContext, 'store' | 'jobs' | 'now'>

export interface WindowFacts {
  pace?: UploadPace
  header?: readonly string[] | undefined
  /** what there is to say; null: nothing */
  message?: string | null
  /** the window that is sent next */
  next?: Window | undefined
}

/** Rows of the window may be sent once this is in the database. @throws JobLost */
export async function beginWindow(
  { store, now }: World,
  job: HeldUpload,
  window: Window,
  facts: WindowFacts,
): Promise<void> {
  const position = withFacts(job.position, { ...facts, next: window })
  await store.changes.transaction((trx) => advance(inBulk(trx), job, { position }, now()))
}

/** What a window came to, and the beginning of the next one. @throws JobLost */
export async function settle(
  { store, now }: World,
  job: HeldUpload,
  settled: Settled,
  facts: WindowFacts,
): Promise<void> {
  const rows = settled.failed.map((failed) => sealRowError(store.cipher, job.id, rowError(job, failed)))
  const position = withFacts(settled.position, facts)
  const changes = {
    ...countsAfter(job, settled),
    ...{ position, stored_bytes: job.stored_bytes + lengthOf(rows) },
    ...(facts.message === undefined ? {} : { message: facts.message }),
  }
  await store.changes.transaction(async (trx) => {
    const db = inBulk(trx)
    // first: who has lost the job adds no rows to it
    await advance(db, job, changes, now())
    if (rows.length > 0) await db.insertInto('bulk_errors').values(rows).execute()
  })
}

/** Failed rows take from the account's share as its files do. */
export function lengthOf(rows: readonly Pick<BulkErrorTable, 'content'>[]): number {
  return rows.reduce((sum, { content }) => sum + content.length, 0)
}

/** Everything that was begun is settled; the rest of a cancelled job is not sent. @throws JobLost */
export async function endJob(
  context: World,
  job: HeldUpload,
  status: 'COMPLETED' | 'CANCELLED',
  changes: JobChanges = {},
): Promise<TurnOutcome> {
  const position: UploadPosition = { ...job.position, begun: job.position.row ?? 0 }
  const total = status === 'COMPLETED' ? { records_total: job.records_count } : {}
  await context.store.changes.transaction((trx, publish) =>
    finish(context, inBulk(trx), publish, job, { status, position, ...total, ...changes }),
  )
  return { state: 'ended' }
}

function withFacts(position: UploadPosition, { pace, header, next }: WindowFacts): UploadPosition {
  const last = next?.rows.at(-1)
  return {
    ...position,
    ...(pace ? { pace } : {}),
    ...(header ? { header } : {}),
    ...(last ? { begun: last.number + 1 } : {}),
  }
}

function countsAfter(job: HeldUpload, { count, failed }: Settled): JobChanges {
  const uncertain = failed.filter(({ kind }) => kind === 'uncertain').length
  return {
    records_count: job.records_count + count,
    records_failed_count: job.records_failed_count + failed.length,
    records_uncertain_count: job.records_uncertain_count + uncertain,
  }
}

/** The columns of a table as they were; records of JSON as they were. */
function rowError({ request }: HeldUpload, { row, kind, status }: FailedRow) {
  const record = request.format === 'csv' ? Object.fromEntries(flatten(row.record)) : row.record
  return { number: row.number + 1, kind, row: record, status }
}
