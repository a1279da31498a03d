import type { Comparison, Membership, Value, Where } from '../ast.ts'
import { joinTerms } from '../print.ts'
import { fieldName } from './field-name.ts'
import { likePattern } from './like-pattern.ts'

/** Where OData 3 and 4 differ. */
interface Dialect {
  name(attribute: string): string
  date(text: string): string
  contains(name: string, literal: string): string
}

/** Property paths, annotations and dotted names, of any script; nothing that could end the name. */
const NAME = /^[^\s'"(),;]+$/

const V4: Dialect = {
  name: (attribute) => fieldName(attribute, NAME, 'the filters'),
  date: (text) => text,
  contains: (name, literal) => `contains(${name},${literal})`,
}

const V3: Dialect = {
  name: (attribute) => V4.name(attribute).replaceAll('.', '/'),
  date: (text) => `datetime'${text}'`,
  contains: (name, literal) => `substringof(${literal},${name})`,
}

/**
 * Converter `toODataFilter`: the text of an OData 4 `$filter` (spec 21 §2.2; OData 4.0 URL conventions §5.1).
 * Unquoted numbers and booleans stay unquoted, ISO dates always are, everything else is a string.
 *
 * @throws ValenceError QUERY_INVALID for a LIKE pattern that OData cannot say: % between other characters,
 * and for a name with blanks, quotes or parentheses
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

function comparison(where: Comparison, dialect: Dialect): string {
  const { attribute, operator, value } = where
  if (operator === 'LIKE' || operator === 'NOT LIKE') return like(where, dialect)
  return `${dialect.name(attribute)} ${OPERATORS[operator]} ${literal(value, dialect)}`
}

function membership({ attribute, operator, values }: Membership, dialect: Dialect): string {
  const [sign, connective] = operator === 'IN' ? ['eq', ' or '] : ['ne', ' and ']
  const name = dialect.name(attribute)
  return `(${values.map((value) => `${name} ${sign} ${literal(value, dialect)}`).join(connective)})`
}

const FUNCTIONS = { startsWith: 'startswith', endsWith: 'endswith' } as const

function like(comparison: Comparison, dialect: Dialect): string {
  const { kind, text } = likePattern(comparison)
  const negated = comparison.operator === 'NOT LIKE'
  const name = dialect.name(comparison.attribute)
  const wanted = quote(text)
  if (kind === 'equals') return `${name} ${negated ? 'ne' : 'eq'} ${wanted}`
  const not = negated ? 'not ' : ''
  return not + (kind === 'contains' ? dialect.contains(name, wanted) : `${FUNCTIONS[kind]}(${name},${wanted})`)
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
