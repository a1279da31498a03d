import type { Comparison, Value, Where } from '../ast.ts'
import { joinTerms } from '../print.ts'
import { fieldName } from './field-name.ts'
import { isoDate } from './iso-date.ts'

const LANGUAGE = 'SuiteQL'
const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/

/**
 * Converter `toSuiteQl`: the condition of a NetSuite query, without the word WHERE (SuiteQL is SQL-92 with functions of
 * Oracle). Booleans are `'T'` and `'F'`; ISO dates go through `TO_DATE`, with the time in UTC when they name a zone.
 * @throws ValenceError QUERY_INVALID for a name that is no path of column names
 */
export function toSuiteQl(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinTerms(where, toSuiteQl, ` ${where.kind.toUpperCase()} `)
    case 'comparison':
      return comparison(where)
    case 'membership':
      return `${nameOf(where.attribute)} ${where.operator} (${where.values.map(literal).join(', ')})`
    case 'nullTest':
      return `${nameOf(where.attribute)} ${where.operator}`
  }
}

function comparison({ attribute, operator, value }: Comparison): string {
  const isPattern = operator === 'LIKE' || operator === 'NOT LIKE'
  return `${nameOf(attribute)} ${operator} ${isPattern ? quoted(value.text) : literal(value)}`
}

function nameOf(attribute: string): string {
  return fieldName(attribute, NAME, LANGUAGE)
}

function literal({ text, type }: Value): string {
  if (type === 'number') return text
  if (type === 'boolean') return text.toLowerCase() === 'true' ? "'T'" : "'F'"
  const date = isoDate(text)
  if (!date) return quoted(text)
  if (date.kind === 'day') return `TO_DATE('${date.day}', 'YYYY-MM-DD')`
  const utc = new Date(`${date.day}T${date.time}${date.zone || 'Z'}`).toISOString()
  return `TO_DATE('${utc.slice(0, 19).replace('T', ' ')}', 'YYYY-MM-DD HH24:MI:SS')`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
