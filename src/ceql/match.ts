import { type Comparison, type Condition, isGroup, type Value, type Where } from './ast.ts'

/**
 * Whether a row of a platform list satisfies a where-expression (spec 21 §2.4).
 *
 * - An attribute is a dotted path. A member named like the whole rest of the path wins over its first part, so that
 *   `configuration.oauth.api.key` finds the key `oauth.api.key`. An array on the way or at the end stands for its
 *   items: one that satisfies the condition is enough.
 * - An unquoted number or boolean compares as such with a row value of that type; everything else compares as text,
 *   case-sensitively, and in code unit order: a row's `true` equals both `true` and `'true'`.
 * - `LIKE` knows `%` only, any run of characters.
 * - A missing or null value satisfies no comparison. `!=`, `NOT IN`, `NOT LIKE` and `IS NOT NULL` are the exact
 *   opposites of `=`, `IN`, `LIKE` and `IS NULL`, so they hold for it (the last does not).
 *
 * @param row any JSON value
 */
export function matches(where: Where, row: unknown): boolean {
  if (!isGroup(where)) return holds(where, row)
  return where.kind === 'and'
    ? where.terms.every((term) => matches(term, row))
    : where.terms.some((term) => matches(term, row))
}

function holds(condition: Condition, row: unknown): boolean {
  const { attribute } = condition
  if (condition.kind === 'nullTest') {
    return reaches(row, attribute, () => true) === (condition.operator === 'IS NOT NULL')
  }
  if (condition.kind === 'membership') {
    const isMember = reaches(row, attribute, (cell) => condition.values.some((value) => order(cell, value) === 0))
    return isMember === (condition.operator === 'IN')
  }
  const { operator, value } = condition
  switch (operator) {
    case '!=':
      return !reaches(row, attribute, (cell) => order(cell, value) === 0)
    case 'NOT LIKE':
      return !reaches(row, attribute, (cell) => isLike(cell, value.text))
    default:
      return reaches(row, attribute, (cell) => compares(cell, operator, value))
  }
}

function compares(cell: unknown, operator: Exclude<Comparison['operator'], '!=' | 'NOT LIKE'>, value: Value): boolean {
  switch (operator) {
    case '=':
      return order(cell, value) === 0
    case '<':
      return order(cell, value) < 0
    case '>':
      return order(cell, value) > 0
    case '<=':
      return order(cell, value) <= 0
    case '>=':
      return order(cell, value) >= 0
    case 'LIKE':
      return isLike(cell, value.text)
  }
}

/** Whether a value other than null at the path passes the test. */
function reaches(node: unknown, path: string | undefined, test: (cell: unknown) => boolean): boolean {
  if (Array.isArray(node)) return node.some((item) => reaches(item, path, test))
  if (node === null || node === undefined) return false
  if (path === undefined) return test(node)
  if (typeof node !== 'object') return false
  if (Object.hasOwn(node, path)) return reaches(Reflect.get(node, path), undefined, test)
  const dot = path.indexOf('.')
  if (dot === -1) return false
  const head = path.slice(0, dot)
  return Object.hasOwn(node, head) && reaches(Reflect.get(node, head), path.slice(dot + 1), test)
}

/** Negative, 0 or positive as the cell comes before, is equal to or comes after the value; NaN for an object. */
function order(cell: unknown, value: Value): number {
  if (typeof cell === 'number' && value.type === 'number') return cell - Number(value.text)
  if (typeof cell === 'boolean' && value.type === 'boolean') {
    return Number(cell) - Number(value.text.toLowerCase() === 'true')
  }
  const text = textOf(cell)
  if (text === undefined) return Number.NaN
  return text === value.text ? 0 : text < value.text ? -1 : 1
}

function textOf(cell: unknown): string | undefined {
  if (typeof cell === 'string') return cell
  return typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : undefined
}

// Each part between two % is looked for once, left to right: no pattern can make this slow, as a regular expression could.
function isLike(cell: unknown, pattern: string): boolean {
  const text = textOf(cell)
  if (text === undefined) return false
  const parts = pattern.split('%')
  const head = parts.shift() ?? ''
  const tail = parts.pop()
  if (tail === undefined) return text === head
  if (!text.startsWith(head)) return false
  let at = head.length
  for (const part of parts) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - tail.length >= at && text.endsWith(tail)
}
