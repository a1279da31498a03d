import { ValenceError } from '../errors.ts'
import type { Comparison, Condition, Group, Select, Value, Where } from './ast.ts'
import {
  type Cursor,
  expected,
  isAtEnd,
  readName,
  readValue,
  readWholeNumber,
  type Surroundings,
  skipBlanks,
  takeKeyword,
  takeSign,
  takeSymbol,
} from './tokenize.ts'

/** Longest query text, in UTF-16 units; room for an IN list of many thousand ids. */
export const MAX_QUERY_LENGTH = 1_000_000
/** Most parentheses around one condition. */
export const MAX_QUERY_DEPTH = 100

interface Parser extends Cursor {
  depth: number
  /** an unquoted value ends at ORDER BY and LIMIT only where these can follow */
  readonly surroundings: Exclude<Surroundings, 'list'>
}

/**
 * Reads a where-expression (spec 21 §1), in time linear in its length.
 *
 * @param text the decoded parameter, without the word WHERE
 * @returns undefined for empty or blank text: no `where` (spec 21 §1.1)
 * @throws ValenceError QUERY_INVALID "Error parsing query: position <from 1, in UTF-16 units>: expected …, found …"
 */
export function parseWhere(text: string): Where | undefined {
  const parser = parserOf(text, 'where')
  if (isAtEnd(parser)) return undefined
  const where = readOr(parser)
  if (!isAtEnd(parser)) throw expected(parser, 'AND, OR or the end')
  return where
}

/**
 * Reads a select statement (spec 21 §1), in time linear in its length.
 *
 * @throws ValenceError QUERY_INVALID as `parseWhere`, also for empty text
 */
export function parseSelect(text: string): Select {
  return parseStatement(text).select
}

/**
 * The same with the `where` as the caller wrote it, for those who hand it on: scripts look at the text.
 *
 * @throws ValenceError QUERY_INVALID as `parseSelect`
 */
export function parseStatement(text: string): { select: Select; whereText: string | undefined } {
  const parser = parserOf(text, 'select')
  if (!takeKeyword(parser, 'select')) throw expected(parser, 'SELECT')
  const fields = takeSymbol(parser, '*') ? undefined : readFields(parser)
  if (!takeKeyword(parser, 'from')) throw expected(parser, fields ? '"," or FROM' : 'FROM')
  const from = readName(parser, 'the name of an object')
  const hasWhere = takeKeyword(parser, 'where')
  const whereAt = parser.at
  const where = hasWhere ? readOr(parser) : undefined
  const whereText = hasWhere ? text.slice(whereAt, parser.at).trim() : undefined
  const orderBy = readOrderBy(parser)
  const limit = takeKeyword(parser, 'limit') ? readWholeNumber(parser) : undefined
  if (!isAtEnd(parser)) throw expected(parser, next(where, orderBy, limit))
  const select: Select = {
    ...(fields && { fields }),
    from,
    ...(where && { where }),
    orderBy,
    ...(limit !== undefined && { limit }),
  }
  return { select, whereText }
}

function next(where: Where | undefined, orderBy: Select['orderBy'], limit: number | undefined): string {
  if (limit !== undefined) return 'the end'
  if (orderBy.length > 0) return '",", LIMIT or the end'
  return where ? 'AND, OR, ORDER BY, LIMIT or the end' : 'WHERE, ORDER BY, LIMIT or the end'
}

function parserOf(text: string, surroundings: Parser['surroundings']): Parser {
  const parser: Parser = { text, at: 0, depth: 0, surroundings }
  if (text.length > MAX_QUERY_LENGTH) throw tooLong(text.length)
  skipBlanks(parser)
  return parser
}

function tooLong(length: number): ValenceError {
  const limit = MAX_QUERY_LENGTH
  return new ValenceError(
    'QUERY_INVALID',
    `Error parsing query: position ${limit + 1}: expected the end, a query has at most ${limit} characters and this one ${length}`,
  )
}

function readFields(parser: Parser): string[] {
  const fields = [readName(parser, '* or the name of a field')]
  while (takeSymbol(parser, ',')) fields.push(readName(parser, 'the name of a field'))
  return fields
}

function readOrderBy(parser: Parser): Select['orderBy'] {
  const orderBy: Select['orderBy'] = []
  if (takeKeyword(parser, 'order')) {
    if (!takeKeyword(parser, 'by')) throw expected(parser, 'BY')
  } else if (takeKeyword(parser, 'orderby')) {
    if (!takeSymbol(parser, '=')) throw expected(parser, '"="')
  } else return orderBy
  do {
    const name = readName(parser, 'the name of a field')
    const descending = !takeKeyword(parser, 'asc') && takeKeyword(parser, 'desc')
    orderBy.push({ name, direction: descending ? 'desc' : 'asc' })
  } while (takeSymbol(parser, ','))
  return orderBy
}

function readOr(parser: Parser): Where {
  return readGroup(parser, 'or', readAnd)
}

function readAnd(parser: Parser): Where {
  return readGroup(parser, 'and', readTerm)
}

function readGroup(parser: Parser, kind: Group['kind'], readNext: (parser: Parser) => Where): Where {
  const first = readNext(parser)
  if (!takeKeyword(parser, kind)) return first
  const terms = [first]
  do terms.push(readNext(parser))
  while (takeKeyword(parser, kind))
  return { kind, terms }
}

function readTerm(parser: Parser): Where {
  const start = parser.at
  if (!takeSymbol(parser, '(')) return readCondition(parser)
  if (++parser.depth > MAX_QUERY_DEPTH) throw expected(parser, `at most ${MAX_QUERY_DEPTH} nested parentheses`, start)
  const where = readOr(parser)
  if (!takeSymbol(parser, ')')) throw expected(parser, 'AND, OR or ")"')
  parser.depth--
  return where
}

function readCondition(parser: Parser): Condition {
  const attribute = readName(parser, 'the name of an attribute or "("')
  const sign = takeSign(parser)
  if (sign) return comparison(parser, attribute, sign)
  if (takeKeyword(parser, 'is')) return readNullTest(parser, attribute)
  const negated = takeKeyword(parser, 'not')
  if (takeKeyword(parser, 'like')) return comparison(parser, attribute, negated ? 'NOT LIKE' : 'LIKE')
  if (takeKeyword(parser, 'in')) {
    return { kind: 'membership', attribute, operator: negated ? 'NOT IN' : 'IN', values: readList(parser) }
  }
  throw expected(parser, negated ? 'IN or LIKE' : '=, !=, <, >, <=, >=, LIKE, IN, IS or NOT')
}

function comparison(parser: Parser, attribute: string, operator: Comparison['operator']): Comparison {
  return { kind: 'comparison', attribute, operator, value: readValue(parser, parser.surroundings) }
}

function readNullTest(parser: Parser, attribute: string): Condition {
  const negated = takeKeyword(parser, 'not')
  if (!takeKeyword(parser, 'null')) throw expected(parser, negated ? 'NULL' : 'NULL or NOT NULL')
  return { kind: 'nullTest', attribute, operator: negated ? 'IS NOT NULL' : 'IS NULL' }
}

function readList(parser: Parser): Value[] {
  if (!takeSymbol(parser, '(')) throw expected(parser, '"("')
  const values = [readValue(parser, 'list')]
  while (takeSymbol(parser, ',')) values.push(readValue(parser, 'list'))
  if (!takeSymbol(parser, ')')) throw expected(parser, '"," or ")"')
  return values
}
