import type { Kysely } from 'kysely'
import type { Store } from '../store/database.ts'
import type { TimePartitions } from '../store/time-partitions.ts'

/** Rows of this room; the schema is `store/migrations/0005-usage.ts`. */
export type UsageTables = { usage_records: UsageRecord }

/** One API call (spec 41 §7.1). */
export interface UsageRecord {
  /** the request's id: 24 hex digits */
  traffic_id: string
  /** when the call came */
  traffic_date: Date
  organization_id: number
  account_id: number
  user_id: number
  method: string
  /** with the prefix `/elements/api-v2`, without query */
  uri: string
  ip: string
  status: number
  /** the whole call, vendor included */
  process_ms: number
  vendor_ms: number
  /** name of the operation: the element's or ours */
  api: string
  element_key: string | null
  element_name: string | null
  hub: string | null
  /** path of the element's resource below its hub, without a leading slash */
  resource: string | null
  instance_id: number | null
  instance_name: string | null
  instance_tags: readonly string[]
  vendor_method: string | null
  vendor_resource: string | null
  common_resource: boolean
  message: string | null
  provider_message: string | null
}

export function usageDb({ db }: Pick<Store, 'db'>): Kysely<UsageTables> {
  return db.withTables<UsageTables>()
}

/** One partition a day; tomorrow's is there before it is needed. */
export function usagePartitions(keepDays: number): TimePartitions {
  return { table: 'usage_records', column: 'traffic_date', unit: 'day', keepDays, ahead: 1 }
}
