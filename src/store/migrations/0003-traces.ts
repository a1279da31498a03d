import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What vendor calls of one provisioning or one hub call were, kept for a short time; and until when an instance is traced. */
const STATEMENTS = [
  `alter table instances add column trace_until timestamptz`,
  `create table traces (
    id text primary key,
    organization_id integer not null references organizations,
    account_id integer not null references accounts,
    element_id integer not null,
    instance_id integer,
    document text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
  )`,
  `create index traces_expires_at on traces (expires_at)`,
  `create index traces_account_id on traces (account_id, created_at)`,
]

export const traces: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}
