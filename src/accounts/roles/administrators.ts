import { type Kysely, sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { AccountsTables } from '../accounts-table.ts'

/**
 * Runs a change after which the organization might have nobody left who can undo it: roles taken away or redefined, users or accounts made
 * inactive or deleted. Such changes of one organization happen one after the other.
 *
 * The organization is locked first: nothing that the change locks, roles and users among it, may be locked before, or two such changes wait for
 * each other.
 *
 * @throws ValenceError LAST_ADMINISTRATOR when no active user would be administrator of the organization and hold `configureRoles`;
 *   the transaction must then be rolled back
 */
export async function keepAdministrator<T>(
  trx: Kysely<AccountsTables>,
  organizationId: number,
  change: () => Promise<T>,
): Promise<T> {
  await trx
    .selectFrom('organizations')
    .select('id')
    .where('id', '=', organizationId)
    .forNoKeyUpdate() // references to the organization do not wait
    .execute()
  const result = await change()
  if (await hasAdministrator(trx, organizationId)) return result
  throw new ValenceError(
    'LAST_ADMINISTRATOR',
    'Nobody would be left who can administer the organization: an active user with the role org-admin and the privilege configureRoles; make another one first',
  )
}

async function hasAdministrator(trx: Kysely<AccountsTables>, organizationId: number): Promise<boolean> {
  const { rows } = await sql`
    select users.id from users
    join accounts on accounts.id = users.account_id and accounts.active and accounts.default_account
    join roles on roles.organization_id = users.organization_id and roles.active and (
      exists (select from user_roles held where held.user_id = users.id and held.role_key = roles.key)
      or exists (select from account_roles held where held.account_id = users.account_id and held.role_key = roles.key))
    where users.organization_id = ${organizationId} and users.active and users.deleted_at is null
    group by users.id
    having bool_or(roles.key = 'org-admin') and bool_or('configureRoles' = any(roles.privileges))
    limit 1`.execute(trx)
  return rows.length > 0
}
