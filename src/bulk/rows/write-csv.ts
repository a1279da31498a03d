import { type Options, stringify } from 'csv-stringify/sync'
import { ExactNumber } from '../../model/exact-number.ts'
import { type ColumnPath, parseColumn } from './column-path.ts'
import { eventLoopTurns } from './event-loop-turns.ts'
import { linesOf } from './json-lines.ts'
import { valueAt } from './nested.ts'
import { parseExactly } from './parse-exactly.ts'

const BATCH_BYTES = 64 * 1024
/** Written at a time: wide tables take their time per row. */
const BATCH_CELLS = 10_000

/** An empty text is `""`, since nothing between two commas is no value; blanks at the ends are quoted because many programs drop them. */
const WRITING: Options = { quote_record_delimiter: true, quoted_match: [/^$|^\s|\s$/] }

/**
 * Records as CSV (RFC 4180, UTF-8, lines end with `\n`): a header and a row per record; lists and whole objects as JSON text. A member that
 * is missing or null is an empty cell. Formulas (`=1+1`) are kept as they are.
 *
 * @param lines JSON lines, one record each
 * @param columns names as `flatten` makes them, or as somebody asked for them; without any there is no table
 */
export async function* csvOf(
  lines: AsyncIterable<Buffer>,
  { columns }: { columns: readonly string[] },
): AsyncGenerator<Buffer, void, undefined> {
  if (columns.length === 0) return
  const takeTurns = eventLoopTurns()
  const rowOf = rowWriter(columns)
  const batchRows = Math.max(1, Math.floor(BATCH_CELLS / columns.length))
  yield Buffer.from(stringify([[...columns]], WRITING))
  for await (const batch of linesOf(lines, BATCH_BYTES)) {
    for (let from = 0; from < batch.length; from += batchRows) {
      yield Buffer.from(stringify(batch.slice(from, from + batchRows).map(rowOf), WRITING))
      await takeTurns()
    }
  }
}

function rowWriter(columns: readonly string[]): (line: string) => (string | null)[] {
  const cells = cellReaders(columns)
  // the row of a table with one column would be an empty line, which readers leave out
  const missing = columns.length === 1 ? '' : null
  return (line) => {
    const record = parseExactly(line)
    return cells.map((cell) => textOf(cell(record)) ?? missing)
  }
}

type CellReader = (record: unknown) => unknown

function cellReaders(columns: readonly string[]): CellReader[] {
  const paths = columns.map(parseColumn)
  const members = new Set(paths.map(([name]) => name))
  const containers = new Set(
    paths.flatMap((path) => path.slice(1).map((_, at) => JSON.stringify(path.slice(0, at + 1)))),
  )
  return columns.map((column, index) => {
    const path = paths[index] as ColumnPath
    // of a member that is a text here and an object there: the object's own members have columns
    if (containers.has(JSON.stringify(path))) return (record) => withoutMembers(valueAt(record, path))
    // a member whose own name has dots is meant as well, when somebody asked for it by a name that reads like a path
    const ownName = path.length > 1 && !members.has(column) ? [column] : undefined
    return ownName ? (record) => valueAt(record, path) ?? valueAt(record, ownName) : (record) => valueAt(record, path)
  })
}

function withoutMembers(value: unknown): unknown {
  const isContainer = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  return isContainer ? undefined : value
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object' && !(value instanceof ExactNumber)) return JSON.stringify(value)
  return String(value)
}
