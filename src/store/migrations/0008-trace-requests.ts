import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** A trace is found by the request it is of, beside its own id. */
const STATEMENTS = [
  `alter table traces add column request_id text`,
  `create index traces_request_id on traces (request_id) where request_id is not null`,
]

export const traceRequests: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}
