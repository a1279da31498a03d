import type { BulkJob } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { type RowFormat, sniffFormat } from '../rows/sniff.ts'
import { toUtf8 } from '../rows/transcode.ts'
import { storeFile } from './store-file.ts'

/** A file that is there to be read, once. */
export interface SentFile {
  fileName?: string | undefined
  contentType?: string | undefined
  open(): AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>
}

/**
 * A file becomes that of a job which is `RECEIVING`, in UTF-8; the job's row knows its length.
 *
 * @param format what the caller says it is; else its name, type or beginning says it
 * @throws ValenceError BODY_INVALID when it is no text, or a workbook; as `storeFile`
 */
export async function receiveFile(
  context: Pick<BulkContext, 'store' | 'files' | 'limits' | 'now'>,
  job: BulkJob,
  file: SentFile,
  format?: string,
): Promise<RowFormat> {
  const { fileName, contentType } = file
  const charset = /charset="?([^";\s]+)/i.exec(contentType ?? '')?.[1]
  const { start } = await storeFile(context, job, toUtf8(await file.open(), charset === undefined ? {} : { charset }))
  return sniffFormat(start, {
    ...(format === undefined ? {} : { format }),
    ...(fileName === undefined ? {} : { fileName }),
    ...(contentType === undefined ? {} : { contentType }),
  })
}
