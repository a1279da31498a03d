import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { type ListPage, type ListQuery, listPage } from '../list-page.ts'
import { effectiveRoles, rolesOfMany } from '../roles/effective-roles.ts'
import { openSecret } from '../secrets.ts'
import { isPasswordEnough, knowsPassword } from '../sign-in/knows-password.ts'
import { findUser, holderOf } from './find-user.ts'
import { toListedUser, toUserBody, type UserBody, type UserRow, userRows } from './user-body.ts'
import { accountOfScope, reachOf, type UserScope } from './user-scope.ts'

/**
 * Users of an entrance that the caller sees, in order of id; without `includeInactive` the active ones (spec 50 §5).
 * @throws ValenceError NOTHING_FOUND (404, "No users found"), QUERY_INVALID, ACCOUNT_NOT_FOUND, FORBIDDEN
 */
export async function listUsers(
  { store, authorize }: AccountsContext,
  caller: Caller,
  scope: UserScope,
  query: ListQuery,
): Promise<ListPage<UserBody>> {
  const db = store.db.withTables<AccountsTables>()
  let rows = userRows(db)
  if (scope.entrance === 'everybody') {
    authorize(caller, 'users.list')
    const reach = reachOf(caller, 'list')
    rows = rows.where('users.organization_id', '=', caller.organizationId)
    if (reach === 'account') rows = rows.where('users.account_id', '=', caller.accountId)
    if (reach === 'self') rows = rows.where('users.id', '=', caller.userId)
  } else {
    const account = await accountOfScope(db, authorize, caller, scope, 'list')
    rows = rows.where('users.account_id', '=', account.id)
  }
  if (!query.includeInactive) rows = rows.where('users.active', '=', true)
  const toBodies = async (users: UserRow[]) => {
    const roles = await rolesOfMany(db, users.map(holderOf))
    return users.map((user) => toListedUser(user, roles(user.id)))
  }
  return listPage(rows, caller.organizationId, 'users.id', toBodies, 'users', query)
}

/**
 * One user with his roles and their privileges; the secret only for whoever knows the user's password, which takes
 * the place of no second factor (spec 00 §2.2).
 * @throws ValenceError USER_NOT_FOUND, ACCOUNT_NOT_FOUND, FORBIDDEN, TOO_MANY_ATTEMPTS (429)
 */
export async function readUser(
  context: AccountsContext,
  caller: Caller,
  scope: UserScope,
  emailOrId: string,
  password?: string,
): Promise<UserBody> {
  const { store, authorize } = context
  const db = store.db.withTables<AccountsTables>()
  const user = await findUser(db, authorize, caller, scope, emailOrId, 'list')
  const roles = await effectiveRoles(db, holderOf(user))
  const isKnown = password !== undefined && (await knowsPassword(context, user, password, caller.via))
  const isShown = isKnown && (user.id === caller.userId || (await isPasswordEnough(context, user)))
  if (!isShown) return toUserBody(user, roles)
  return toUserBody(user, roles, { secret: openSecret(store.cipher, 'users', user.id, user.secret_ciphertext) })
}
