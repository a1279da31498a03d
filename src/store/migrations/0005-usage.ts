import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * The usage log: one row per API call of somebody who is known (spec 41 §7), in partitions by day (`time-partitions.ts`). Rows outlive the
 * users, accounts and instances they tell of, so nothing is referenced. A row that is written twice is one: the key is the request's own id.
 */
const STATEMENTS = [
  `create table usage_records (
    traffic_id text not null,
    traffic_date timestamptz not null,
    organization_id integer not null,
    account_id integer not null,
    user_id integer not null,
    method text not null,
    uri text not null,
    ip text not null,
    status integer not null,
    process_ms integer not null,
    vendor_ms integer not null,
    api text not null,
    element_key text,
    element_name text,
    hub text,
    resource text,
    instance_id integer,
    instance_name text,
    instance_tags text[] not null default '{}',
    vendor_method text,
    vendor_resource text,
    common_resource boolean not null default false,
    message text,
    provider_message text,
    primary key (traffic_id, traffic_date)
  ) partition by range (traffic_date)`,
  `create table usage_records_default partition of usage_records default`,
  `create index usage_records_organization on usage_records (organization_id, traffic_date desc, traffic_id desc)`,
  `create index usage_records_account on usage_records (account_id, traffic_date desc, traffic_id desc)`,
]

export const usage: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}
