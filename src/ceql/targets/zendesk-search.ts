import { type Comparison, type Condition, isGroup, type Where } from '../ast.ts'
import { fieldName } from './field-name.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

const LANGUAGE = 'the search'
const NAME = /^[A-Za-z_][\w.-]*$/

/**
 * Converter `toZendeskSearch`: terms of a search, `status:open created>2020-01-01 -priority:low` (Zendesk Support search
 * reference). All must hold, except that a property named twice asks for either value. The search looks for words:
 * `LIKE '%x%'` is the same as `= 'x'`, and `x%` works for one word.
 * @throws ValenceError QUERY_INVALID for what a search cannot say: OR between properties, AND between values of one, double
 * quotes and backslashes, patterns that end with fixed text
 */
export function toZendeskSearch(where: Where): string {
  const terms = termsOf(where)
  const asked = terms.filter(({ isEquality }) => isEquality).map(({ attribute }) => attribute)
  const twice = asked.find((attribute, index) => asked.indexOf(attribute) < index)
  if (twice !== undefined) throw cannotSay(`Several values of "${twice}" joined by AND`, LANGUAGE)
  return terms.map(({ text }) => text).join(' ')
}

interface Term {
  attribute: string
  /** `name:value`, which a second one of the name would turn into an alternative */
  isEquality: boolean
  text: string
}

function termsOf(where: Where): Term[] {
  if (!isGroup(where)) return [termOf(where)]
  if (where.kind === 'and') return where.terms.flatMap(termsOf)
  return [alternatives(where.terms)]
}

function termOf(condition: Condition): Term {
  const { attribute } = condition
  switch (condition.kind) {
    case 'comparison':
      return comparison(condition)
    case 'membership': {
      const isIn = condition.operator === 'IN'
      const texts = condition.values.map(({ text }) => `${isIn ? '' : '-'}${nameOf(attribute)}:${literal(text)}`)
      return { attribute, isEquality: isIn, text: texts.join(' ') }
    }
    case 'nullTest':
      return {
        attribute,
        isEquality: true,
        text: `${nameOf(attribute)}:${condition.operator === 'IS NULL' ? 'none' : '*'}`,
      }
  }
}

function comparison(where: Comparison): Term {
  const { attribute, operator, value } = where
  const name = nameOf(attribute)
  switch (operator) {
    case '=':
      return { attribute, isEquality: true, text: `${name}:${literal(value.text)}` }
    case '!=':
      return { attribute, isEquality: false, text: `-${name}:${literal(value.text)}` }
    case 'LIKE':
      return { attribute, isEquality: true, text: `${name}:${pattern(where)}` }
    case 'NOT LIKE':
      return { attribute, isEquality: false, text: `-${name}:${pattern(where)}` }
    default:
      return { attribute, isEquality: false, text: `${name}${operator}${literal(value.text)}` }
  }
}

function pattern(where: Comparison): string {
  const { kind, text } = likePattern(where)
  if (kind === 'equals' || (kind === 'contains' && text !== '')) return literal(text)
  if (kind === 'startsWith' && /^[\p{L}\p{N}_]+$/u.test(text)) return `${text}*`
  throw cannotSay(`${where.attribute} ${where.operator} '${where.value.text}'`, LANGUAGE)
}

/** `a = 1 OR a IN (2, 3)`: the property, once for each value. */
function alternatives(terms: readonly Where[]): Term {
  const asked = terms.map((term) => (isGroup(term) ? undefined : termOf(term)))
  const first = asked[0]
  const isOneName = asked.every((term) => term?.isEquality && term.attribute === first?.attribute)
  if (!first || !isOneName) throw cannotSay('OR between anything but values of one property', LANGUAGE)
  return { ...first, text: asked.map((term) => term?.text).join(' ') }
}

function nameOf(attribute: string): string {
  return fieldName(attribute, NAME, LANGUAGE)
}

/** Quoted unless it is one plain word; the reference knows no way to write a quote inside quotes. */
function literal(text: string): string {
  if (/["\\]/.test(text)) throw cannotSay(`The value '${text}'`, LANGUAGE)
  return /^[\p{L}\p{N}_.:+@-]+$/u.test(text) && text !== 'none' ? text : `"${text}"`
}
