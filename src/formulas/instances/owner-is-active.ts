import { sql } from 'kysely'

/**
 * Whether the owner of an instance, his account and his organization are active: in his name alone it runs (spec 30 §3.5).
 * @param instance name or alias of the table
 */
export function ownerIsActive(instance: 'formula_instances' | 'instance') {
  return sql<boolean>`exists (
    select from users join accounts on accounts.id = users.account_id
    join organizations on organizations.id = users.organization_id
    where users.id = ${sql.ref(`${instance}.user_id`)} and users.active and users.deleted_at is null
      and accounts.active and organizations.active)`
}
