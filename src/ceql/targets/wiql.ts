import type { Comparison, Value, Where } from '../ast.ts'
import { joinTerms } from '../print.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

const LANGUAGE = 'WIQL'

/**
 * Converter `toWiql`: the conditions of a work item query, `[System.State] = 'Active' AND …` (spec 21 §2.2; "Work Item Query
 * Language (WIQL) syntax reference"). Numbers and booleans that the caller did not quote stay unquoted; quotes in text are
 * doubled.
 * @throws ValenceError QUERY_INVALID for a LIKE pattern other than %text%, and for a name with a bracket
 */
export function toWiql(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinTerms(where, toWiql, ` ${where.kind.toUpperCase()} `)
    case 'comparison':
      return comparison(where)
    case 'membership':
      return `${field(where.attribute)} ${where.operator} (${where.values.map(literal).join(', ')})`
    case 'nullTest':
      return `${field(where.attribute)} ${where.operator === 'IS NULL' ? '=' : '<>'} ''`
  }
}

/** The body that the query resource takes, for elements that have no template around the conditions. */
export function toWiqlBody(where: Where): { query: string } {
  return { query: `SELECT [System.Id] FROM WorkItems WHERE ${toWiql(where)}` }
}

function comparison(where: Comparison): string {
  const { attribute, operator, value } = where
  const name = field(attribute)
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') {
    return `${name} ${operator === '!=' ? '<>' : operator} ${literal(value)}`
  }
  const { kind, text } = likePattern(where)
  if (kind === 'equals') return `${name} ${operator === 'LIKE' ? '=' : '<>'} ${quoted(text)}`
  if (kind !== 'contains') throw cannotSay(`${attribute} ${operator} '${value.text}'`, LANGUAGE)
  return `${operator === 'LIKE' ? '' : 'NOT '}${name} CONTAINS ${quoted(text)}`
}

function field(attribute: string): string {
  if (/[[\]]/.test(attribute)) throw cannotSay(`The name "${attribute}"`, LANGUAGE)
  return `[${attribute}]`
}

function literal({ text, type }: Value): string {
  if (type === 'number') return text
  return type === 'boolean' ? text.toLowerCase() : quoted(text)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
