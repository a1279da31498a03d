import type { Select, Where } from '../ast.ts'
import { toBazaarvoice } from './bazaarvoice.ts'
import { toFreshdeskQuery } from './freshdesk-query.ts'
import { toHubSpotSearch } from './hubspot-search.ts'
import { toJql } from './jql.ts'
import { toNetSuiteQuery } from './netsuite-query.ts'
import { toODataFilter, toODataV3Filter } from './odata-filter.ts'
import { toQueryParameters } from './query-parameters.ts'
import { toQuickbase } from './quickbase.ts'
import { toSFDCReportFilter } from './sfdc-report-filter.ts'
import { toSoql } from './soql.ts'
import { toSoqlStatement } from './soql-statement.ts'
import { toStripeSearch } from './stripe-search.ts'
import { toSugarFilter } from './sugar-filter.ts'
import { toSuiteQl } from './suiteql.ts'
import { toWiql, toWiqlBody } from './wiql.ts'
import { toZendeskSearch } from './zendesk-search.ts'
import { toZohoCriteria } from './zoho-criteria.ts'

/**
 * Turns a where-expression into vendor parameters: [name, value] pairs in order, not URL-encoded.
 * @param name what the element calls the one parameter or token; the vendor's own name without it
 */
export type Converter = (where: Where, name?: string) => [name: string, value: string][]

const table: Record<string, Converter> = {
  toBazaarvoice,
  toFreshdeskQuery: named('query', toFreshdeskQuery),
  toHubSpotSearch: named('filterGroups', (where) => JSON.stringify(toHubSpotSearch(where).filterGroups)),
  toJql: named('jql', apart(toJql)),
  toNetSuiteQuery: named('q', toNetSuiteQuery),
  toODataFilter: named('$filter', toODataFilter),
  toODataV3Filter: named('$filter', toODataV3Filter),
  toQueryParameters,
  // the token `{query}` of a body template (spec 11 §3.9)
  toQuickbase: named('query', toQuickbase),
  toSFDCReportFilter: () => [],
  toSoql: named('where', apart(toSoql)),
  // with the word that has to go when there is no condition: `SELECT Id FROM Contact {where} LIMIT 200`
  toSoqlClause: named('where', (where) => `WHERE ${toSoql(where)}`),
  toStripeSearch: named('query', toStripeSearch),
  toSugarFilter: named('filter', (where) => JSON.stringify(toSugarFilter(where))),
  toSuiteQl: named('where', apart(toSuiteQl)),
  toSuiteQlClause: named('where', (where) => `WHERE ${toSuiteQl(where)}`),
  // the same token: the one export that uses it has no template, so nothing contradicts
  toWiql: named('query', toWiql),
  toZendeskSearch: named('query', toZendeskSearch),
  toZohoCriteria: named('criteria', toZohoCriteria),
}

const bodies: Record<string, (where: Where) => unknown> = {
  toHubSpotSearch,
  toSFDCReportFilter,
  toSugarFilter: (where) => ({ filter: toSugarFilter(where) }),
  toWiql: toWiqlBody,
}

/**
 * Converter names of an element's `where` parameter (`converter`, or `vendorName` "converter:<name>"; spec 21 §2.2).
 * A new dialect is one file beside this one and one row above. A name that is missing means: pass the raw text.
 * Without a prototype, since the names come from elements: `converters['constructor']` is undefined.
 */
export const converters: Readonly<Record<string, Converter | undefined>> = withoutPrototype(table)

/**
 * Converters of vendors that take their filter as the body of a POST: a JSON value, for a request that has no body of its own
 * and no token that the converter fills (spec 11 §3.9, "builds a report-filter body for a GET→POST resource").
 */
export const bodyConverters: Readonly<Record<string, ((where: Where) => unknown) | undefined>> =
  withoutPrototype(bodies)

/**
 * Converters of whole select statements: of the parameter `q` of a resource `/query` (spec 21 §6). An element whose vendor
 * reads another language than these gets the statement in CEQL.
 */
export const statementConverters: Readonly<Record<string, ((select: Select) => string) | undefined>> = withoutPrototype(
  {
    toSoqlStatement,
  },
)

/** A converter that writes one text. */
function named(vendorName: string, write: (where: Where) => string): Converter {
  return (where, name = vendorName) => [[name, write(where)]]
}

/** In parentheses where a condition that stands beside it in a template would otherwise take a part of it. */
function apart(write: (where: Where) => string): (where: Where) => string {
  return (where) => (where.kind === 'or' ? `(${write(where)})` : write(where))
}

function withoutPrototype<T>(rows: Record<string, T>): Readonly<Record<string, T | undefined>> {
  return Object.freeze(Object.assign(Object.create(null), rows))
}
