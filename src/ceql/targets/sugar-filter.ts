import type { Comparison, Where } from '../ast.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

/** One entry of a filter; entries beside each other must all hold. */
export type SugarFilter = { [nameOrConnective: string]: unknown }

/**
 * Converter `toSugarFilter`: the `filter` of a module's records, a list of JSON objects (Sugar REST API, "Filter API"):
 * `[{"$or":[{"name":{"$equals":"x"}},{"city":{"$starts":"B"}}]}]`.
 * @throws ValenceError QUERY_INVALID for % between other characters, NOT LIKE of a pattern with a fixed end, names of operators
 */
export function toSugarFilter(where: Where): SugarFilter[] {
  return where.kind === 'and' ? where.terms.map(entryOf) : [entryOf(where)]
}

function entryOf(where: Where): SugarFilter {
  switch (where.kind) {
    case 'and':
    case 'or':
      return { [`$${where.kind}`]: where.terms.map(entryOf) }
    case 'comparison':
      return comparison(where)
    case 'membership':
      return entry(where.attribute, {
        [where.operator === 'IN' ? '$in' : '$not_in']: where.values.map(({ text }) => text),
      })
    case 'nullTest':
      return entry(where.attribute, { [where.operator === 'IS NULL' ? '$is_null' : '$not_null']: '' })
  }
}

const OPERATORS = { '=': '$equals', '!=': '$not_equals', '>': '$gt', '>=': '$gte', '<': '$lt', '<=': '$lte' } as const
const PATTERNS = { equals: '$equals', contains: '$contains', startsWith: '$starts', endsWith: '$ends' } as const
const OPPOSITES = { equals: '$not_equals', contains: '$not_contains' } as const

function comparison(where: Comparison): SugarFilter {
  const { attribute, operator, value } = where
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') return entry(attribute, { [OPERATORS[operator]]: value.text })
  const { kind, text } = likePattern(where)
  if (operator === 'LIKE') return entry(attribute, { [PATTERNS[kind]]: text })
  if (kind === 'equals' || kind === 'contains') return entry(attribute, { [OPPOSITES[kind]]: text })
  throw cannotSay(`${attribute} ${operator} '${value.text}'`, 'filters')
}

/** A name may be `__proto__`, and one that begins with $ would be an operator. */
function entry(attribute: string, test: Record<string, unknown>): SugarFilter {
  if (attribute.startsWith('$')) throw cannotSay(`The name "${attribute}"`, 'filters')
  return Object.fromEntries([[attribute, test]])
}
