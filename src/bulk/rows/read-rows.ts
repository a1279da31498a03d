import { eventLoopTurns } from './event-loop-turns.ts'
import { type FileRow, type ReadingOptions, SLICE_BYTES } from './file-row.ts'
import { createCsvReader } from './read-csv.ts'
import { createJsonReader } from './read-json.ts'

/**
 * The rows of a file in UTF-8 without a byte order mark, in batches that are never empty. Memory: a chunk, a row and a batch.
 *
 * @param chunks the file from `startByte` on
 * @throws ValenceError BODY_INVALID where it is not what its format asks for, after the rows before that place
 */
export async function* readRows(
  chunks: AsyncIterable<Buffer>,
  options: ReadingOptions,
): AsyncGenerator<FileRow[], void, undefined> {
  const reader = options.format === 'csv' ? createCsvReader(options) : createJsonReader(options)
  const takeTurns = eventLoopTurns()
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      yield* batchOf((rows) => reader.read(chunk.subarray(at, at + SLICE_BYTES), rows))
      await takeTurns()
    }
  }
  yield* batchOf((rows) => reader.end(rows))
}

/** Rows that were read before an error are handed out before it is thrown. */
async function* batchOf(read: (rows: FileRow[]) => Promise<void> | void): AsyncGenerator<FileRow[], void, undefined> {
  const rows: FileRow[] = []
  let failure: unknown
  try {
    await read(rows)
  } catch (error) {
    failure = error
  }
  if (rows.length > 0) yield rows
  if (failure !== undefined) throw failure
}
