import { sql, type Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { isRowId } from '../../model/row-id.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { BUILT_IN_ROLES } from './built-in-roles.ts'
import { roleNotFound } from './define-roles.ts'
import { roleRows } from './find-role.ts'
import { type RoleBody, toRoleBody } from './role-body.ts'
import { changedRole, type RoleChange } from './role-change.ts'
import { isServerRole } from './role-rank.ts'

/** A list of roles is answered whole. */
const MAX_ROLES = 200

/**
 * `POST /organizations/roles`: a role of the organization's own, to be granted like the others.
 *
 * @throws ValenceError ALREADY_EXISTS (409) for a key that is taken, what `changedRole` throws, TOO_MANY (409)
 */
export async function createRole(
  { store }: AccountsContext,
  caller: Caller,
  key: string,
  wanted: RoleChange,
): Promise<RoleBody> {
  const { organizationId } = caller
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const present = await roleRows(trx, organizationId).execute()
    if (isServerRole(key) || present.some((role) => role.key === key)) throw taken(key)
    if (present.length >= MAX_ROLES) {
      throw new ValenceError('TOO_MANY', `An organization has at most ${MAX_ROLES} roles; delete one first`)
    }
    const nothing = { key, name: key, description: '', active: true, privileges: [] }
    const definition = changedRole(caller, nothing, wanted)
    const made = await trx
      .insertInto('roles')
      .values({ organization_id: organizationId, key, ...definition })
      .onConflict((conflict) => conflict.doNothing())
      .returning(['id', 'created_at as createdDate'])
      .executeTakeFirst()
    if (!made) throw taken(key)
    await recordChange(trx, caller, { entity: 'role', id: made.id, action: 'create', after: { key, ...definition } })
    publish({ topic: 'organization', key: String(organizationId) })
    return toRoleBody({ key, ...definition, ...made })
  })
}

/**
 * `DELETE /organizations/roles/{id}`
 *
 * @throws ValenceError ROLE_NOT_FOUND (404), FORBIDDEN (403) for a built-in role, what `changedRole` throws, IN_USE (409) while it is granted
 */
export async function deleteRole({ store }: AccountsContext, caller: Caller, id: number): Promise<void> {
  const { organizationId } = caller
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const found = isRowId(id) && (await roleRows(trx, organizationId).where('id', '=', id).forUpdate().execute())
    const [role] = found || []
    if (!role) throw roleNotFound({ id })
    if (BUILT_IN_ROLES.some(({ key }) => key === role.key)) {
      throw new ValenceError('FORBIDDEN', `The role ${role.key} is built in and cannot be deleted`)
    }
    changedRole(caller, role, { privileges: [] })
    const holders = await countHolders(trx, organizationId, role.key)
    if (holders.users + holders.accounts > 0) {
      const text = `The role ${role.key} is granted to ${holders.users} users and ${holders.accounts} accounts; take it from them first`
      throw new ValenceError('IN_USE', text)
    }
    await trx.deleteFrom('roles').where('id', '=', id).execute()
    await recordChange(trx, caller, { entity: 'role', id, action: 'delete', before: role })
    publish({ topic: 'organization', key: String(organizationId) })
  })
}

/** Deleted users hold nothing; what is left of them is removed on the way. */
async function countHolders(
  trx: Transaction<AccountsTables>,
  organizationId: number,
  key: string,
): Promise<{ users: number; accounts: number }> {
  const everyone = trx.selectFrom('users').select('id').where('organization_id', '=', organizationId)
  await trx
    .deleteFrom('user_roles')
    .where('role_key', '=', key)
    .where('user_id', 'in', everyone.where('deleted_at', 'is not', null))
    .execute()
  const users = trx.selectFrom('user_roles').where('role_key', '=', key).where('user_id', 'in', everyone)
  const accounts = trx
    .selectFrom('account_roles')
    .where('role_key', '=', key)
    .where('account_id', 'in', trx.selectFrom('accounts').select('id').where('organization_id', '=', organizationId))
  const count = sql<number>`count(*)::integer`.as('count')
  return {
    users: (await users.select(count).executeTakeFirstOrThrow()).count,
    accounts: (await accounts.select(count).executeTakeFirstOrThrow()).count,
  }
}

function taken(key: string): ValenceError {
  return new ValenceError('ALREADY_EXISTS', `The role key "${key}" is taken`)
}
