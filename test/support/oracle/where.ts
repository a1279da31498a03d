import type { Parameter } from '../../../src/model/element.ts'
import { UNKNOWN } from './values.ts'

/** The one condition that the oracle's calls send, so that every converter's output can be written down by hand. */
export const WHERE = { text: "name='v1'", attribute: 'name', value: 'v1' }

/** Where a `where` row puts what: query parameters, tokens of templates (spec 21 §2.2). */
export interface WherePlaces {
  query: [name: string, value: string][]
  tokens: Record<string, string>
  /** of a vendor that takes the condition inside a statement of its own language */
  body?: unknown
}

const CONVERTED: Record<string, WherePlaces> = {
  toQueryParameters: { query: [[WHERE.attribute, WHERE.value]], tokens: {} },
  toODataFilter: { query: [['$filter', "name eq 'v1'"]], tokens: {} },
  toODataV3Filter: { query: [['$filter', "name eq 'v1'"]], tokens: {} },
  toBazaarvoice: { query: [['Filter', 'name:eq:v1']], tokens: {} },
  toQuickbase: { query: [], tokens: { query: "{'name'.EX.'v1'}" } },
  toWiql: { query: [], tokens: {}, body: { query: `SELECT ${UNKNOWN} WHERE [name] = 'v1'` } },
}

export function isWhereRow({ type, name }: Parameter): boolean {
  return type === 'query' && name === 'where'
}

/** @returns undefined: no converter and no token, the raw text goes where the row says */
export function placesOfWhere(row: Parameter): WherePlaces | undefined {
  const name = row.converter || /^converter:(.+)$/.exec(row.vendorName)?.[1]
  const known = name ? CONVERTED[name] : undefined
  if (known) return row.vendorType.toLowerCase() === 'no-op' ? { ...known, query: [] } : known
  const token = /^\{(.+)\}$/.exec(row.vendorName)?.[1]
  return token === undefined ? undefined : { query: [], tokens: { [token]: WHERE.text } }
}
