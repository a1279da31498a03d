import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import type { ReadingOptions } from './file-row.ts'
import { parseExactly } from './parse-exactly.ts'
import type { RowReader } from './row-reader.ts'
import { createObjectScanner } from './scan-objects.ts'

/** Reads JSON: a list of objects, one object per line, or a single one, with any white space. */
export function createJsonReader({ startByte, startRow }: Pick<ReadingOptions, 'startByte' | 'startRow'>): RowReader {
  const scanner = createObjectScanner({ startByte, startRow })
  return {
    read(bytes, rows) {
      scanner.read(bytes, ({ text, row, start, end }) => rows.push({ record: recordOf(text, row, start), end }))
    },
    end(rows) {
      scanner.end(({ text, row, start, end }) => rows.push({ record: recordOf(text, row, start), end }))
    },
  }
}

function recordOf(text: string, row: number, start: number): Record<string, unknown> {
  let record: unknown
  try {
    record = parseExactly(text)
  } catch {
    // the parser's own message quotes the record
    throw new ValenceError('BODY_INVALID', `Row ${row} of the file (from byte ${start}) is no JSON`)
  }
  if (!isObject(record)) throw new ValenceError('INTERNAL', `row ${row} begins with a brace and is no object`)
  return record
}
