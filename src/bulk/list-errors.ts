import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import { bulkDb } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { jobOf } from './find-job.ts'
import { openRowError, type RowError } from './row-error.ts'

/** The columns of the record and what became of it: `{"name":"Ann","status":"400: email is required"}`. */
export type ErrorBody = Readonly<Record<string, unknown>>

export interface ErrorsPage {
  items: ErrorBody[]
  /** number of the row to go on after */
  next: number | undefined
}

/** Read at a time; and after so many bytes of records, sealed as they are, a page is long enough. */
const PIECE = 100
const PAGE_BYTES = 4 * 1024 * 1024

/**
 * `GET /bulk/{id}/errors`, in order of the file. A page of large records is shorter than asked for. Whoever asks holds a
 * turn to read (`hold-reading.ts`) until the page is sent.
 * @throws ValenceError NOT_FOUND of the job
 */
export async function listErrors(
  context: Pick<BulkContext, 'store'>,
  caller: Caller,
  instance: Instance,
  id: number,
  { pageSize, after }: { pageSize: number; after: number | undefined },
): Promise<ErrorsPage> {
  const job = await jobOf(context, caller, instance, id)
  const items: ErrorBody[] = []
  let bytes = 0
  for (let last = after ?? 0; ; ) {
    // one more says whether there is a next page
    const limit = Math.min(PIECE, pageSize - items.length + 1)
    const rows = await bulkDb(context.store)
      .selectFrom('bulk_errors')
      .selectAll()
      .where('job_id', '=', job.id)
      .where('row_number', '>', last)
      .orderBy('row_number')
      .limit(limit)
      .execute()
    for (const row of rows) {
      if (items.length === pageSize || bytes >= PAGE_BYTES) return { items, next: last }
      items.push(bodyOf(openRowError(context.store.cipher, row)))
      bytes += row.content.length
      last = row.row_number
    }
    if (rows.length < limit) return { items, next: undefined }
  }
}

/** Nobody knows of an uncertain row whether it was written: the text begins with that word, so that no program takes it for a refusal. */
function bodyOf({ kind, row, status }: RowError): ErrorBody {
  const isSaid = kind !== 'uncertain' || status.startsWith('uncertain')
  return { ...row, status: isSaid ? status : `uncertain: ${status}` }
}
