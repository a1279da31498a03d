import type { Comparison, Where } from '../ast.ts'
import { fieldName } from './field-name.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

const LANGUAGE = 'the criteria'
const NAME = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/

/**
 * Converter `toZohoCriteria`: the `criteria` of a search, `((Last_Name:equals:Burns)and(City:starts_with:B))` (Zoho CRM API,
 * "Search Records"). Backslashes, parentheses and commas of a value carry a backslash.
 * @throws ValenceError QUERY_INVALID for what a search cannot say: NULL, NOT LIKE, patterns that begin with %
 */
export function toZohoCriteria(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return `(${where.terms.map(toZohoCriteria).join(where.kind)})`
    case 'comparison':
      return comparison(where)
    case 'membership':
      if (where.operator === 'IN') {
        return criterion(where.attribute, 'in', where.values.map(({ text }) => escaped(text)).join(','))
      }
      return all(where.values.map(({ text }) => criterion(where.attribute, 'not_equal', escaped(text))))
    case 'nullTest':
      throw cannotSay(`${where.attribute} ${where.operator}`, LANGUAGE)
  }
}

const OPERATORS = {
  '=': 'equals',
  '!=': 'not_equal',
  '>': 'greater_than',
  '>=': 'greater_equal',
  '<': 'less_than',
  '<=': 'less_equal',
} as const

function comparison(where: Comparison): string {
  const { attribute, operator, value } = where
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') {
    return criterion(attribute, OPERATORS[operator], escaped(value.text))
  }
  const { kind, text } = likePattern(where)
  if (kind === 'equals') return criterion(attribute, operator === 'LIKE' ? 'equals' : 'not_equal', escaped(text))
  if (kind === 'startsWith' && operator === 'LIKE') return criterion(attribute, 'starts_with', escaped(text))
  throw cannotSay(`${attribute} ${operator} '${value.text}'`, LANGUAGE)
}

function criterion(attribute: string, operator: string, value: string): string {
  return `(${fieldName(attribute, NAME, LANGUAGE)}:${operator}:${value})`
}

function all(criteria: readonly string[]): string {
  return criteria.length === 1 ? criteria.join('') : `(${criteria.join('and')})`
}

function escaped(text: string): string {
  return text.replace(/[\\(),]/g, '\\$&')
}
