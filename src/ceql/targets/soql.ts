import type { Comparison, Membership, Value, Where } from '../ast.ts'
import { joinNested } from '../print.ts'
import { fieldName } from './field-name.ts'
import { isoDate } from './iso-date.ts'

const LANGUAGE = 'SOQL'
const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/

/**
 * Converter `toSoql`: the condition of a Salesforce query, without the word WHERE (SOQL and SOSL Reference, "Condition
 * Expression Syntax"). Numbers and booleans that the caller did not quote stay unquoted, ISO dates always are, a time
 * without a zone is UTC; `LIKE` is the vendor's own, with `%` and `_`.
 *
 * @throws ValenceError QUERY_INVALID for a name that is no path of field names
 */
export function toSoql(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      // SOQL refuses AND beside OR without parentheses
      return joinNested(where, toSoql, ` ${where.kind.toUpperCase()} `)
    case 'comparison':
      return comparison(where)
    case 'membership':
      return membership(where)
    case 'nullTest':
      return `${soqlName(where.attribute)} ${where.operator === 'IS NULL' ? '=' : '!='} null`
  }
}

function comparison({ attribute, operator, value }: Comparison): string {
  const name = soqlName(attribute)
  if (operator === 'LIKE') return `${name} LIKE ${quoted(value.text)}`
  if (operator === 'NOT LIKE') return `(NOT ${name} LIKE ${quoted(value.text)})`
  return `${name} ${operator} ${literal(value)}`
}

function membership({ attribute, operator, values }: Membership): string {
  return `${soqlName(attribute)} ${operator} (${values.map(literal).join(', ')})`
}

/** @throws ValenceError QUERY_INVALID for what is no path of field names */
export function soqlName(attribute: string): string {
  return fieldName(attribute, NAME, LANGUAGE)
}

function literal({ text, type }: Value): string {
  if (type === 'number') return text
  if (type === 'boolean') return text.toLowerCase()
  const date = isoDate(text)
  if (!date) return quoted(text)
  return date.kind === 'day' ? date.day : `${date.day}T${date.time}${date.fraction}${date.zone || 'Z'}`
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function quoted(text: string): string {
  return `'${text.replace(/[\\'\n\r\t]/g, (character) => ESCAPES[character] as string)}'`
}
