import { type Comparison, type Condition, type Group, isGroup, type Where } from '../ast.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

const LANGUAGE = 'the filters'

/**
 * Converter `toBazaarvoice`: one `Filter=attribute:operator:value` per condition, which all must hold (spec 21 §2.2;
 * "Display fundamentals" of the Conversations API: several values, separated by commas, are alternatives). Commas, colons
 * and backslashes of a value carry a backslash.
 * @throws ValenceError QUERY_INVALID for what these filters cannot say: OR between different attributes, LIKE, NULL
 */
export function toBazaarvoice(where: Where): [name: string, value: string][] {
  if (!isGroup(where)) return [['Filter', filterOf(where)]]
  if (where.kind === 'or') return [['Filter', alternatives(where)]]
  return where.terms.flatMap(toBazaarvoice)
}

const OPERATORS = { '=': 'eq', '!=': 'neq', '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' } as const

function filterOf(condition: Condition): string {
  const { attribute } = condition
  if (condition.kind === 'nullTest') throw cannotSay(`${attribute} ${condition.operator}`, LANGUAGE)
  if (condition.kind === 'membership') {
    return filter(
      attribute,
      condition.operator === 'IN' ? 'eq' : 'neq',
      condition.values.map(({ text }) => text),
    )
  }
  return filter(attribute, operatorOf(condition), [condition.value.text])
}

function operatorOf(comparison: Comparison): string {
  const { operator, attribute, value } = comparison
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') return OPERATORS[operator]
  if (likePattern(comparison).kind !== 'equals') throw cannotSay(`${attribute} ${operator} '${value.text}'`, LANGUAGE)
  return operator === 'LIKE' ? 'eq' : 'neq'
}

/** `a = 1 OR a IN (2, 3)` is one filter with three values. */
function alternatives({ terms }: Group): string {
  const values: string[] = []
  const names = new Set<string>()
  for (const term of terms) {
    if (term.kind === 'comparison' && term.operator === '=') values.push(term.value.text)
    else if (term.kind === 'membership' && term.operator === 'IN') values.push(...term.values.map(({ text }) => text))
    else throw cannotSay('OR between anything but values of one attribute', LANGUAGE)
    names.add(term.attribute)
  }
  const [name = '', other] = names
  if (other !== undefined) throw cannotSay(`OR between "${name}" and "${other}"`, LANGUAGE)
  return filter(name, 'eq', values)
}

function filter(attribute: string, operator: string, values: readonly string[]): string {
  return `${escaped(attribute)}:${operator}:${values.map(escaped).join(',')}`
}

function escaped(text: string): string {
  return text.replace(/[\\,:]/g, '\\$&')
}
