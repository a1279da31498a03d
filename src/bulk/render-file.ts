import type { BulkJob } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import type { FileFormat } from './file-format.ts'
import { csvOf } from './rows/write-csv.ts'
import { jsonLinesOf } from './rows/write-json.ts'

/**
 * The file of a download, which is stored as lines of JSON, in the format that somebody wants; made while it is read.
 *
 * @param asText numbers and booleans as texts, in JSON
 * @throws ValenceError UNAVAILABLE, while it is read
 */
export function renderFile(
  { files }: Pick<BulkContext, 'files'>,
  { id, columns }: Pick<BulkJob, 'id' | 'columns'>,
  format: FileFormat,
  asText = false,
): AsyncIterable<Buffer> {
  const lines = files.read(id)
  return format === 'csv' ? csvOf(lines, { columns: columns ?? [] }) : jsonLinesOf(lines, { asText })
}
