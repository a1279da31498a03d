import type { Kysely } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { Authorize, Operation } from '../authorize.ts'
import { type AccountRow, findAccount, findDefaultAccount, ownerOf } from '../find-account.ts'

/**
 * Through which of its three entrances the API was entered (spec 50 §5): users of one account, users of the organization's default account, or
 * everybody whom the caller may see.
 */
export type UserScope = AccountScope | { entrance: 'everybody' }
export type AccountScope = { entrance: 'account'; accountId: number } | { entrance: 'organization' }

/** What each entrance asks for; nobody is made through the third. */
export const USER_OPERATIONS = {
  account: {
    list: 'accountUsers.list',
    create: 'accountUsers.create',
    update: 'accountUsers.update',
    delete: 'accountUsers.delete',
  },
  organization: {
    list: 'organizationUsers.list',
    create: 'organizationUsers.create',
    update: 'organizationUsers.update',
    delete: 'organizationUsers.delete',
  },
  everybody: { list: 'users.list', update: 'users.update', delete: 'users.delete' },
} as const satisfies Record<UserScope['entrance'], Record<string, Operation>>

export type UserAction = keyof (typeof USER_OPERATIONS)['everybody']

/** The account behind an entrance. @throws ValenceError ACCOUNT_NOT_FOUND (404), FORBIDDEN (403) */
export async function accountOfScope(
  db: Kysely<AccountsTables>,
  authorize: Authorize,
  caller: Caller,
  scope: AccountScope,
  action: UserAction | 'create',
): Promise<AccountRow> {
  const account =
    scope.entrance === 'account'
      ? await findAccount(db, scope.accountId)
      : await findDefaultAccount(db, caller.organizationId)
  authorize(caller, USER_OPERATIONS[scope.entrance][action], ownerOf(account))
  if (action === 'update' && account.id !== caller.accountId) assertBeyondAccount(caller, account)
  return account
}

/** `editUsersAccount` lets into `/organizations/users` too (spec 50 §7), but no farther than one's own account: accounts are strangers. */
function assertBeyondAccount(caller: Caller, { id }: AccountRow): void {
  if (caller.organizationAdmin || caller.privileges.has('editUsersOrg')) return
  throw new ValenceError('FORBIDDEN', `Users of account ${id} are changed by who has the privilege editUsersOrg`)
}

const VERBS = { list: 'view', update: 'edit', delete: 'delete' } as const

/**
 * How far a caller reaches among everybody: `viewUsersOrg` → the organization, `viewUsersAccount` → his account, neither → himself; the same
 * with `edit…` and `delete…`.
 */
export function reachOf({ privileges }: Caller, action: UserAction): 'organization' | 'account' | 'self' {
  if (privileges.has(`${VERBS[action]}UsersOrg`)) return 'organization'
  return privileges.has(`${VERBS[action]}UsersAccount`) ? 'account' : 'self'
}

/** Whether a user of his organization is within a caller's reach. */
export function reaches(caller: Caller, user: { id: number; account_id: number }, action: UserAction): boolean {
  const reach = reachOf(caller, action)
  if (reach === 'organization' || user.id === caller.userId) return true
  return reach === 'account' && user.account_id === caller.accountId
}
