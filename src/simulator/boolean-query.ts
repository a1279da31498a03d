import { compares, type FilterFields, type Operator, type Predicate, present } from './condition.ts'
import { QueryProblem } from './query-problem.ts'
import type { Row } from './simulation.ts'

/**
 * Searches as people type them: `status = "Done" AND (priority:>2 OR -type:bug)`, `name~"ada" created>2020-01-01`. Terms
 * without a word between them must all hold, except that one field named twice asks for either value. A text that is quoted
 * as a whole is read inside. `ORDER BY` and what follows is left out.
 * @throws QueryProblem for a field that the vendor lacks, and a text that cannot be read
 */
export function readBooleanQuery(parameter: string, given: unknown, fields: FilterFields): Predicate {
  const whole = String(given).trim()
  const inside = /^"([^"]*)"$/.exec(whole)?.[1] ?? whole
  const reader = createReader(parameter, inside.replace(/\border\s+by\b(?=(?:[^"]*"[^"]*")*[^"]*$).*$/is, ''), fields)
  return inside.trim() === '' ? () => true : reader.all()
}

/** One condition; `field` is set where it asks whether a field equals a value. */
interface Term {
  met: Predicate
  field?: string
}

const MAX_DEPTH = 50
const SIGNS: Record<string, Operator> = {
  ':': 'eq',
  '=': 'eq',
  '!=': 'ne',
  '~': 'contains',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  // these take the bound in
  ':>': 'gte',
  ':<': 'lte',
}
const NAME = /^(?:"([^"]+)"|([A-Za-z_][\w.]*(?:\["?[^"\]]+"?\])?))\s*/
const SIGN = /^(!=|!~|>=|<=|:>|:<|[:=~<>])\s*/
const VALUE = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s(),]+))\s*/s

function createReader(parameter: string, text: string, fields: FilterFields) {
  let rest = text.trim()

  const fail = (): never => {
    throw new QueryProblem(parameter, `${parameter} cannot be read at "${rest.slice(0, 30)}"`, 'INVALID_QUERY')
  }
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest)
    if (!found) return undefined
    rest = rest.slice(found[0].length)
    return found
  }
  const value = (): string => {
    const [, double, single, bare] = take(VALUE) ?? fail()
    return bare ?? (double ?? single ?? '').replaceAll(/\\(.)/g, '$1')
  }

  function either(depth: number): Predicate {
    const alternatives = [every(depth)]
    while (take(/^or\b\s*/i)) alternatives.push(every(depth))
    return alternatives.length === 1 ? (alternatives[0] as Predicate) : (row) => alternatives.some((met) => met(row))
  }

  function every(depth: number): Predicate {
    const required: Predicate[] = []
    let adjacent: Term[] = []
    const close = () => {
      required.push(...byField(adjacent))
      adjacent = []
    }
    do {
      adjacent.push(term(depth))
      if (take(/^and\b\s*/i)) close()
      else if (rest === '' || /^(\)|or\b)/i.test(rest)) break
    } while (rest !== '')
    close()
    return (row) => required.every((met) => met(row))
  }

  function term(depth: number): Term {
    if (depth > MAX_DEPTH) return fail()
    if (take(/^(?:-|not\s+)/i)) {
      const { met } = term(depth + 1)
      return { met: (row) => !met(row) }
    }
    if (take(/^\(\s*/)) {
      const met = either(depth + 1)
      if (!take(/^\)\s*/)) return fail()
      return { met }
    }
    return condition()
  }

  function condition(): Term {
    const before = rest
    const name = take(NAME)
    const field = name?.[1] ?? name?.[2] ?? ''
    const sign = name && take(SIGN)?.[1]
    if (sign) return compared(field, sign)
    const isNegated = name && take(/^not\s+in\s*\(\s*/i)
    if (isNegated || (name && take(/^in\s*\(\s*/i))) return listed(field, Boolean(isNegated))
    const test = name && take(/^is\s+(not\s+)?(?:empty|null)\b\s*/i)
    if (test) {
      const read = readerOf(field)
      return { met: (row) => present(read(row)).length > 0 === Boolean(test[1]) }
    }
    rest = before
    const wanted = value().replaceAll('*', '').toLowerCase()
    return { met: (row) => JSON.stringify(row).toLowerCase().includes(wanted) }
  }

  function compared(field: string, sign: string): Term {
    const read = readerOf(field)
    const isQuoted = /^["']/.test(rest)
    // a text that is looked for may escape what means something in such a search
    const wanted = sign.endsWith('~') ? value().replaceAll(/\\(.)/g, '$1') : value()
    if (!isQuoted && /^(null|none|empty)$/i.test(wanted)) return { met: (row) => present(read(row)).length === 0 }
    if (!isQuoted && wanted === '*') return { met: (row) => present(read(row)).length > 0 }
    if (sign === '!~') return { met: (row) => !compares('contains', read(row), wanted) }
    const isPrefix = wanted.endsWith('*')
    const operator = isPrefix ? 'startsWith' : (SIGNS[sign] ?? fail())
    const met: Predicate = (row) => compares(operator, read(row), isPrefix ? wanted.slice(0, -1) : wanted)
    return operator === 'eq' ? { met, field } : { met }
  }

  function listed(field: string, isNegated: boolean): Term {
    const read = readerOf(field)
    const values = [value()]
    while (take(/^,\s*/)) values.push(value())
    if (!take(/^\)\s*/)) return fail()
    return { met: (row) => values.some((one) => compares('eq', read(row), one)) !== isNegated }
  }

  function readerOf(field: string): (row: Row) => unknown[] {
    const path = field.replace(/\["?([^"\]]+)"?\]$/, '.$1')
    const read = fields.reader(field) ?? fields.reader(path)
    if (!read) throw new QueryProblem(parameter, `there is no field "${field}"`, 'INVALID_FIELD')
    return read
  }

  return {
    all(): Predicate {
      const met = either(0)
      return rest === '' ? met : fail()
    },
  }
}

/** Equalities of one field are alternatives. */
function byField(terms: readonly Term[]): Predicate[] {
  const groups = Map.groupBy(terms, ({ field }, index) => field ?? index)
  return [...groups.values()].map(
    (group): Predicate =>
      (row) =>
        group.some(({ met }) => met(row)),
  )
}
