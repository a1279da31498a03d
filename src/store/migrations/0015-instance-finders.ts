import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Webhooks that name no instance find it by a value of its configuration, whichever the element says (spec 40 §4.2, rule 4). */
export const instanceFinders: Migration = {
  async up(db) {
    await sql`create index instances_configuration on instances using gin (configuration)`.execute(db)
  },
}
