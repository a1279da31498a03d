import type { Select } from '../ast.ts'
import { soqlName, toSoql } from './soql.ts'

/** Most records of a statement that asks for all fields (SOQL and SOSL Reference, "FIELDS()"). */
const MAX_ALL_FIELDS = 200

/**
 * Converter `toSoqlStatement`: a select statement as a Salesforce query. `*` is `FIELDS(ALL)`, which the vendor answers for
 * up to 200 records.
 * @throws ValenceError QUERY_INVALID for names that are none of fields or objects
 */
export function toSoqlStatement({ fields, from, where, orderBy, limit }: Select): string {
  const most = fields ? limit : Math.min(limit ?? MAX_ALL_FIELDS, MAX_ALL_FIELDS)
  const order = orderBy.map(({ name, direction }) => soqlName(name) + (direction === 'desc' ? ' DESC' : ''))
  return [
    `SELECT ${fields ? fields.map(soqlName).join(', ') : 'FIELDS(ALL)'} FROM ${soqlName(from)}`,
    ...(where ? [`WHERE ${toSoql(where)}`] : []),
    ...(order.length > 0 ? [`ORDER BY ${order.join(', ')}`] : []),
    ...(most === undefined ? [] : [`LIMIT ${most}`]),
  ].join(' ')
}
