import type { TimePartitions } from '../store/time-partitions.ts'

/** The table of this room; the schema is `store/migrations/0006-audit.ts`. */
export type AuditTables = { audit_logs: AuditTable }

export interface AuditTable {
  /** grows with time (`record-ids.ts`) */
  id: string
  at: Date
  organization_id: number | null
  account_id: number | null
  user_id: number | null
  instance_id: number | null
  entity_type: string
  entity_id: string | null
  action: string
  /** null, with the four below: nobody asked over HTTP */
  method: string | null
  resource_uri: string | null
  status: number | null
  ip_address: string | null
  request_id: string | null
  /** JSON of the members that differ */
  before: string | null
  after: string | null
}

/** Records are kept for a year (spec 41 §9). */
export const AUDIT_PARTITIONS: TimePartitions = {
  table: 'audit_logs',
  column: 'at',
  unit: 'month',
  keepDays: 365,
  ahead: 2,
}
