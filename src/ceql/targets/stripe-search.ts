import type { Comparison, Condition, Value, Where } from '../ast.ts'
import { isGroup } from '../ast.ts'
import { fieldName } from './field-name.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

const LANGUAGE = 'the search'
const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/
const METADATA = /^metadata(?:\.|\[)(.+?)\]?$/s

/**
 * Converter `toStripeSearch`: the `query` of a search, `status:"active" AND metadata["plan"]:"pro"` (Stripe API, "Search query
 * language"). `metadata.plan` is written with brackets; numbers stay unquoted; times are seconds, as the vendor's records have
 * them.
 * @throws ValenceError QUERY_INVALID for what a search cannot say: AND beside OR, patterns other than %text%
 */
export function toStripeSearch(where: Where): string {
  const kinds = new Set<'and' | 'or'>()
  const clauses = clausesOf(where, kinds)
  if (kinds.size > 1) throw cannotSay('AND beside OR', LANGUAGE)
  return clauses.join(kinds.has('or') ? ' OR ' : ' AND ')
}

/** @param kinds is told every connective there is, so that no two are mixed */
function clausesOf(where: Where, kinds: Set<'and' | 'or'>): string[] {
  if (!isGroup(where)) return clauses(where, kinds)
  kinds.add(where.kind)
  return where.terms.flatMap((term) => clausesOf(term, kinds))
}

function clauses(condition: Condition, kinds: Set<'and' | 'or'>): string[] {
  const name = nameOf(condition.attribute)
  switch (condition.kind) {
    case 'comparison':
      return [comparison(condition, name)]
    case 'membership': {
      const isIn = condition.operator === 'IN'
      if (condition.values.length > 1) kinds.add(isIn ? 'or' : 'and')
      return condition.values.map((value) => `${isIn ? '' : '-'}${name}:${literal(value)}`)
    }
    case 'nullTest':
      return [`${condition.operator === 'IS NULL' ? '' : '-'}${name}:null`]
  }
}

function comparison(where: Comparison, name: string): string {
  const { attribute, operator, value } = where
  switch (operator) {
    case '=':
      return `${name}:${literal(value)}`
    case '!=':
      return `-${name}:${literal(value)}`
    case 'LIKE':
    case 'NOT LIKE': {
      const { kind, text } = likePattern(where)
      if (kind !== 'contains' && kind !== 'equals')
        throw cannotSay(`${attribute} ${operator} '${value.text}'`, LANGUAGE)
      return `${operator === 'LIKE' ? '' : '-'}${name}${kind === 'equals' ? ':' : '~'}${quoted(text)}`
    }
    default:
      // only numbers have an order here, whether the caller quoted them or not
      return `${name}${operator}${/^-?\d+(?:\.\d+)?$/.test(value.text) ? value.text : literal(value)}`
  }
}

function nameOf(attribute: string): string {
  const key = METADATA.exec(attribute)?.[1]
  return key === undefined
    ? fieldName(attribute, NAME, LANGUAGE)
    : `metadata[${quoted(key.replace(/^["']|["']$/g, ''))}]`
}

function literal({ text, type }: Value): string {
  return type === 'number' ? text : quoted(type === 'boolean' ? text.toLowerCase() : text)
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}
