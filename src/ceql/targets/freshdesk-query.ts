import type { Comparison, Value, Where } from '../ast.ts'
import { joinTerms } from '../print.ts'
import { fieldName } from './field-name.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

const LANGUAGE = 'the filter'
const NAME = /^[A-Za-z_]\w*$/

/**
 * Converter `toFreshdeskQuery`: the `query` of a search with the double quotes it needs, `"priority:3 AND (status:2 OR
 * status:3)"` (Freshdesk API, "Filter tickets"). Its `:>` and `:<` take the bound in; `>` and `<` become the same.
 * @throws ValenceError QUERY_INVALID for what the filter cannot say: !=, NOT, patterns, quotes and backslashes in values
 */
export function toFreshdeskQuery(where: Where): string {
  return `"${conditionOf(where)}"`
}

function conditionOf(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinTerms(where, conditionOf, ` ${where.kind.toUpperCase()} `)
    case 'comparison':
      return comparison(where)
    case 'membership': {
      if (where.operator === 'NOT IN') throw cannotSay(`${where.attribute} NOT IN`, LANGUAGE)
      const all = where.values.map((value) => `${nameOf(where.attribute)}:${literal(value)}`).join(' OR ')
      return where.values.length === 1 ? all : `(${all})`
    }
    case 'nullTest':
      if (where.operator === 'IS NOT NULL') throw cannotSay(`${where.attribute} IS NOT NULL`, LANGUAGE)
      return `${nameOf(where.attribute)}:null`
  }
}

const OPERATORS: Record<string, string | undefined> = { '=': ':', '>': ':>', '>=': ':>', '<': ':<', '<=': ':<' }

function comparison(where: Comparison): string {
  const { attribute, operator, value } = where
  const isPlainLike = operator === 'LIKE' && likePattern(where).kind === 'equals'
  const sign = isPlainLike ? ':' : OPERATORS[operator]
  if (sign === undefined) throw cannotSay(`${attribute} ${operator} '${value.text}'`, LANGUAGE)
  return `${nameOf(attribute)}${sign}${literal(value)}`
}

function nameOf(attribute: string): string {
  return fieldName(attribute, NAME, LANGUAGE)
}

function literal({ text, type }: Value): string {
  if (type === 'number') return text
  if (type === 'boolean') return text.toLowerCase()
  if (/['"\\]/.test(text)) throw cannotSay(`The value '${text}'`, LANGUAGE)
  return `'${text}'`
}
