import type { Where } from '../../ceql/ast.ts'
import { matches } from '../../ceql/match.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

/**
 * Rows that do not satisfy the caller's `where` leave a list that the vendor could not filter (`chooseRowFilter`); the reply says
 * `Elements-Filtered: platform`. Paging stays the vendor's: a page may have fewer rows than its size, or none, while its token
 * leads on, and how many rows there are in all nobody knows.
 */
export const filterRows: Step = (exchange) => {
  const { rowFilter, reply } = exchange
  if (!rowFilter || reply.status >= 400 || !Array.isArray(reply.body)) return exchange
  exchange.totalCount = undefined
  exchange.isFiltered = true
  return keepMatching(exchange, rowFilter, reply.body)
}

/** So many rows at a time; others want to be answered in between. */
const ROWS = 100

async function keepMatching(exchange: Exchange, where: Where, rows: readonly unknown[]): Promise<Exchange> {
  const kept: unknown[] = []
  for (let from = 0; from < rows.length; from += ROWS) {
    if (from > 0) await new Promise(setImmediate)
    for (const row of rows.slice(from, from + ROWS)) if (matches(where, row)) kept.push(row)
  }
  exchange.reply.body = kept
  return exchange
}
