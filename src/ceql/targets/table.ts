import type { Where } from '../ast.ts'
import { toBazaarvoice } from './bazaarvoice.ts'
import { toODataFilter, toODataV3Filter } from './odata-filter.ts'
import { toQueryParameters } from './query-parameters.ts'
import { toQuickbase } from './quickbase.ts'
import { toSFDCReportFilter } from './sfdc-report-filter.ts'
import { toWiql, toWiqlBody } from './wiql.ts'

/** Turns a where-expression into vendor parameters: [name, value] pairs in order, not URL-encoded. */
export type Converter = (where: Where) => [name: string, value: string][]

const table: Record<string, Converter> = {
  toBazaarvoice,
  toODataFilter: (where) => [['$filter', toODataFilter(where)]],
  toODataV3Filter: (where) => [['$filter', toODataV3Filter(where)]],
  toQueryParameters,
  // the token `{query}` of a body template (spec 11 §3.9)
  toQuickbase: (where) => [['query', toQuickbase(where)]],
  toSFDCReportFilter: () => [],
  // the same token: the one export that uses it has no template, so nothing contradicts
  toWiql: (where) => [['query', toWiql(where)]],
}

const bodies: Record<string, (where: Where) => unknown> = {
  toSFDCReportFilter,
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

function withoutPrototype<T>(rows: Record<string, T>): Readonly<Record<string, T | undefined>> {
  return Object.freeze(Object.assign(Object.create(null), rows))
}
