import { type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { TimeRange } from '../model/buckets.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { Store } from '../store/database.ts'
import { type UsageTables, usageDb } from './usage-table.ts'

/** What of the log is asked for, beyond whose (spec 41 §7.2); conditions that are absent or empty leave nothing out. */
export interface UsageFilter {
  range: TimeRange
  hub?: string
  elementKeys?: readonly string[]
  /** of instances; one of them is enough */
  tags?: readonly string[]
  status?: 'SUCCESS' | 'FAILED'
  /** somewhere in the address, the element, the instance or the message */
  searchText?: string
}

/** Statuses from here on are failures. */
export const FAILED_FROM = 400

/** The records of a scope that match, in no order. */
export function selectUsage(store: Pick<Store, 'db'>, scope: LogScope, filter: UsageFilter) {
  return usageDb(store)
    .selectFrom('usage_records')
    .where((where) => where.and([...inScope(where, scope), ...matching(where, filter)]))
}

type Where = ExpressionBuilder<UsageTables, 'usage_records'>

export function inScope(where: Where, { organizationId, accountIds, userId }: LogScope) {
  const conditions = [where('organization_id', '=', organizationId)]
  if (accountIds) conditions.push(where('account_id', 'in', accountIds))
  if (userId !== undefined) conditions.push(where('user_id', '=', userId))
  return conditions
}

function matching(where: Where, { range, hub, elementKeys, tags, status, searchText }: UsageFilter) {
  const conditions = [where('traffic_date', '>=', range.from), where('traffic_date', '<=', range.to)]
  if (hub) conditions.push(where(where.fn<string>('lower', ['hub']), '=', hub.toLowerCase()))
  if (elementKeys?.length) conditions.push(where('element_key', 'in', elementKeys))
  if (tags?.length) conditions.push(sql<SqlBool>`instance_tags && ${tags}::text[]` as never)
  if (status) conditions.push(where('status', status === 'FAILED' ? '>=' : '<', FAILED_FROM))
  if (searchText) {
    const pattern = `%${searchText.replace(/[\\%_]/g, '\\$&')}%`
    const columns = ['uri', 'element_key', 'element_name', 'instance_name', 'message', 'provider_message'] as const
    conditions.push(where.or(columns.map((column) => where(column, 'ilike', pattern))))
  }
  return conditions
}
