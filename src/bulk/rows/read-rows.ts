import { eventLoopTurns } from './event-loop-turns.ts'
import type { FileRow, ReadingOptions } from './file-row.ts'
import { createCsvReader } from './read-csv.ts'
import { createJsonReader } from './read-json.ts'

/**
 * The rows of a file in UTF-8 without a byte order mark, in batches of 1 to 1,000. Memory: a chunk, a row and a batch.
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
  let sliceBytes = FIRST_SLICE_BYTES
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const slice = chunk.subarray(at, at + sliceBytes)
      at += slice.length
      const batch = await batchOf((rows) => reader.read(slice, rows))
      sliceBytes = nextSlice(sliceBytes, batch.ms)
      yield* handOut(batch)
      await takeTurns()
    }
  }
  yield* handOut(await batchOf((rows) => reader.end(rows)))
}

/** What is read at once. Most bytes take no time, rows that are shorter than the header a hundred times as much. */
const FIRST_SLICE_BYTES = 1024
const LARGEST_SLICE_BYTES = 64 * 1024
const SMALLEST_SLICE_BYTES = 256
const WANTED_MS = 8

function nextSlice(bytes: number, ms: number): number {
  if (ms > WANTED_MS) return Math.max(SMALLEST_SLICE_BYTES, Math.floor(bytes / 4))
  return ms < WANTED_MS / 3 ? Math.min(LARGEST_SLICE_BYTES, bytes * 2) : bytes
}

interface Batch {
  rows: FileRow[]
  ms: number
  failure: { error: unknown } | undefined
}

async function batchOf(read: (rows: FileRow[]) => Promise<void> | void): Promise<Batch> {
  const rows: FileRow[] = []
  const started = performance.now()
  let failure: Batch['failure']
  try {
    await read(rows)
  } catch (error) {
    failure = { error }
  }
  return { rows, ms: performance.now() - started, failure }
}

/** Rows in a batch: whoever takes them one by one has no long list to move. */
const BATCH_ROWS = 1_000

/** Rows that were read before an error are handed out before it is thrown. */
function* handOut({ rows, failure }: Batch): Generator<FileRow[], void, undefined> {
  for (let at = 0; at < rows.length; at += BATCH_ROWS) yield rows.slice(at, at + BATCH_ROWS)
  if (failure) throw failure.error
}
