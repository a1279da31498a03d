import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { ValenceError } from '../../errors.ts'
import type { UploadedPart } from '../../model/exchange.ts'
import type { BulkContext } from '../context.ts'
import { CONTENT_TYPES, type FileFormat } from '../file-format.ts'
import { fileNameOf } from '../file-name.ts'
import type { HeldDownload } from '../held-job.ts'
import type { DownloadRequest } from '../job-request.ts'
import { renderFile } from '../render-file.ts'
import type { Turn } from '../turn.ts'
import { findDocuments } from './documents.ts'

/**
 * The finished file goes through `POST /files` of a documents instance (spec 22 §4, `docsHubDetails`), while it is read. Rows that are there are not lost
 * because another vendor has no room for them: the job is complete, and its message says why they are not there as well.
 *
 * After a process has died in the middle of it, it is sent again: whether the first one arrived nobody knows.
 *
 * @returns what the status says of it
 * @throws ValenceError UNAVAILABLE when our own store is out of reach
 */
export async function storeDocument(
  context: BulkContext,
  job: HeldDownload,
  { caller, instance, signal }: Turn,
  docs: NonNullable<DownloadRequest['docs']>,
): Promise<string> {
  const format = job.file_format as FileFormat
  const fileName = fileNameOf(job, job.request.metaData['fileName'], format)
  const path = docs.path.endsWith('/') ? docs.path + fileName : docs.path
  const where = `at ${path} of instance ${docs.instanceId}`
  try {
    const documents = await findDocuments(context, instance, docs)
    const file = await fileOf(context, job, signal, { format, fileName })
    await context.call(caller, documents, {
      method: 'POST',
      path: '/files',
      query: { path, name: posix.basename(path) },
      headers: {},
      body: undefined,
      parts: [file],
    })
    return `The file was stored ${where}`
  } catch (error) {
    if (!(error instanceof ValenceError) || error.code === 'UNAVAILABLE') throw error
    const said = error.providerMessage === undefined ? '' : `: ${error.providerMessage.slice(0, 1_000)}`
    return `The file could not be stored ${where}: ${error.message}${said}`
  }
}

async function fileOf(
  context: Pick<BulkContext, 'files' | 'limits'>,
  job: HeldDownload,
  signal: AbortSignal,
  { format, fileName }: { format: FileFormat; fileName: string },
): Promise<UploadedPart> {
  return {
    ...{ name: 'file', fileName, contentType: CONTENT_TYPES[format] },
    sizeBytes:
      format === 'csv' ? await sizeOf(renderFile(context, job, format), context.limits, signal) : job.file_bytes,
    open: () => Readable.from(renderFile(context, job, format), { objectMode: false }),
  }
}

/**
 * Vendors want to know it before the first byte. Of empty records with many columns, a table has a thousand times their length.
 * @throws ValenceError BODY_TOO_LARGE; UNAVAILABLE when somebody wants an end meanwhile
 */
async function sizeOf(
  chunks: AsyncIterable<Buffer>,
  { fileBytes }: BulkContext['limits'],
  signal: AbortSignal,
): Promise<number> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > fileBytes) throw new ValenceError('BODY_TOO_LARGE', `as CSV it is longer than ${fileBytes} bytes`)
    if (signal.aborted) throw new ValenceError('UNAVAILABLE', 'the job was told to end, or its process is')
  }
  return bytes
}
