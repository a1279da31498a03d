import { readPath } from './dotted-path.ts'
import type { Row } from './simulation.ts'

const TERM = /^\s*([\w./]{1,200})\s+(eq|ne|gt|ge|lt|le)\s+(?:datetime)?('(?:[^']|'')*'|[^\s']+)\s*/i
const COMPARE: Record<string, (order: number) => boolean> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
}
const MAX_TERMS = 50

/**
 * Comparisons joined by `and`, which is what elements write. Terms about fields that nobody knows filter nothing.
 * @returns undefined when the text is more than that
 */
export function odataFilter(text: string, fields: ReadonlyMap<string, unknown>): ((row: Row) => boolean) | undefined {
  const terms: ((row: Row) => boolean)[] = []
  let rest = text
  while (terms.length < MAX_TERMS) {
    const [whole = '', field = '', operator = '', literal = ''] = TERM.exec(rest) ?? []
    if (whole === '') return undefined
    const path = field.replaceAll('/', '.')
    const isMet = COMPARE[operator.toLowerCase()]
    if (isMet && fields.has(path.split('.')[0] ?? path))
      terms.push((row) => isMet(orderOf(readPath(row, path), constantOf(literal))))
    else terms.push(() => true)
    rest = rest.slice(whole.length)
    if (rest === '') return (row) => terms.every((term) => term(row))
    if (!/^and\s/i.test(rest)) return undefined
    rest = rest.slice(3)
  }
  return undefined
}

function constantOf(literal: string): string | number | boolean | null {
  if (literal.startsWith("'")) return literal.slice(1, -1).replaceAll("''", "'")
  if (/^(true|false)$/i.test(literal)) return literal.toLowerCase() === 'true'
  if (literal === 'null') return null
  return Number.isNaN(Number(literal)) ? literal : Number(literal)
}

/** NaN, which meets nothing but `ne`, where the two cannot be compared. */
function orderOf(value: unknown, wanted: string | number | boolean | null): number {
  if (value === wanted) return 0
  if (value === null || value === undefined || wanted === null) return Number.NaN
  if (typeof value === 'number' && typeof wanted === 'number') return value - wanted
  const [left, right] = [String(value), String(wanted)]
  if (left === right) return 0
  return left < right ? -1 : 1
}
