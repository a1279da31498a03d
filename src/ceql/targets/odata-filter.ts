import { ValenceError } from '../../errors.ts'
import type { Comparison, Membership, Value, Where } from '../ast.ts'
import { joinTerms } from '../print.ts'

/** Where OData 3 and 4 differ. */
interface Dialect {
  name(attribute: string): string
  date(text: string): string
  contains(name: string, literal: string): string
}

const V4: Dialect = {
  name: (attribute) => attribute,
  date: (text) => text,
  contains: (name, literal) => `contains(${name},${literal})`,
}

const V3: Dialect = {
  name: (attribute) => attribute.replaceAll('.', '/'),
  date: (text) => `datetime'${text}'`,
  contains: (name, literal) => `substringof(${literal},${name})`,
}

/**
 * Converter `toODataFilter`: the text of an OData 4 `$filter` (spec 21 §2.2; OData 4.0 URL conventions §5.1).
 * Unquoted numbers and booleans stay unquoted, ISO dates always are, everything else is a string.
 *
 * @throws ValenceError QUERY_INVALID for a LIKE pattern that OData cannot say: % between other characters
 */
export function toODataFilter(where: Where): string {
  return filter(where, V4)
}

/** Converter `toODataV3Filter`: as `toODataFilter`, with `substringof`, `datetime'…'` and `/` in dotted names. */
export function toODataV3Filter(where: Where): string {
  return filter(where, V3)
}

function filter(where: Where, dialect: Dialect): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinTerms(where, (term) => filter(term, dialect), ` ${where.kind} `)
    case 'comparison':
      return comparison(where, dialect)
    case 'membership':
      return membership(where, dialect)
    case 'nullTest':
      return `${dialect.name(where.attribute)} ${where.operator === 'IS NULL' ? 'eq' : 'ne'} null`
  }
}

const OPERATORS = { '=': 'eq', '!=': 'ne', '>': 'gt', '>=': 'ge', '<': 'lt', '<=': 'le' } as const

function comparison({ attribute, operator, value }: Comparison, dialect: Dialect): string {
  if (operator === 'LIKE' || operator === 'NOT LIKE') {
    return like(attribute, value.text, operator === 'NOT LIKE', dialect)
  }
  return `${dialect.name(attribute)} ${OPERATORS[operator]} ${literal(value, dialect)}`
}

function membership({ attribute, operator, values }: Membership, dialect: Dialect): string {
  const [sign, connective] = operator === 'IN' ? ['eq', ' or '] : ['ne', ' and ']
  const name = dialect.name(attribute)
  return `(${values.map((value) => `${name} ${sign} ${literal(value, dialect)}`).join(connective)})`
}

const LIKE_PATTERN = /^(%*)([^%]*)(%*)$/

function like(attribute: string, pattern: string, negated: boolean, dialect: Dialect): string {
  const parts = LIKE_PATTERN.exec(pattern)
  if (!parts) {
    throw new ValenceError(
      'QUERY_INVALID',
      `${attribute} LIKE '${pattern}': this vendor's filter takes % only at the start or the end of the pattern`,
    )
  }
  const [, before, core = '', after] = parts
  const name = dialect.name(attribute)
  const wanted = quote(core)
  if (!before && !after) return `${name} ${negated ? 'ne' : 'eq'} ${wanted}`
  const not = negated ? 'not ' : ''
  if (before && (after || core === '')) return not + dialect.contains(name, wanted)
  return `${not}${before ? 'endswith' : 'startswith'}(${name},${wanted})`
}

const ISO_DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

function literal({ text, type }: Value, dialect: Dialect): string {
  if (type === 'number') return text
  if (type === 'boolean') return text.toLowerCase()
  return ISO_DATE.test(text) ? dialect.date(text) : quote(text)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
