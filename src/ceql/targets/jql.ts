import type { Comparison, Value, Where } from '../ast.ts'
import { joinTerms } from '../print.ts'
import { isoDate } from './iso-date.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

/**
 * Converter `toJql`: a Jira query ("Advanced search reference: JQL"). Names and texts are always quoted, so that no reserved
 * word is one; `cf[10001]` stays. `LIKE` becomes `~`, which looks for words: `%x%` the word x, `x%` words that begin with it.
 * Jira reads dates without a `T`; an instant with its zone becomes milliseconds, which are the same for every user.
 *
 * @throws ValenceError QUERY_INVALID for a LIKE pattern that ends with fixed text
 */
export function toJql(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinTerms(where, toJql, ` ${where.kind.toUpperCase()} `)
    case 'comparison':
      return comparison(where)
    case 'membership':
      return `${field(where.attribute)} ${where.operator} (${where.values.map(literal).join(', ')})`
    case 'nullTest':
      return `${field(where.attribute)} ${where.operator === 'IS NULL' ? 'IS' : 'IS NOT'} EMPTY`
  }
}

function comparison(where: Comparison): string {
  const { attribute, operator, value } = where
  const name = field(attribute)
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') return `${name} ${operator} ${literal(value)}`
  const { kind, text } = likePattern(where)
  const isNegated = operator === 'NOT LIKE'
  if (kind === 'equals') return `${name} ${isNegated ? '!=' : '='} ${quoted(text)}`
  if (kind === 'endsWith' || text === '') throw cannotSay(`${attribute} ${operator} '${value.text}'`, 'JQL')
  return `${name} ${isNegated ? '!~' : '~'} ${quoted(plainWords(text) + (kind === 'startsWith' ? '*' : ''))}`
}

function field(attribute: string): string {
  return /^cf\[\d+\]$/.test(attribute) ? attribute : quoted(attribute)
}

function literal({ text, type }: Value): string {
  if (type === 'number') return text
  const date = type === 'text' ? isoDate(text) : undefined
  if (date?.kind === 'instant') return String(Date.parse(`${date.day}T${date.time}${date.fraction}${date.zone}`))
  return quoted(date?.kind === 'local' ? `${date.day} ${date.time.slice(0, 5)}` : text)
}

/** Characters that mean something in a text search lose it ("Search syntax for text fields"). */
function plainWords(text: string): string {
  return text.replace(/[+\-&|!(){}[\]^~*?\\:"/]/g, '\\$&')
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function quoted(text: string): string {
  return `"${text.replace(/[\\"\n\r\t]/g, (character) => ESCAPES[character] ?? `\\${character}`)}"`
}
