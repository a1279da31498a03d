import { ValenceError } from '../errors.ts'

export interface CsvCell {
  text: string
  /** `""` is an empty text, nothing between two commas is no value */
  isQuoted: boolean
}

/** No file of ours has more; of empty cells one megabyte has a million. */
const MAX_CELLS = 100

/**
 * Rows of a CSV file (RFC 4180), in time linear in its length. Lines end with LF or CRLF, blank ones are left out.
 * @throws ValenceError BODY_INVALID with the line when a quote is not closed, or there are more rows than allowed, or more than 100 cells in one
 */
export function parseCsv(text: string, maxRows: number): CsvCell[][] {
  const rows: CsvCell[][] = []
  let row: CsvCell[] = []
  let at = text.startsWith('\ufeff') ? 1 : 0
  let line = 1
  while (at < text.length) {
    const cell = text[at] === '"' ? quoted(at + 1) : plain(at)
    row.push(cell)
    if (row.length > MAX_CELLS) throw invalid(`at most ${MAX_CELLS} cells`)
    if (text[at] === ',') {
      at++
      if (at < text.length) continue
      row.push({ text: '', isQuoted: false })
    }
    if (text[at] === '\r') at++
    if (at < text.length && text[at] !== '\n') throw invalid('a comma or the end of the line after a quote')
    at++
    line++
    const isBlank = row.length === 1 && row[0]?.text === '' && !row[0].isQuoted
    if (!isBlank) rows.push(row)
    if (rows.length > maxRows) throw new ValenceError('BODY_INVALID', `The file has more than ${maxRows} rows`)
    row = []
  }
  return rows

  function quoted(from: number): CsvCell {
    let value = ''
    for (let start = from; ; ) {
      const end = text.indexOf('"', start)
      if (end === -1) throw invalid('a closing quote')
      value += text.slice(start, end)
      at = end + 1
      if (text[at] !== '"') return { text: value, isQuoted: true }
      value += '"'
      start = at + 1
    }
  }

  function plain(from: number): CsvCell {
    while (at < text.length && text[at] !== ',' && text[at] !== '\n') at++
    const end = text[at] === '\n' && text[at - 1] === '\r' ? at - 1 : at
    return { text: text.slice(from, Math.max(from, end)).replace(/\r$/, ''), isQuoted: false }
  }

  function invalid(what: string): ValenceError {
    return new ValenceError('BODY_INVALID', `Line ${line} of the file: expected ${what}`)
  }
}
