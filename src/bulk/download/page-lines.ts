import { dropNulls } from '../../engine/body/drop-nulls.ts'
import { JsonText } from '../../model/exchange.ts'
import { isObject } from '../../model/is-object.ts'
import { parseExactly } from '../rows/parse-exactly.ts'
import { type Picking, pickColumns } from './pick-columns.ts'
import { onOneLine, recordTexts } from './record-texts.ts'
import type { SeenColumns } from './seen-columns.ts'

/** How records become lines. */
export interface LineOptions {
  /** columns that were asked for; absent: the records as they are, whose columns `seen` notes */
  picking: Picking | undefined
  seen: SeenColumns
  filterNulls: boolean
}

/**
 * The records of a page as JSON, each on one line. What nobody has to look into stays the text that it came as.
 *
 * @param body `JsonText` or a value: a list, or one record; a record that is no object gets the only column `value`
 */
export function* pageLines(body: unknown, options: LineOptions): Generator<string, void, undefined> {
  if (!(body instanceof JsonText)) {
    for (const record of recordsOf(body)) yield lineOf(record, options)
    return
  }
  const isList = body.count !== undefined
  for (const text of isList ? recordTexts(body.text) : [body.text]) yield lineOfText(text, options)
}

export function countOfPage(body: unknown): number {
  if (body instanceof JsonText) return body.count ?? 1
  return Array.isArray(body) ? body.length : 1
}

const SAMPLE_CHARS = 1_000

/** How a page begins and ends: other pages differ there, since their records do. */
export function sampleOf(body: unknown): string {
  if (body instanceof JsonText) {
    return `${body.text.length} ${body.text.slice(0, SAMPLE_CHARS)} ${body.text.slice(-SAMPLE_CHARS)}`
  }
  const records = recordsOf(body)
  return `${records.length} ${JSON.stringify(records[0])} ${JSON.stringify(records.at(-1))}`
}

function recordsOf(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? body : [body]
}

function lineOfText(text: string, options: LineOptions): string {
  if (options.picking || options.filterNulls) return lineOf(parseExactly(text), options)
  const record: unknown = JSON.parse(text)
  if (!isObject(record)) return lineOf(record, options)
  options.seen.add(record)
  return onOneLine(text)
}

function lineOf(value: unknown, { picking, seen, filterNulls }: LineOptions): string {
  const record = isObject(value) ? value : { value }
  const picked = picking ? pickColumns(record, picking) : record
  if (filterNulls) dropNulls(picked)
  if (!picking) seen.add(picked)
  return JSON.stringify(picked)
}
