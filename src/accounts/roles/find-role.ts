import type { Kysely } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { SERVER_ROLES } from './built-in-roles.ts'
import { type EffectiveRole, toServerRole } from './effective-roles.ts'

/** Rows of an organization's roles in the shape of `EffectiveRole`. */
export function roleRows(db: Kysely<AccountsTables>, organizationId: number) {
  return db
    .selectFrom('roles')
    .select(['id', 'key', 'name', 'description', 'active', 'privileges', 'created_at as createdDate'])
    .where('organization_id', '=', organizationId)
    .orderBy('id')
}

/**
 * The roles of these keys, as the organization defines them; those of the server as well. In a transaction they cannot be deleted
 * before its end.
 *
 * @throws ValenceError ROLE_UNKNOWN (400) naming the first key that is no role
 */
export async function rolesNamed(
  trx: Kysely<AccountsTables>,
  organizationId: number,
  keys: readonly string[],
): Promise<EffectiveRole[]> {
  const rows =
    keys.length === 0 ? [] : await roleRows(trx, organizationId).where('key', 'in', keys).forShare().execute()
  return keys.map((key) => {
    const server = SERVER_ROLES.find((role) => role.key === key)
    const found = server ? toServerRole(server) : rows.find((row) => row.key === key)
    if (!found) throw new ValenceError('ROLE_UNKNOWN', `The role "${key}" does not exist in this organization`)
    return found
  })
}
