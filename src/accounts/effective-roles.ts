import { type Kysely, sql } from 'kysely'
import type { AccountsTables } from './accounts-table.ts'
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
  const granted = await grantedKeys(db, holder)
  const server = SERVER_ROLES.filter(({ key }) => granted.includes(key))
  const own = granted.filter((key) => !server.some((role) => role.key === key))
  const keys = own.length > 0 ? own : [implicitRole(holder)]
  const rows = await db
    .selectFrom('roles')
    .select(['id', 'key', 'name', 'description', 'active', 'privileges', 'created_at as createdDate'])
    .where('organization_id', '=', holder.organizationId)
    .where('key', 'in', keys)
    .orderBy('id')
    .execute()
  return [...rows, ...server.map(toServerRole)]
}

async function grantedKeys(db: Kysely<AccountsTables>, { userId, accountId }: RoleHolder): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select role_key as key from user_roles where user_id = ${userId}
    union select role_key from account_roles where account_id = ${accountId}`.execute(db)
  return rows.map(({ key }) => key)
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
