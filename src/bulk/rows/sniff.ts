import { ValenceError } from '../../errors.ts'

/** How the rows of a stored file are read: JSON lines are JSON here. */
export interface RowFormat {
  format: 'csv' | 'json'
  /** of CSV: between its fields */
  delimiter?: string
}

export interface FormatHints {
  /** what the caller said it is; decides */
  format?: string
  fileName?: string
  contentType?: string
}

/** Names as callers and spec 22 §4 write them, endings of file names, types of contents. */
const FORMATS: Readonly<Record<string, 'csv' | 'json'>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  'text/csv': 'csv',
  'txt/csv': 'csv',
  'application/csv': 'csv',
  'text/tab-separated-values': 'csv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
  'application/json': 'json',
  'text/json': 'json',
  'application/jsonl': 'json',
  'application/x-ndjson': 'json',
  'application/x-jsonlines': 'json',
}

const DELIMITERS = [',', ';', '\t'] as const

/**
 * How a file of rows is to be read: as the caller says, else by the ending of its name, by its Content-Type, by its beginning.
 *
 * @param start some KB of the file at its beginning, in UTF-8; with the first line the delimiter of CSV is found
 * @throws ValenceError BODY_INVALID for a format that is none, and for a workbook or an archive
 */
export function sniffFormat(start: Buffer, { format, fileName, contentType }: FormatHints = {}): RowFormat {
  if (start.subarray(0, 4).equals(ZIP) || start.subarray(0, 2).equals(GZIP)) {
    throw new ValenceError(
      'BODY_INVALID',
      'The file is a workbook or an archive; rows are read from CSV, JSON or JSON lines, uncompressed',
    )
  }
  const found =
    named(format) ?? known(fileName?.split('.').at(-1)) ?? known(contentType?.split(';')[0]) ?? byContent(start)
  return found === 'csv' ? { format: found, delimiter: delimiterOf(start) } : { format: found }
}

const ZIP = Buffer.from('PK\x03\x04')
const GZIP = Buffer.from([0x1f, 0x8b])

function named(format: string | undefined): 'csv' | 'json' | undefined {
  if (format === undefined || format.trim() === '') return undefined
  const found = known(format)
  if (!found) throw new ValenceError('BODY_INVALID', `The format "${format}" is not one of csv, json, jsonl`)
  return found
}

function known(name: string | undefined): 'csv' | 'json' | undefined {
  const plain = name?.trim().toLowerCase() ?? ''
  return Object.hasOwn(FORMATS, plain) ? FORMATS[plain] : undefined
}

function byContent(start: Buffer): 'csv' | 'json' {
  return /^\s*(?:\{|\[\s*(?:[{\]]|$))/.test(start.toString('utf8')) ? 'json' : 'csv'
}

/** The one that the first line has most of, outside of quotes. */
function delimiterOf(start: Buffer): string {
  const counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]))
  let isQuoted = false
  for (const character of start.toString('utf8').replace(/^[\r\n]+/, '')) {
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (character === '\n' || character === '\r') break
    else if (counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  return DELIMITERS.toSorted((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0))[0] as string
}
