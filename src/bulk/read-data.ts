import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import { JsonText } from '../model/exchange.ts'
import { finishedDownload } from './finished-download.ts'
import type { ReadingContext } from './hold-reading.ts'

export interface DataPage {
  /** an array of records */
  body: JsonText
  total: number
  /** byte of the file to go on at */
  next: number | undefined
}

/** A page of large records ends there. */
const PAGE_BYTES = 4 * 1024 * 1024
const LINE_END = 0x0a

/**
 * `GET /bulk/{id}/{objectName}/data`: the records of a download, page by page. A page begins where the one before ended: nothing before it is read
 * again. Whoever asks holds a turn to read (`hold-reading.ts`) until the page is sent.
 *
 * @throws ValenceError NOT_FOUND, NOTHING_FOUND, UNAVAILABLE
 */
export async function readData(
  context: ReadingContext,
  caller: Caller,
  instance: Instance,
  id: number,
  { pageSize, after = 0 }: { pageSize: number; after: number | undefined },
): Promise<DataPage> {
  const job = await finishedDownload(context, caller, instance, id)
  const { lines, bytes } = await readLines(context.files.read(job.id, after), pageSize)
  const end = after + bytes
  return {
    body: new JsonText(`[${lines.join(',')}]`, lines.length),
    total: job.records_count,
    next: end < job.file_bytes ? end : undefined,
  }
}

/** @returns whole lines, and how many bytes they take with their ends */
async function readLines(chunks: AsyncIterable<Buffer>, most: number): Promise<{ lines: string[]; bytes: number }> {
  const lines: string[] = []
  let bytes = 0
  const begun: Buffer[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      const line = Buffer.concat([...begun.splice(0), chunk.subarray(start, end)])
      lines.push(line.toString('utf8'))
      bytes += line.length + 1
      start = end + 1
      if (lines.length === most || bytes >= PAGE_BYTES) return { lines, bytes }
    }
    begun.push(chunk.subarray(start))
  }
  return { lines, bytes }
}
