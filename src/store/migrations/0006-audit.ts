import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Who changed what: one row for every change and every sign-in, by month (`store/time-partitions.ts`).
 *
 * `id` is text that grows with time: 12 hex digits of milliseconds, then what tells rows of one millisecond apart. Lists go by it,
 * so it is compared byte by byte. `organization_id` is null for a sign-in of nobody we know. Without references: a row outlives
 * whom it speaks of. `before` and `after` are JSON text of the members that differ.
 */
const STATEMENTS = [
  `create table audit_logs (
    id text collate "C" not null,
    at timestamptz(3) not null,
    organization_id integer,
    account_id integer,
    user_id integer,
    instance_id integer,
    entity_type text not null,
    entity_id text,
    action text not null,
    method text,
    resource_uri text,
    status integer,
    ip_address text,
    request_id text,
    before text,
    after text,
    primary key (id, at)
  ) partition by range (at)`,
  `create index audit_logs_organization_id on audit_logs (organization_id, id)`,
  `create index audit_logs_account_id on audit_logs (account_id, id)`,
  `create index audit_logs_entity on audit_logs (organization_id, entity_type, entity_id, id)`,
  `create table audit_logs_default partition of audit_logs default`,
]

export const audit: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}
