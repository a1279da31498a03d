import type { Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { isObject } from '../../model/is-object.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { invalid, readNeededText, readText } from '../read-members.ts'
import { roleRows } from '../roles/find-role.ts'
import { changedRole, type RoleChange } from '../roles/role-change.ts'
import { isServerRole } from '../roles/role-rank.ts'
import { readRoleKeys } from '../users/user-input.ts'

/** What a sign-up says of one role of the new organization. */
export interface RoleAsked {
  key: string
  change: RoleChange
}

/** `[{ key, name?, description?, privileges: [{ key }] }]` (spec 50 §12). @throws ValenceError BODY_INVALID */
export function readRoleDefinitions(value: unknown): RoleAsked[] {
  const keys = readRoleKeys(value)
  return keys.map((key, at) => {
    const role = (value as Record<string, unknown>[])[at] ?? {}
    const { privileges } = role
    const name = readNeededText(role, 'name')
    const description = readText(role, 'description')
    return {
      key,
      change: {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined || description === null ? {} : { description }),
        ...(privileges === undefined || privileges === null ? {} : { privileges: readPrivileges(privileges, key) }),
      },
    }
  })
}

function readPrivileges(value: unknown, role: string): string[] {
  const where = `organization.roles, "${role}": privileges`
  if (!Array.isArray(value)) throw invalid(where, 'a list of objects with a key', value)
  return value.map((privilege) => {
    const key = isObject(privilege) ? privilege['key'] : undefined
    if (typeof key !== 'string') throw invalid(where, 'a list of objects with a key', privilege)
    return key
  })
}

/**
 * Roles of an organization that is being made: built-in ones allow what is asked instead of their defaults, others are new.
 * @throws ValenceError FORBIDDEN (403) for roles and privileges of the server, PRIVILEGE_UNKNOWN (400)
 */
export async function defineRolesOf(
  trx: Transaction<AccountsTables>,
  granter: Caller,
  organizationId: number,
  asked: readonly RoleAsked[],
): Promise<void> {
  const present = await roleRows(trx, organizationId).execute()
  for (const { key, change } of asked) {
    if (isServerRole(key)) throw new ValenceError('FORBIDDEN', `The role ${key} is the server's and no organization's`)
    const role = present.find((one) => one.key === key)
    const nothing = { key, name: key, description: '', active: true, privileges: [] }
    const definition = changedRole(granter, role ?? nothing, change)
    await trx
      .insertInto('roles')
      .values({ organization_id: organizationId, key, ...definition })
      .onConflict((conflict) => conflict.columns(['organization_id', 'key']).doUpdateSet(definition))
      .execute()
  }
}
