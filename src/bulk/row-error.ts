import { contextOf, type Sealer } from '../store/cipher.ts'
import type { BulkErrorTable } from './bulk-table.ts'
import { parseExactly } from './rows/parse-exactly.ts'

/** A row that was not surely written. */
export interface RowError {
  /** from 1, in order of the file */
  number: number
  kind: BulkErrorTable['kind']
  /** the record as it was in the file */
  row: Readonly<Record<string, unknown>>
  /** such as `400: email is required` */
  status: string
}

/** It is a customer's record: the database keeps it sealed. */
export function sealRowError(cipher: Sealer, jobId: number, { number, kind, row, status }: RowError): BulkErrorTable {
  const content = cipher.seal(JSON.stringify({ row, status }), errorContext(jobId))
  return { job_id: jobId, row_number: number, kind, content }
}

export function openRowError(cipher: Sealer, { job_id, row_number, kind, content }: BulkErrorTable): RowError {
  const opened = parseExactly(cipher.open(content, errorContext(job_id)))
  const { row, status } = opened as Pick<RowError, 'row' | 'status'>
  return { number: row_number, kind, row, status }
}

function errorContext(jobId: number): string {
  return contextOf('bulk_errors', 'content', jobId)
}
