import type { Comparison, Condition, Where } from '../ast.ts'
import { disjunctiveForm } from './disjunctive-form.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

export interface HubSpotFilter {
  propertyName: string
  operator: string
  value?: string
  values?: string[]
}

/** The filters of a search body; `limit`, `after`, `sorts` and `properties` stand beside them. */
export interface HubSpotSearch {
  filterGroups: { filters: HubSpotFilter[] }[]
}

const LANGUAGE = 'the search'
/** "Search the CRM": five groups, six filters in one, eighteen in all. */
const MAX_GROUPS = 5
const MAX_FILTERS_IN_GROUP = 6
const MAX_FILTERS = 18

/**
 * Converter `toHubSpotSearch`: the `filterGroups` of a search of CRM objects. Groups are alternatives, the filters in one must
 * all hold, so parentheses are multiplied out. Dates go as written; the vendor takes ISO dates and milliseconds.
 * @throws ValenceError QUERY_INVALID beyond the vendor's limits, and for a LIKE pattern with `*`, its own wildcard
 */
export function toHubSpotSearch(where: Where): HubSpotSearch {
  const groups = disjunctiveForm(where, MAX_GROUPS)
  if (!groups) throw cannotSay(`More than ${MAX_GROUPS} alternatives`, LANGUAGE)
  if (groups.some((group) => group.length > MAX_FILTERS_IN_GROUP)) {
    throw cannotSay(`More than ${MAX_FILTERS_IN_GROUP} conditions joined by AND`, LANGUAGE)
  }
  const filterGroups = groups.map((group) => ({ filters: group.map(filterOf) }))
  if (groups.flat().length > MAX_FILTERS) throw cannotSay(`More than ${MAX_FILTERS} conditions`, LANGUAGE)
  return { filterGroups }
}

function filterOf(condition: Condition): HubSpotFilter {
  const { attribute: propertyName } = condition
  switch (condition.kind) {
    case 'comparison':
      return { propertyName, ...comparison(condition) }
    case 'membership':
      return {
        propertyName,
        operator: condition.operator === 'IN' ? 'IN' : 'NOT_IN',
        values: condition.values.map(({ text }) => text),
      }
    case 'nullTest':
      return { propertyName, operator: condition.operator === 'IS NULL' ? 'NOT_HAS_PROPERTY' : 'HAS_PROPERTY' }
  }
}

const OPERATORS = { '=': 'EQ', '!=': 'NEQ', '>': 'GT', '>=': 'GTE', '<': 'LT', '<=': 'LTE' } as const

function comparison(where: Comparison): { operator: string; value: string } {
  const { attribute, operator, value } = where
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') return { operator: OPERATORS[operator], value: value.text }
  const { kind, text } = likePattern(where)
  const isNegated = operator === 'NOT LIKE'
  if (kind === 'equals') return { operator: isNegated ? 'NEQ' : 'EQ', value: text }
  if (text.includes('*') || text === '') throw cannotSay(`${attribute} ${operator} '${value.text}'`, LANGUAGE)
  const before = kind === 'startsWith' ? '' : '*'
  const after = kind === 'endsWith' ? '' : '*'
  return { operator: isNegated ? 'NOT_CONTAINS_TOKEN' : 'CONTAINS_TOKEN', value: before + text + after }
}
