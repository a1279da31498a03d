import type { Where } from '../ast.ts'
import { toODataFilter, toODataV3Filter } from './odata-filter.ts'
import { toQueryParameters } from './query-parameters.ts'

/** Turns a where-expression into vendor parameters: [name, value] pairs in order, not URL-encoded. */
export type Converter = (where: Where) => [name: string, value: string][]

const table: Record<string, Converter> = {
  toODataFilter: (where) => [['$filter', toODataFilter(where)]],
  toODataV3Filter: (where) => [['$filter', toODataV3Filter(where)]],
  toQueryParameters,
}

/**
 * Converter names of an element's `where` parameter (`converter`, or `vendorName` "converter:<name>"; spec 21 §2.2).
 * A new dialect is one file beside this one and one row above. A name that is missing means: pass the raw text.
 * Without a prototype, since the names come from elements: `converters['constructor']` is undefined.
 */
export const converters: Readonly<Record<string, Converter | undefined>> = Object.freeze(
  Object.assign(Object.create(null), table),
)
