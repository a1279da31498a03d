import { sql } from 'kysely'
import type { InstanceContext } from './context.ts'

const HELD_BY_ORGANIZATIONS = ['oauth_proxies', 'element_applications'] as const

/**
 * Client secrets of organizations that were deleted leave the database as soon as nothing of theirs is left to revoke: until then the vendor
 * asks for them.
 */
export async function forgetClients({ store }: Pick<InstanceContext, 'store'>): Promise<void> {
  for (const table of HELD_BY_ORGANIZATIONS) {
    await sql`
      delete from ${sql.table(table)} as held using organizations
      where organizations.id = held.organization_id and organizations.deleted_at is not null and not exists (
        select from instances join instance_credentials on instance_id = instances.id
        where instances.organization_id = organizations.id
      )`.execute(store.db)
  }
}
