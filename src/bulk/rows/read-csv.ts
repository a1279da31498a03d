import { CsvError, type Info, type Parser, parse } from 'csv-parse'
import { ValenceError } from '../../errors.ts'
import { MAX_COLUMNS, MAX_NAMES_CHARS, namesChars } from './columns.ts'
import { type FileRow, MAX_ROW_BYTES, type ReadingOptions } from './file-row.ts'
import { type RecordShape, shapeOf } from './nested.ts'
import type { RowReader } from './row-reader.ts'

type Cells = (string | undefined)[]

/**
 * Reads CSV (RFC 4180) as csv-parse does: any of the three line ends, lines that are empty left out, blanks kept. Nothing between two
 * delimiters is no value, `""` is an empty text. A row may have fewer cells than the header; more only where they are empty.
 */
export function createCsvReader(options: Omit<ReadingOptions, 'format'>): RowReader {
  const { startByte, delimiter = ',' } = options
  let shape: RecordShape | undefined
  let { header } = options
  if (header) shape = shapeOf(header)
  let row = options.startRow
  let end = startByte
  let rows: FileRow[] = []

  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
    cast(text, { index, quoting }) {
      if (index >= MAX_COLUMNS) throw invalid(`has more than ${MAX_COLUMNS} cells`)
      return text === '' && !quoting ? undefined : text
    },
    on_record(cells: Cells, info: Info) {
      takeRecord(cells, startByte + info.bytes)
      // nothing waits in the parser: rows are taken where they are found
      return null
    },
  })
  // each error is also told to whoever wrote the bytes
  parser.on('error', () => undefined)

  function takeRecord(cells: Cells, endOfRecord: number): void {
    if (!shape || !header) {
      const names = cells.map((cell) => cell ?? '')
      if (namesChars(names) > MAX_NAMES_CHARS)
        throw invalid(`has names of more than ${MAX_NAMES_CHARS} characters together`)
      if (names.some((name) => name.includes('\0'))) throw invalid('has a NUL character (U+0000) in a name')
      header = names
      shape = shapeOf(header)
      options.onHeader?.(header)
    } else {
      rows.push({ record: shape.toRecord(cells, invalid), end: endOfRecord })
      row++
    }
    end = endOfRecord
  }

  const invalid = (what: string) =>
    new ValenceError(
      'BODY_INVALID',
      `${header ? `Row ${row + 1}` : 'The header'} of the file (from byte ${end}) ${what}`,
    )

  async function into(batch: FileRow[], write: (parser: Parser) => Promise<void>): Promise<void> {
    rows = batch
    try {
      await write(parser)
    } catch (error) {
      throw error instanceof CsvError ? invalid(meaningOf(error)) : error
    }
  }

  return {
    read: (bytes, batch) => into(batch, (to) => told((done) => to.write(bytes, done))),
    end: (batch) => into(batch, (to) => told((done) => to.end(done))),
  }
}

function told(act: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())))
}

function meaningOf({ code }: CsvError): string {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'has a quote that is never closed'
    case 'CSV_MAX_RECORD_SIZE':
      return `is longer than ${MAX_ROW_BYTES / 1024 / 1024} MB; is a quote not closed?`
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'has text behind a closing quote; within quotes a quote is written twice'
    case 'INVALID_OPENING_QUOTE':
      return 'has a quote in a cell that does not begin with one; put the cell into quotes, and write the quote twice'
    default:
      return 'is no CSV'
  }
}
