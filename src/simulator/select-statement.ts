import { compares, type FilterFields, type Operator, type Predicate, present } from './condition.ts'
import { QueryProblem } from './query-problem.ts'

/** `SELECT … FROM … [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n]`: what SOQL, COQL and SuiteQL have in common. */
export interface SelectStatement {
  /** names as written; `*` and `FIELDS(ALL)` too */
  fields: string[]
  object: string
  /** text of the condition */
  where: string | undefined
  order: { field: string; isDescending: boolean }[]
  limit: number | undefined
  offset: number
}

const MAX_STATEMENT = 100_000
const CLAUSES =
  /^select\s+(?<fields>.+?)\s+from\s+(?<object>[\w.]+)(?:\s+where\s+(?<where>.+?))?(?:\s+order\s+by\s+(?<order>.+?))?(?:\s+limit\s+(?<limit>\d+))?(?:\s+offset\s+(?<offset>\d+))?$/is

/** @throws QueryProblem MALFORMED_QUERY when the text is no such statement */
export function readSelect(parameter: string, text: string): SelectStatement {
  // what stands between quotes is no keyword
  const masked = maskTexts(text.trim())
  const found = text.length > MAX_STATEMENT ? null : CLAUSES.exec(masked)
  const groups = found?.groups
  if (!groups) throw new QueryProblem(parameter, `unexpected statement: ${text.slice(0, 200)}`, 'MALFORMED_QUERY')
  const { fields = '', object = '', where, order, limit, offset } = groups
  return {
    fields: fields.split(',').map((name) => name.trim()),
    object,
    where: where === undefined ? undefined : unmasked(where, masked, text.trim()),
    order: readOrder(parameter, order),
    limit: limit === undefined ? undefined : Number(limit),
    offset: Number(offset ?? 0),
  }
}

/** The same length, with `x` for what is inside quotes. */
function maskTexts(text: string): string {
  return text.replace(/'(?:[^'\\]|\\.|'')*'/gs, (quoted) => `'${'x'.repeat(quoted.length - 2)}'`)
}

function unmasked(part: string, masked: string, text: string): string {
  const at = /\swhere\s+/i.exec(masked)
  const start = at ? at.index + at[0].length : masked.indexOf(part)
  return text.slice(start, start + part.length)
}

function readOrder(parameter: string, text: string | undefined): SelectStatement['order'] {
  return (text ?? '')
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const [, field, direction] = /^\s*([\w.]+)(?:\s+(asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*$/i.exec(term) ?? []
      if (field === undefined) throw new QueryProblem(parameter, `unexpected order: ${term.trim()}`, 'MALFORMED_QUERY')
      return { field, isDescending: direction?.toLowerCase() === 'desc' }
    })
}

type Token = { kind: 'text' | 'word' | 'sign'; value: string }
const TOKENS =
  /\s*(?:'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w.]*|[-+]?[\d.][\w:.+-]*)|(!=|<>|<=|>=|[=<>(),]))/y
const SIGNS: Record<string, Operator> = {
  '=': 'eq',
  '!=': 'ne',
  '<>': 'ne',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
}
/** Words for comparisons, as NetSuite's `q` and others have them. */
const WORDS: Record<string, Operator> = {
  is: 'eq',
  is_not: 'ne',
  contain: 'contains',
  contains: 'contains',
  start_with: 'startsWith',
  startswith: 'startsWith',
  end_with: 'endsWith',
  equal: 'eq',
  not_equal: 'ne',
  greater: 'gt',
  greater_or_equal: 'gte',
  less: 'lt',
  less_or_equal: 'lte',
  like: 'like',
}

/**
 * A condition in the way of SQL: comparisons, `LIKE`, `IN (…)`, `IS [NOT] NULL`, `NOT`, `AND`, `OR`, brackets; comparisons may
 * be words.
 * @throws QueryProblem with code INVALID_FIELD for a field that the collection lacks, else MALFORMED_QUERY
 */
export function readCondition(parameter: string, text: string, fields: FilterFields): Predicate {
  const tokens = tokenize(parameter, text)
  let at = 0
  const fail = (): never => {
    const near = tokens[at]?.value ?? 'the end'
    throw new QueryProblem(parameter, `unexpected token: '${near}'`, 'MALFORMED_QUERY')
  }
  const isWord = (word: string, offset = 0) => {
    const token = tokens[at + offset]
    return token?.kind === 'word' && token.value.toLowerCase() === word
  }
  const take = (sign: string) => {
    const token = tokens[at]
    if (token?.kind !== 'sign' || token.value !== sign) fail()
    at++
  }
  const or = (depth: number): Predicate => {
    if (depth > 50) fail()
    let left = and(depth)
    while (isWord('or')) {
      at++
      const [before, after] = [left, and(depth)]
      left = (row) => before(row) || after(row)
    }
    return left
  }
  const and = (depth: number): Predicate => {
    let left = term(depth)
    while (isWord('and')) {
      at++
      const [before, after] = [left, term(depth)]
      left = (row) => before(row) && after(row)
    }
    return left
  }
  const term = (depth: number): Predicate => {
    if (isWord('not')) {
      at++
      const inner = term(depth)
      return (row) => !inner(row)
    }
    if (tokens[at]?.kind === 'sign' && tokens[at]?.value === '(') {
      at++
      const inner = or(depth + 1)
      take(')')
      return inner
    }
    return comparison()
  }
  const value = (): string => {
    const token = tokens[at]
    if (!token || token.kind === 'sign') return fail()
    at++
    return token.value
  }
  const comparison = (): Predicate => {
    const token = tokens[at]
    if (token?.kind !== 'word') return fail()
    const read = fields.reader(token.value)
    if (!read) throw new QueryProblem(parameter, `No such column '${token.value}'`, 'INVALID_FIELD')
    at++
    const isNot = isWord('not')
    if (isNot) at++
    if (isWord('in')) {
      at++
      take('(')
      const wanted = [value()]
      while (tokens[at]?.value === ',') {
        at++
        wanted.push(value())
      }
      take(')')
      return (row) => wanted.some((one) => compares('eq', read(row), one)) !== isNot
    }
    const operator = tokens[at]?.value.toLowerCase() ?? ''
    const comparing = tokens[at]?.kind === 'sign' ? SIGNS[operator] : WORDS[operator]
    if (comparing === undefined) return fail()
    at++
    const turned = operator === 'is' && isWord('not')
    if (turned) at++
    const isNull = isWord('null')
    const wanted = value()
    const isNegated = isNot || turned
    if (isNull) {
      const wantsNull = (comparing === 'eq') !== isNegated
      return (row) => (present(read(row)).length === 0) === wantsNull
    }
    return (row) => compares(comparing, read(row), wanted) !== isNegated
  }
  const predicate = or(0)
  if (at < tokens.length) fail()
  return predicate
}

function tokenize(parameter: string, text: string): Token[] {
  const tokens: Token[] = []
  const source = text.trim()
  TOKENS.lastIndex = 0
  while (TOKENS.lastIndex < source.length) {
    const from = TOKENS.lastIndex
    const found = TOKENS.exec(source)
    if (!found)
      throw new QueryProblem(parameter, `unexpected token: '${source.slice(from, from + 20)}'`, 'MALFORMED_QUERY')
    const [, single, double, word, sign] = found
    const quoted = single?.replaceAll("''", "'") ?? double
    if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted.replaceAll(/\\(.)/gs, '$1') })
    else tokens.push(word === undefined ? { kind: 'sign', value: sign ?? '' } : { kind: 'word', value: word })
  }
  return tokens
}
