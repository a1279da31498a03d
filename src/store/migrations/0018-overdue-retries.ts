import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Retries of all subscriptions by their time: which of them should have been made long ago is asked once an hour. */
export const overdueRetries: Migration = {
  async up(db) {
    await sql
      .raw(`create index deliveries_retries on deliveries (next_attempt_at, id) where status = 'retry'`)
      .execute(db)
  },
}
