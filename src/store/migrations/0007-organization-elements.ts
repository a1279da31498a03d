import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** An element that every account of its organization sees, also accounts made later. */
export const organizationElements: Migration = {
  async up(db) {
    await sql`alter table elements add column organization_wide boolean not null default false`.execute(db)
  },
}
