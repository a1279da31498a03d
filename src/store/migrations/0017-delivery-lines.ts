import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * The line of a subscription is read by what its deliveries wait for: whoever looks for first attempts, or for a retry that holds them back,
 * must not read past everything that is queued.
 */
const STATEMENTS = [
  `drop index deliveries_open`,
  `create index deliveries_open on deliveries (subscription_id, status, id) where status in ('created', 'retry', 'queued')`,
]

export const deliveryLines: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}
