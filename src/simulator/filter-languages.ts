import { readBooleanQuery } from './boolean-query.ts'
import { type Call, formFields } from './call.ts'
import { compares, type FilterFields, type Operator, type Predicate, present } from './condition.ts'
import { decodeBody } from './decode-body.ts'
import { readPath } from './dotted-path.ts'
import { QueryProblem } from './query-problem.ts'
import { readCondition } from './select-statement.ts'
import type { FilterLanguage, Row } from './simulation.ts'
import { isRow } from './vendor-envelope.ts'

/** How a vendor is asked for some of its rows: the text or value of one parameter → which rows are meant. */
type Language = (parameter: string, given: unknown, fields: FilterFields, call: Call) => Predicate

/** They are read as vendors do, not as the hub writes them. */
const languages: Record<FilterLanguage, Language> = {
  condition: (parameter, given, fields) => readCondition(parameter, String(given), fields),
  groups,
  criteria,
  operators,
  terms,
  term,
  boolean: readBooleanQuery,
}

export interface Finder {
  language: FilterLanguage
  /** parameter of the query, or dotted member of a JSON body */
  parameter: string
}

/**
 * @returns which rows a call asks for; undefined when it says nothing of it
 * @throws QueryProblem
 */
export function askedRows({ language, parameter }: Finder, call: Call, fields: FilterFields): Predicate | undefined {
  const given = givenFilter(language, parameter, call)
  if (given === undefined || given === '') return undefined
  return languages[language](parameter, given, fields, call)
}

function givenFilter(language: FilterLanguage, parameter: string, call: Call): unknown {
  const named = call.query.get(parameter) ?? formFields(call)?.get(parameter)
  if (named !== null && named !== undefined) return language === 'operators' ? parsed(parameter, named) : named
  const { value, problem } = decodeBody(call)
  if (problem !== undefined) throw new QueryProblem(parameter, `the body is no JSON: ${problem}`)
  const member = readPath(value, parameter)
  return member ?? (language === 'operators' ? bracketed(parameter, call) : undefined)
}

function parsed(parameter: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new QueryProblem(parameter, `${parameter} is no JSON: ${(error as Error).message}`)
  }
}

function readerOf(fields: FilterFields, parameter: string, name: unknown): (row: Row) => unknown[] {
  const read = typeof name === 'string' ? fields.reader(name) : undefined
  if (!read) throw new QueryProblem(parameter, `there is no field "${String(name)}"`, 'INVALID_FIELD')
  return read
}

const GROUP_OPERATORS: Record<string, Operator> = {
  EQ: 'eq',
  NEQ: 'ne',
  GT: 'gt',
  GTE: 'gte',
  LT: 'lt',
  LTE: 'lte',
  CONTAINS_TOKEN: 'contains',
}

/** `[{filters: [{propertyName, operator, value}]}]`: groups are alternatives, the filters of one must all be met; 5 × 6 at most. */
function groups(parameter: string, given: unknown, fields: FilterFields): Predicate {
  if (!Array.isArray(given) || given.length > 5)
    throw new QueryProblem(parameter, `${parameter} must be a list of at most 5`)
  const alternatives = given.map((group): Predicate => {
    const filters = isRow(group) ? group.filters : undefined
    if (!Array.isArray(filters) || filters.length > 6)
      throw new QueryProblem(parameter, `${parameter}: each group needs a list "filters" of at most 6`)
    const each = filters.map((filter) => groupFilter(parameter, filter, fields))
    return (row) => each.every((met) => met(row))
  })
  return alternatives.length === 0 ? () => true : (row) => alternatives.some((met) => met(row))
}

function groupFilter(parameter: string, filter: unknown, fields: FilterFields): Predicate {
  if (!isRow(filter)) throw new QueryProblem(parameter, `${parameter}: a filter must be an object`)
  const { propertyName, operator, value, values } = filter
  const read = readerOf(fields, parameter, propertyName)
  if (operator === 'HAS_PROPERTY') return (row) => present(read(row)).length > 0
  if (operator === 'NOT_HAS_PROPERTY') return (row) => present(read(row)).length === 0
  if (operator === 'IN' || operator === 'NOT_IN') {
    if (!Array.isArray(values)) throw new QueryProblem(parameter, `${parameter}: ${operator} needs a list "values"`)
    return (row) => values.some((one) => compares('eq', read(row), String(one))) === (operator === 'IN')
  }
  const isNegated = operator === 'NOT_CONTAINS_TOKEN'
  const comparing = GROUP_OPERATORS[isNegated ? 'CONTAINS_TOKEN' : String(operator)]
  if (!comparing) throw new QueryProblem(parameter, `${parameter}: there is no operator "${String(operator)}"`)
  if (value === undefined) throw new QueryProblem(parameter, `${parameter}: ${String(operator)} needs a value`)
  const wanted = String(value)
  if (comparing !== 'contains') return (row) => compares(comparing, read(row), wanted)
  const token = tokenPattern(wanted)
  return (row) => present(read(row)).some((one) => token.test(String(one))) !== isNegated
}

/** A word of a text: `ada`, `ad*`, `*da`, `*d*`. */
function tokenPattern(text: string): RegExp {
  const word = text.replace(/^\*|\*$/g, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`${text.startsWith('*') ? '' : '(^|\\W)'}${word}${text.endsWith('*') ? '' : '(\\W|$)'}`, 'i')
}

const CRITERIA: Record<string, Operator> = {
  equals: 'eq',
  not_equal: 'ne',
  greater_than: 'gt',
  greater_equal: 'gte',
  less_than: 'lt',
  less_equal: 'lte',
  starts_with: 'startsWith',
  contains: 'contains',
  ends_with: 'endsWith',
}

/** `((Last_Name:equals:Ada)and(Email:starts_with:a))`; brackets and commas in values are escaped by a backslash. */
function criteria(parameter: string, given: unknown, fields: FilterFields): Predicate {
  const text = String(given)
  let at = 0
  const fail = (): never => {
    throw new QueryProblem(parameter, `invalid query formed at "${text.slice(at, at + 20)}"`, 'INVALID_QUERY')
  }
  const group = (depth: number): Predicate => {
    if (text[at] !== '(' || depth > 50) return fail()
    at++
    if (text[at] === '(') {
      const inner = chain(depth + 1)
      if (text[at] !== ')') return fail()
      at++
      return inner
    }
    const [whole, name = '', operator = '', escaped = ''] =
      /^(\w+):(\w+):((?:[^()\\]|\\.)*)\)/s.exec(text.slice(at)) ?? []
    if (whole === undefined) return fail()
    at += whole.length
    const read = readerOf(fields, parameter, name)
    const wanted = escaped.replaceAll(/\\(.)/g, '$1')
    if (operator === 'in') {
      const list = escaped.split(/(?<!\\),/).map((one) => one.replaceAll(/\\(.)/g, '$1'))
      return (row) => list.some((one) => compares('eq', read(row), one))
    }
    const comparing = CRITERIA[operator]
    if (!comparing) return fail()
    return (row) => compares(comparing, read(row), wanted)
  }
  const chain = (depth: number): Predicate => {
    let left = group(depth)
    for (;;) {
      const word = /^\s*(and|or)\s*(?=\()/i.exec(text.slice(at))
      if (!word) return left
      at += word[0].length
      const [before, after] = [left, group(depth)]
      left = word[1]?.toLowerCase() === 'and' ? (row) => before(row) && after(row) : (row) => before(row) || after(row)
    }
  }
  const predicate = chain(0)
  return at === text.length ? predicate : fail()
}

const DOLLAR: Record<string, Operator> = {
  equals: 'eq',
  eq: 'eq',
  not_equals: 'ne',
  ne: 'ne',
  gt: 'gt',
  ge: 'gte',
  gte: 'gte',
  lt: 'lt',
  le: 'lte',
  lte: 'lte',
  starts: 'startsWith',
  ends: 'endsWith',
  contains: 'contains',
  like: 'like',
}

/** `[{"name": {"$equals": "Ada"}}, {"$or": […]}]`, one object or a list; operators in any case. */
function operators(parameter: string, given: unknown, fields: FilterFields): Predicate {
  return everyOf(parameter, Array.isArray(given) ? given : [given], fields, 0)
}

function everyOf(parameter: string, given: readonly unknown[], fields: FilterFields, depth: number): Predicate {
  if (depth > 50) throw new QueryProblem(parameter, `${parameter} nests too deep`)
  const each = given.flatMap((one) => {
    if (!isRow(one)) throw new QueryProblem(parameter, `${parameter}: expected an object, got ${JSON.stringify(one)}`)
    return Object.entries(one).map(([name, inner]) => operatorTerm(parameter, name, inner, fields, depth))
  })
  return (row) => each.every((met) => met(row))
}

function operatorTerm(parameter: string, name: string, inner: unknown, fields: FilterFields, depth: number): Predicate {
  if (/^\$(and|or)$/i.test(name)) {
    const parts = (Array.isArray(inner) ? inner : [inner]).map((one) => everyOf(parameter, [one], fields, depth + 1))
    return /or/i.test(name) ? (row) => parts.some((met) => met(row)) : (row) => parts.every((met) => met(row))
  }
  if (/^\$not$/i.test(name)) {
    const met = everyOf(parameter, [inner], fields, depth + 1)
    return (row) => !met(row)
  }
  const read = readerOf(fields, parameter, name)
  if (!isRow(inner)) return (row) => compares('eq', read(row), String(inner))
  const tests = Object.entries(inner).map(([operator, wanted]): Predicate => {
    const word = operator.replace(/^\$/, '').toLowerCase()
    if (word === 'in' || word === 'not_in') {
      const list = Array.isArray(wanted) ? wanted : [wanted]
      return (row) => list.some((one) => compares('eq', read(row), String(one))) === (word === 'in')
    }
    if (word === 'is_null') return (row) => present(read(row)).length === 0
    if (word === 'not_null') return (row) => present(read(row)).length > 0
    const isNegated = word === 'not_contains'
    const comparing = DOLLAR[isNegated ? 'contains' : word]
    if (!comparing) throw new QueryProblem(parameter, `${parameter}: there is no operator "${operator}"`)
    return (row) => compares(comparing, read(row), String(wanted)) !== isNegated
  })
  return (row) => tests.every((met) => met(row))
}

/** `filter[0][name][$equals]=Ada` as a list of objects. */
function bracketed(parameter: string, call: Call): unknown {
  const found: Record<string, unknown>[] = []
  for (const [name, value] of call.query) {
    const [, own, index, field, operator] = /^(\w+)\[(\d{1,2})\]\[([\w.]+)\](?:\[(\$\w+)\])?$/.exec(name) ?? []
    if (own !== parameter || field === undefined) continue
    const term = { [field]: operator === undefined ? value : { [operator]: value } }
    found[Number(index)] = { ...found[Number(index)], ...term }
  }
  return found.length > 0 ? found.filter(Boolean) : undefined
}

/** One text, looked for in the `fields` that the call names, whole with `exact_match=true`. */
function term(parameter: string, given: unknown, fields: FilterFields, { query }: Call): Predicate {
  const names = (query.get('fields') ?? '').split(',').filter((name) => name !== '')
  if (names.length === 0) return (row) => JSON.stringify(row).toLowerCase().includes(String(given).toLowerCase())
  const read = names.map((name) => readerOf(fields, parameter, name))
  const operator = /^(true|1)$/.test(query.get('exact_match') ?? '') ? 'eq' : 'contains'
  return (row) => read.some((values) => compares(operator, values(row), String(given)))
}

/** `name:"Ada Lovelace" email:ada@acme.test not status:lost`: all must be met; words without a field are looked for everywhere. */
function terms(parameter: string, given: unknown, fields: FilterFields): Predicate {
  const text = String(given)
  if (/[()]/.test(text.replaceAll(/"[^"]*"/g, ''))) return bracketedTerms(parameter, text, fields)
  return termList(parameter, text, fields)
}

/** `(…) or (…)`, one level. */
function bracketedTerms(parameter: string, text: string, fields: FilterFields): Predicate {
  const parts = text
    .split(/\)\s*(?:or)\s*\(/i)
    .map((part) => termList(parameter, part.replace(/^\s*\(+|\)+\s*$/g, ''), fields))
  return (row) => parts.some((met) => met(row))
}

function termList(parameter: string, text: string, fields: FilterFields): Predicate {
  const alternatives = text
    .split(/\s+or\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/i)
    .map((part) => allTerms(parameter, part, fields))
  return alternatives.length === 1 ? (alternatives[0] ?? (() => true)) : (row) => alternatives.some((met) => met(row))
}

function allTerms(parameter: string, text: string, fields: FilterFields): Predicate {
  const each: Predicate[] = []
  const pattern = /(not\s+|-)?(?:"?([\w.]+)"?\s*(:|>=|<=|>|<|=)\s*)?(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/gi
  for (const [, negated, name, sign, quoted, bare] of text.matchAll(pattern)) {
    const wanted = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? ''
    if (name === undefined && /^(and)$/i.test(wanted)) continue
    const met = oneTerm(parameter, name, sign, wanted, quoted !== undefined, fields)
    each.push(negated ? (row) => !met(row) : met)
  }
  return (row) => each.every((met) => met(row))
}

const TERM_SIGNS: Record<string, Operator> = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte', ':': 'eq', '=': 'eq' }

function oneTerm(
  parameter: string,
  name: string | undefined,
  sign: string | undefined,
  wanted: string,
  isQuoted: boolean,
  fields: FilterFields,
): Predicate {
  if (name === undefined) {
    const text = wanted.replaceAll('*', '').toLowerCase()
    return (row) => JSON.stringify(row).toLowerCase().includes(text)
  }
  const read = readerOf(fields, parameter, name)
  if (!isQuoted && wanted === '*') return (row) => present(read(row)).length > 0
  if (wanted.endsWith('*')) return (row) => compares('startsWith', read(row), wanted.slice(0, -1))
  const comparing = TERM_SIGNS[sign ?? ':'] ?? 'eq'
  return (row) => compares(comparing, read(row), wanted)
}
