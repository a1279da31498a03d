import { type Comparison, type Condition, isGroup, type Where } from '../ast.ts'
import { joinTerms } from '../print.ts'
import { cannotSay, likePattern } from './like-pattern.ts'

/** Members of `reportMetadata` in the body of a report run (Salesforce Reports and Dashboards REST API, "Filter reports on demand"). */
export interface ReportFilterBody {
  reportMetadata: {
    reportFilters: { column: string; operator: string; value: string }[]
    /** how the filters, counted from 1, are joined; absent when all must hold */
    reportBooleanFilter?: string
  }
}

/**
 * Converter `toSFDCReportFilter`: the body of a report run with these filters (spec 11 §3.9). Several values of IN are
 * separated by commas; a value that holds a comma or a quote is quoted, quotes inside are doubled.
 * @throws ValenceError QUERY_INVALID for LIKE patterns that end with fixed text, and NOT LIKE of patterns that begin with it
 */
export function toSFDCReportFilter(where: Where): ReportFilterBody {
  const reportFilters: ReportFilterBody['reportMetadata']['reportFilters'] = []
  const number = (term: Where): string =>
    isGroup(term) ? joinTerms(term, number, ` ${term.kind.toUpperCase()} `) : String(reportFilters.push(filterOf(term)))
  const logic = number(where)
  const isPlain = !logic.includes('OR') && !logic.includes('(')
  return { reportMetadata: { reportFilters, ...(isPlain ? {} : { reportBooleanFilter: logic }) } }
}

function filterOf(condition: Condition): { column: string; operator: string; value: string } {
  const { attribute: column } = condition
  switch (condition.kind) {
    case 'comparison':
      return { column, ...comparison(condition) }
    case 'membership':
      return {
        column,
        operator: condition.operator === 'IN' ? 'equals' : 'notEqual',
        value: condition.values.map(({ text }) => quotedIfNeeded(text)).join(','),
      }
    case 'nullTest':
      return { column, operator: condition.operator === 'IS NULL' ? 'equals' : 'notEqual', value: '' }
  }
}

const OPERATORS = {
  '=': 'equals',
  '!=': 'notEqual',
  '>': 'greaterThan',
  '>=': 'greaterOrEqual',
  '<': 'lessThan',
  '<=': 'lessOrEqual',
} as const
const PATTERNS: Record<string, string | undefined> = {
  'LIKE equals': 'equals',
  'LIKE contains': 'contains',
  'LIKE startsWith': 'startsWith',
  'NOT LIKE equals': 'notEqual',
  'NOT LIKE contains': 'notContain',
}

function comparison(where: Comparison): { operator: string; value: string } {
  const { attribute, operator, value } = where
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') {
    return { operator: OPERATORS[operator], value: quotedIfNeeded(value.text) }
  }
  const { kind, text } = likePattern(where)
  const name = PATTERNS[`${operator} ${kind}`]
  if (name === undefined) throw cannotSay(`${attribute} ${operator} '${value.text}'`, 'report filters')
  return { operator: name, value: quotedIfNeeded(text) }
}

function quotedIfNeeded(text: string): string {
  return /[,"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
