import type { Kysely } from 'kysely'
import { isRowId } from '../../model/row-id.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { userNotFound } from '../users/find-user.ts'
import type { RoleHolder } from './effective-roles.ts'

/** A user that is not deleted, of whatever organization. @throws ValenceError USER_NOT_FOUND (404) */
export async function findRoleHolder(db: Kysely<AccountsTables>, userId: number): Promise<RoleHolder> {
  const user =
    isRowId(userId) &&
    (await db
      .selectFrom('users')
      .innerJoin('accounts', 'accounts.id', 'users.account_id')
      .select(['users.id as userId', 'users.account_id as accountId', 'users.organization_id as organizationId'])
      .select('default_account as defaultAccount')
      .where('users.id', '=', userId)
      .where('users.deleted_at', 'is', null)
      .executeTakeFirst())
  if (!user) throw userNotFound(userId)
  return user
}
