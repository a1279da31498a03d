import type { Kysely } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { RoleHolder } from './effective-roles.ts'

const MAX_ID = 2_147_483_647

/** Ids of a path may be absurd (spec 00 §1); a column takes no larger ones. */
export function isPossibleId(id: number): boolean {
  return Number.isInteger(id) && id > 0 && id <= MAX_ID
}

/** A user that is not deleted, of whatever organization. @throws ValenceError USER_NOT_FOUND (404) */
export async function findRoleHolder(db: Kysely<AccountsTables>, userId: number): Promise<RoleHolder> {
  const user =
    isPossibleId(userId) &&
    (await db
      .selectFrom('users')
      .innerJoin('accounts', 'accounts.id', 'users.account_id')
      .select(['users.id as userId', 'users.account_id as accountId', 'users.organization_id as organizationId'])
      .select('default_account as defaultAccount')
      .where('users.id', '=', userId)
      .where('users.deleted_at', 'is', null)
      .executeTakeFirst())
  if (!user) throw new ValenceError('USER_NOT_FOUND', 'No user found with this id')
  return user
}
