import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { idInWords } from '../../model/row-id.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { keepAdministrator } from './administrators.ts'
import { BUILT_IN_ROLES } from './built-in-roles.ts'
import type { EffectiveRole } from './effective-roles.ts'
import { roleRows } from './find-role.ts'
import { type RoleBody, toRoleBody } from './role-body.ts'
import { changedRole, type RoleChange, type RoleDefinition } from './role-change.ts'

/** A role of a list that is sent back: found by its id, by its key where it has none. */
export interface NamedRoleChange extends RoleChange {
  id?: number
  key?: string
}

/** `GET /organizations/roles`: as the caller's organization defines them; roles of the server are not among them. */
export async function listRoles({ store }: AccountsContext, caller: Caller): Promise<RoleBody[]> {
  const rows = await roleRows(store.db.withTables<AccountsTables>(), caller.organizationId).execute()
  return rows.map(toRoleBody)
}

/**
 * `PUT /organizations/roles`: replaces what each role of the list allows, all of them or none.
 *
 * @returns all roles of the organization
 * @throws ValenceError ROLE_NOT_FOUND (404), what `changedRole` throws, LAST_ADMINISTRATOR (409)
 */
export async function defineRoles(
  context: AccountsContext,
  caller: Caller,
  changes: readonly NamedRoleChange[],
): Promise<RoleBody[]> {
  return change(context, caller, 'update', (roles) =>
    changes.map((one) => {
      const role = roles.find(({ id, key }) => (one.id === undefined ? key === one.key : id === one.id))
      if (!role) throw roleNotFound(one)
      return [role, changedRole(caller, role, one)]
    }),
  )
}

/** `PUT /organizations/roles/{id}` @throws as `defineRoles` */
export async function defineRole(
  context: AccountsContext,
  caller: Caller,
  id: number,
  wanted: RoleChange,
): Promise<RoleBody> {
  const roles = await defineRoles(context, caller, [{ ...wanted, id }])
  const role = roles.find((one) => one.id === id)
  if (!role) throw roleNotFound({ id })
  return role
}

/** `PUT /organizations/roles/reset`: built-in roles are again what the server ships; roles of the organization's own stay as they are. */
export async function resetRoles(context: AccountsContext, caller: Caller): Promise<RoleBody[]> {
  return change(context, caller, 'reset', (roles) =>
    roles.flatMap((role): [EffectiveRole, RoleDefinition][] => {
      const shipped = BUILT_IN_ROLES.find(({ key }) => key === role.key)
      if (!shipped) return []
      const { name, description, privileges } = shipped
      return [[role, { name, description, active: true, privileges: [...privileges] }]]
    }),
  )
}

/** @param decide from the roles as they are, locked, to those that shall be different */
async function change(
  { store, now }: AccountsContext,
  caller: Caller,
  action: 'update' | 'reset',
  decide: (roles: readonly EffectiveRole[]) => [EffectiveRole, RoleDefinition][],
): Promise<RoleBody[]> {
  const { organizationId } = caller
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    await keepAdministrator(trx, organizationId, async () => {
      for (const [before, after] of decide(await roleRows(trx, organizationId).forUpdate().execute())) {
        await update(trx, before.id, after, now())
        await recordChange(trx, caller, { entity: 'role', id: before.id, action, before: defined(before), after })
      }
    })
    publish({ topic: 'organization', key: String(organizationId) })
    return (await roleRows(trx, organizationId).execute()).map(toRoleBody)
  })
}

async function update(
  trx: Transaction<AccountsTables>,
  id: number,
  definition: RoleDefinition,
  at: Date,
): Promise<void> {
  await trx
    .updateTable('roles')
    .set({ ...definition, updated_at: at })
    .where('id', '=', id)
    .execute()
}

function defined({ name, description, active, privileges }: EffectiveRole): RoleDefinition {
  return { name, description, active, privileges: [...privileges] }
}

/** @param asked what names the role */
export function roleNotFound(asked: Pick<NamedRoleChange, 'id' | 'key'>): ValenceError {
  return new ValenceError(
    'ROLE_NOT_FOUND',
    `There is no role ${inWords(asked)} in your organization; GET /organizations/roles lists them`,
  )
}

function inWords({ id, key }: Pick<NamedRoleChange, 'id' | 'key'>): string {
  if (id !== undefined) return `with ${idInWords(id)}`
  return key === undefined ? 'without id and key' : `"${key}"`
}
