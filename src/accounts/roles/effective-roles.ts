import { type Kysely, sql } from 'kysely'
import type { AccountsTables } from '../accounts-table.ts'
import { BUILT_IN_ROLES, IMPLICIT_ROLE, SERVER_ROLES } from './built-in-roles.ts'

/** A role of one user, as its organization defines it. */
export interface EffectiveRole {
  id: number
  key: string
  name: string
  description: string
  active: boolean
  privileges: readonly string[]
  createdDate: Date
}

export interface RoleHolder {
  userId: number
  accountId: number
  organizationId: number
  defaultAccount: boolean
}

/**
 * What is granted to the user and to its account. Who holds no role of the organization has the implicit one, `org` in the default account
 * and `default-user` elsewhere; roles of the server do not count for that (spec 50 §6).
 */
export async function effectiveRoles(db: Kysely<AccountsTables>, holder: RoleHolder): Promise<EffectiveRole[]> {
  return (await rolesOfMany(db, [holder]))(holder.userId)
}

/** The same of many users in two queries. @returns a user's roles by its id */
export async function rolesOfMany(
  db: Kysely<AccountsTables>,
  holders: readonly RoleHolder[],
): Promise<(userId: number) => EffectiveRole[]> {
  const granted = await grantedKeys(db, holders)
  const definitions = await db
    .selectFrom('roles')
    .select(['id', 'key', 'name', 'description', 'active', 'privileges', 'created_at as createdDate'])
    .select('organization_id as organizationId')
    .where(sql<boolean>`organization_id = any(${unique(holders.map((holder) => holder.organizationId))}::integer[])`)
    .orderBy('id')
    .execute()
  const roles = new Map(holders.map((holder) => [holder.userId, rolesOf(holder)]))
  return (userId) => roles.get(userId) ?? []

  function rolesOf(holder: RoleHolder): EffectiveRole[] {
    const held = granted.get(holder.userId) ?? []
    const server = SERVER_ROLES.filter(({ key }) => held.includes(key))
    const own = held.filter((key) => !server.some((role) => role.key === key))
    const keys = own.length > 0 ? own : [implicitRole(holder)]
    const rows = definitions.filter((row) => row.organizationId === holder.organizationId && keys.includes(row.key))
    return [...rows.map(({ organizationId, ...role }) => role), ...server.map(toServerRole)]
  }
}

/** Keys by user id, each once. */
async function grantedKeys(
  db: Kysely<AccountsTables>,
  holders: readonly RoleHolder[],
): Promise<Map<number, readonly string[]>> {
  const users = holders.map(({ userId }) => userId)
  const accounts = holders.map(({ accountId }) => accountId)
  const { rows } = await sql<{ user_id: number; keys: string[] }>`
    select user_id, array_agg(distinct role_key) as keys from (
      select user_id, role_key from user_roles where user_id = any(${users}::integer[])
      union all
      select holder.user_id, role_key
      from unnest(${users}::integer[], ${accounts}::integer[]) as holder (user_id, account_id)
      join account_roles using (account_id)
    ) as held group by user_id`.execute(db)
  return new Map(rows.map(({ user_id, keys }) => [user_id, keys]))
}

function unique(ids: readonly number[]): number[] {
  return [...new Set(ids)]
}

export function implicitRole({ defaultAccount }: { defaultAccount: boolean }): string {
  return defaultAccount ? IMPLICIT_ROLE.defaultAccount : IMPLICIT_ROLE.otherAccount
}

/** Roles of the server have no row; their ids are negative, so that none is taken for a row's. */
export function toServerRole(role: (typeof SERVER_ROLES)[number]): EffectiveRole {
  return { ...role, id: -1 - SERVER_ROLES.indexOf(role), active: true, createdDate: new Date(0) }
}

/** The rows every organization starts with. */
export async function insertBuiltInRoles(db: Kysely<AccountsTables>, organizationId: number): Promise<void> {
  await db
    .insertInto('roles')
    .values(
      BUILT_IN_ROLES.map(({ key, name, description, privileges }) => ({
        organization_id: organizationId,
        key,
        name,
        description,
        privileges: [...privileges],
      })),
    )
    .execute()
}
