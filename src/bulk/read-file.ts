import { Readable } from 'node:stream'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import { CONTENT_TYPES, type FileFormat, formatFor } from './file-format.ts'
import { attachment, fileNameOf } from './file-name.ts'
import { finishedDownload } from './finished-download.ts'
import { holdReading, type ReadingContext } from './hold-reading.ts'
import { requestOf } from './read-status.ts'
import { renderFile } from './render-file.ts'

export interface FileWish {
  /** the header */
  accept: string | undefined
  /** numbers and booleans as texts, in JSON */
  asText: boolean
}

export interface OpenFile {
  contentType: string
  /** of `Content-Disposition` */
  disposition: string
  /** to be read or destroyed; it fails where the file cannot be read to its end */
  body: Readable
}

/**
 * `GET /bulk/{id}/{objectName}`: the file of a download as CSV or JSON lines, made while it is read. It takes the memory of a part, however long the
 * file is and however slowly it is read; an account reads some files at a time.
 *
 * @throws ValenceError NOT_FOUND, NOTHING_FOUND, NOT_ACCEPTABLE, UNAVAILABLE when too many are being read
 */
export async function openFile(
  context: ReadingContext,
  caller: Caller,
  instance: Instance,
  id: number,
  { accept, asText }: FileWish,
): Promise<OpenFile> {
  const job = await finishedDownload(context, caller, instance, id)
  const format = formatFor(accept, job.file_format as FileFormat)
  const { metaData } = requestOf(context, job)
  const disposition = attachment(fileNameOf(job, metaData['fileName'], format))
  const release = await holdReading(context, job)
  const body = Readable.from(renderFile(context, job, format, asText), { objectMode: false })
  return {
    contentType: CONTENT_TYPES[format],
    disposition,
    body: body.once('close', release),
  }
}
