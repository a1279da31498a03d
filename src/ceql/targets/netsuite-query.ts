import type { Comparison, Membership, Value, Where } from '../ast.ts'
import { joinNested } from '../print.ts'
import { fieldName } from './field-name.ts'
import { isoDate } from './iso-date.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

const LANGUAGE = 'the record filter'
const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/

/**
 * Converter `toNetSuiteQuery`: the `q` of a list of records, `lastName START_WITH "S" AND isInactive IS false` (SuiteTalk REST,
 * "Record Collection Filtering"). The words differ by type: unquoted numbers and booleans and ISO dates have theirs, the rest is
 * text.
 * @throws ValenceError QUERY_INVALID for what it cannot say: an order of texts, double quotes and backslashes in values
 */
export function toNetSuiteQuery(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinNested(where, toNetSuiteQuery, ` ${where.kind.toUpperCase()} `)
    case 'comparison':
      return comparison(where)
    case 'membership':
      return membership(where)
    case 'nullTest':
      return `${nameOf(where.attribute)} ${where.operator === 'IS NULL' ? 'EMPTY' : 'EMPTY_NOT'}`
  }
}

type Sign = Exclude<Comparison['operator'], 'LIKE' | 'NOT LIKE'>

const NUMBERS: Record<Sign, string> = {
  '=': 'EQUAL',
  '!=': 'EQUAL_NOT',
  '>': 'GREATER',
  '>=': 'GREATER_OR_EQUAL',
  '<': 'LESS',
  '<=': 'LESS_OR_EQUAL',
}
const DATES: Record<Sign, string> = {
  '=': 'ON',
  '!=': 'ON_NOT',
  '>': 'AFTER',
  '>=': 'ON_OR_AFTER',
  '<': 'BEFORE',
  '<=': 'ON_OR_BEFORE',
}
const TEXTS: Partial<Record<Sign, string>> = { '=': 'IS', '!=': 'IS_NOT' }
const PATTERNS = { equals: 'IS', contains: 'CONTAIN', startsWith: 'START_WITH', endsWith: 'END_WITH' } as const

function comparison(where: Comparison): string {
  const { attribute, operator, value } = where
  const name = nameOf(attribute)
  if (operator === 'LIKE' || operator === 'NOT LIKE') {
    const { kind, text } = likePattern(where)
    return `${name} ${PATTERNS[kind]}${operator === 'LIKE' ? '' : '_NOT'} ${quoted(text)}`
  }
  const word = wordsFor(value)[operator]
  if (word === undefined) throw cannotSay(`${attribute} ${operator} '${value.text}'`, LANGUAGE)
  return `${name} ${word} ${literal(value)}`
}

function membership({ attribute, operator, values }: Membership): string {
  const name = nameOf(attribute)
  const isIn = operator === 'IN'
  if (values.every(({ type }) => type === 'number')) {
    return `${name} ${isIn ? 'ANY_OF' : 'ANY_OF_NOT'} [${values.map(({ text }) => text).join(', ')}]`
  }
  const all = values.map((value) => `${name} ${wordsFor(value)[isIn ? '=' : '!=']} ${literal(value)}`)
  return all.length === 1 ? all.join('') : `(${all.join(isIn ? ' OR ' : ' AND ')})`
}

function wordsFor({ text, type }: Value): Partial<Record<Sign, string>> {
  if (type === 'number') return NUMBERS
  return type === 'text' && isoDate(text) ? DATES : TEXTS
}

function nameOf(attribute: string): string {
  return fieldName(attribute, NAME, LANGUAGE)
}

function literal({ text, type }: Value): string {
  if (type === 'number') return text
  return type === 'boolean' ? text.toLowerCase() : quoted(text)
}

function quoted(text: string): string {
  if (/["\\]/.test(text)) throw cannotSay(`The value '${text}'`, LANGUAGE)
  return `"${text}"`
}
