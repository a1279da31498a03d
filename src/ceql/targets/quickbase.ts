import type { Comparison, Where } from '../ast.ts'
import { joinTerms } from '../print.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

/**
 * Converter `toQuickbase`: the text of a `query`, `{'6'.EX.'value'}AND…` (spec 21 §2.2; Quickbase API guide, "Components of a
 * query"). Everything is quoted; quotes and backslashes inside carry a backslash.
 * @throws ValenceError QUERY_INVALID for a LIKE pattern that ends with fixed text, which the language lacks
 */
export function toQuickbase(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinTerms(where, toQuickbase, where.kind.toUpperCase())
    case 'comparison':
      return comparison(where)
    case 'membership': {
      const [operator, connective] = where.operator === 'IN' ? ['EX', 'OR'] : ['XEX', 'AND']
      const all = where.values.map(({ text }) => condition(where.attribute, operator, text)).join(connective)
      return where.values.length === 1 ? all : `(${all})`
    }
    case 'nullTest':
      return condition(where.attribute, where.operator === 'IS NULL' ? 'EX' : 'XEX', '')
  }
}

const OPERATORS = { '=': 'EX', '!=': 'XEX', '>': 'GT', '>=': 'GTE', '<': 'LT', '<=': 'LTE' } as const
const PATTERNS = { equals: 'EX', contains: 'CT', startsWith: 'SW' } as const

function comparison(where: Comparison): string {
  const { attribute, operator, value } = where
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') return condition(attribute, OPERATORS[operator], value.text)
  const { kind, text } = likePattern(where)
  if (kind === 'endsWith') throw cannotSay(`${attribute} ${operator} '${value.text}'`, 'the query language')
  return condition(attribute, (operator === 'LIKE' ? '' : 'X') + PATTERNS[kind], text)
}

function condition(field: string, operator: string, value: string): string {
  return `{${quoted(field)}.${operator}.${quoted(value)}}`
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
