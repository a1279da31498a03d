import { ValenceError } from '../../errors.ts'
import type { UploadPosition } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { PART_BYTES } from '../files/job-files.ts'
import type { HeldUpload } from '../held-job.ts'
import { namesChars } from '../rows/columns.ts'
import type { FileRow } from '../rows/file-row.ts'
import { readRows } from '../rows/read-rows.ts'
import type { NumberedRow, Window } from './settle-window.ts'

/** The rows of a job's file from its position on. */
export interface OpenRows {
  /**
   * The next rows: so many that are not dealt with, fewer where they are long or the file ends; none at its end.
   * @throws ValenceError BODY_INVALID where the file cannot be read, once the rows before that are taken, or before all that are known to be dealt
   * with; UNAVAILABLE
   */
  take(count: number): Promise<Window>
  /** All rows before the one with this number, or none. @throws as `take`; INTERNAL when the file ends before it */
  takeBefore(number: number): Promise<Window>
  /** of a CSV file, once its first line was read */
  header(): readonly string[] | undefined
  close(): Promise<void>
}

export function openRows(
  { files }: Pick<BulkContext, 'files'>,
  { id, request, position }: Pick<HeldUpload, 'id' | 'request'> & { position: UploadPosition },
): OpenRows {
  const { byte = 0, row = 0, done = [] } = position
  const doneBehind = new Set(done)
  const lastDone = Math.max(-1, ...done)
  // at the beginning of the file its names are still to be read
  let header = byte === 0 ? undefined : position.header
  /** a short row below long names grows by them when it is sent, and when it fails */
  let namesBytes = namesChars(header ?? [])
  const batches = readRows(files.read(id, byte), {
    ...{ format: request.format, startByte: byte, startRow: row },
    ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
    ...(header === undefined ? {} : { header }),
    onHeader: (names) => {
      header = names
      namesBytes = namesChars(names)
    },
  })
  let waiting: FileRow[] = []
  let failure: { error: unknown } | undefined
  let isAtEnd = false
  let next = row
  let from = byte

  return {
    take(count) {
      const startByte = from
      const isLong = (sent: number) => from - startByte + sent * namesBytes >= PART_BYTES
      // rows that are done stand between others: all of them are in one window
      return takeWhile((sent) => next <= lastDone || (sent < count && !isLong(sent)), lastDone + 1)
    },
    takeBefore: (number) => takeWhile(() => next < number, number),
    header: () => header,
    async close() {
      await batches.return()
    },
  }

  /** @param known number behind the last row that was read before: with some of them missing, those would be forgotten, and sent again */
  async function takeWhile(wantsMore: (toSend: number) => boolean, known: number): Promise<Window> {
    const rows: NumberedRow[] = []
    const toSend: NumberedRow[] = []
    while (wantsMore(toSend.length)) {
      if (waiting.length === 0) await fill()
      const first = waiting.shift()
      if (!first) break
      const row = { ...first, number: next++ }
      rows.push(row)
      if (!doneBehind.has(row.number)) toSend.push(row)
      from = row.end
    }
    if (failure && (rows.length === 0 || next < known)) throw failure.error
    if (next < known) throw new ValenceError('INTERNAL', `the file of bulk job ${id} ends before its row ${known}`)
    return { rows, toSend }
  }

  async function fill(): Promise<void> {
    if (isAtEnd) return
    try {
      const { done: isOver, value } = await batches.next()
      if (isOver) isAtEnd = true
      else waiting = [...value]
    } catch (error) {
      failure = { error }
      isAtEnd = true
    }
  }
}
