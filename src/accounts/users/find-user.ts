import { type Kysely, sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { idInWords, isRowId } from '../../model/row-id.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { Authorize } from '../authorize.ts'
import type { RoleHolder } from '../roles/effective-roles.ts'
import { type UserRow, userRows } from './user-body.ts'
import { accountOfScope, reaches, USER_OPERATIONS, type UserAction, type UserScope } from './user-scope.ts'

/**
 * One user, by id or e-mail address, whom the caller may do this to. Inactive ones are found too.
 *
 * An id of somebody out of reach answers 403, as everywhere (spec 00 §2.3). His e-mail address answers 404: whether a person has an account on
 * this server is nobody else's business.
 *
 * @param db a transaction, to go on with what was found
 * @throws ValenceError USER_NOT_FOUND, ACCOUNT_NOT_FOUND (404), FORBIDDEN (403)
 */
export async function findUser(
  db: Kysely<AccountsTables>,
  authorize: Authorize,
  caller: Caller,
  scope: UserScope,
  emailOrId: string,
  action: UserAction,
): Promise<UserRow> {
  const isEmail = emailOrId.includes('@')
  let rows = userRows(db)
  if (scope.entrance !== 'everybody') {
    const account = await accountOfScope(db, authorize, caller, scope, action)
    rows = rows.where('users.account_id', '=', account.id)
  } else if (isEmail) {
    rows = rows.where('users.organization_id', '=', caller.organizationId)
  }
  const id = /^\d{1,10}$/.test(emailOrId) ? Number(emailOrId) : Number.NaN
  const user = isEmail
    ? await rows.where(sql`lower(email)`, '=', sql`lower(${emailOrId})`).executeTakeFirst()
    : isRowId(id)
      ? await rows.where('users.id', '=', id).executeTakeFirst()
      : undefined
  if (!user) throw userNotFound(emailOrId)
  if (scope.entrance !== 'everybody') return user

  if (isEmail && !reaches(caller, user, action)) throw userNotFound(emailOrId)
  authorize(caller, USER_OPERATIONS.everybody[action], {
    accountId: user.account_id,
    organizationId: user.organization_id,
  })
  if (reaches(caller, user, action)) return user
  throw new ValenceError(
    'FORBIDDEN',
    `User ${user.id} is not among those whom your privileges let you ${WORDS[action]}`,
  )
}

const WORDS = { list: 'see', update: 'change', delete: 'delete' } as const

export function userNotFound(emailOrId: string | number): ValenceError {
  const name = String(emailOrId).includes('@') ? `e-mail address ${emailOrId}` : idInWords(Number(emailOrId))
  return new ValenceError('USER_NOT_FOUND', `There is no user with ${name}`)
}

/** The user as one who holds roles. */
export function holderOf(user: Pick<UserRow, 'id' | 'account_id' | 'organization_id' | 'default_account'>): RoleHolder {
  return {
    userId: user.id,
    accountId: user.account_id,
    organizationId: user.organization_id,
    defaultAccount: user.default_account,
  }
}
