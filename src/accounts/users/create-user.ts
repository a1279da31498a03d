import type { Kysely, Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { type AccountRow, accountNotFound } from '../find-account.ts'
import { requireMembers } from '../read-members.ts'
import { effectiveRoles } from '../roles/effective-roles.ts'
import { grantRoles } from '../roles/grant-role.ts'
import { roleAbove } from '../roles/role-rank.ts'
import { type PreparedPassword, preparePassword, storePassword } from '../sign-in/set-password.ts'
import { holderOf } from './find-user.ts'
import { insertUser } from './insert-user.ts'
import { toUserBody, type UserBody, userRows } from './user-body.ts'
import { readUserInput, type UserInput } from './user-input.ts'
import { type AccountScope, accountOfScope } from './user-scope.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * `POST /accounts/{id}/users` and `/organizations/users` (spec 50 §5): active at once, without a mail. The answer is the only one besides
 * `Elements-User-Password` with the secret.
 *
 * @throws ValenceError PARAMETER_MISSING, BODY_INVALID (also: password policy), ROLE_UNKNOWN (400), ACCOUNT_NOT_FOUND (404), FORBIDDEN (403: also
 *   for a role above the caller's), ALREADY_EXISTS (409); nothing is made then
 */
export async function createUser(
  context: AccountsContext,
  caller: Caller,
  scope: AccountScope,
  body: Body,
): Promise<UserBody> {
  const { store, authorize } = context
  const db = store.db.withTables<AccountsTables>()
  const account = await accountOfScope(db, authorize, caller, scope, 'create')
  const user = await readNewUser(db, body, account.organization_id)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const made = await makeUser(context, trx, caller, account, user)
    publish({ topic: 'user', key: String(made.id) })
    return made
  })
}

/** What a body says of a new user, complete and with its password hashed. */
export interface NewUserInput extends UserInput {
  prepared: PreparedPassword | undefined
}

/**
 * @param where names the place in complaints
 * @param hashed of the password, where it was made before
 * @throws ValenceError PARAMETER_MISSING, BODY_INVALID
 */
export async function readNewUser(
  db: Kysely<AccountsTables>,
  body: Body,
  organizationId: number,
  { where, hashed }: { where?: string; hashed?: string | undefined } = {},
): Promise<NewUserInput> {
  requireMembers(body, ['email', 'firstName', 'lastName'], where)
  const input = readUserInput(body)
  const { email = '', first_name: firstName = '', last_name: lastName = '' } = input.columns
  const owner = { organizationId, email, firstName, lastName }
  return {
    ...input,
    prepared: input.password === undefined ? undefined : await preparePassword(db, owner, input.password, hashed),
  }
}

/** The part of `createUser` within a transaction; whoever calls it publishes the user. */
export async function makeUser(
  { store, now }: AccountsContext,
  trx: Transaction<AccountsTables>,
  caller: Caller,
  account: Pick<AccountRow, 'id' | 'organization_id'>,
  { columns, active = true, roles, prepared }: NewUserInput,
): Promise<UserBody> {
  await holdAccount(trx, account)
  const { email = '', first_name = '', last_name = '' } = columns
  const { userId, userSecret } = await insertUser(trx, store.cipher, {
    ...columns,
    email,
    first_name,
    last_name,
    active,
    organization_id: account.organization_id,
    account_id: account.id,
  })
  if (prepared) await storePassword(trx, userId, prepared, { now: now() })
  const row = await userRows(trx).where('users.id', '=', userId).executeTakeFirstOrThrow()
  const holder = holderOf(row)
  await grantRoles(trx, caller, holder, roles)
  const above = await roleAbove(trx, caller, holder)
  if (above !== undefined) throw tooMuch(above)
  const made = toUserBody(row, await effectiveRoles(trx, holder), { secret: userSecret })
  await recordChange(trx, caller, { entity: 'user', id: userId, action: 'create', accountId: account.id, after: made })
  return made
}

/** Also the role that comes with an account: whoever may less would have in the new user a second self who may more. */
function tooMuch(role: string): ValenceError {
  return new ValenceError(
    'FORBIDDEN',
    `The new user would hold the role ${role}, which is above your own; name one in "roles" that is not`,
  )
}

/**
 * Keeps an account from being deleted until the transaction ends: a user made meanwhile would come back with it. The organization comes first, as
 * it does for whoever deletes both.
 */
async function holdAccount(
  trx: Transaction<AccountsTables>,
  { id, organization_id }: Pick<AccountRow, 'id' | 'organization_id'>,
): Promise<void> {
  await trx.selectFrom('organizations').select('id').where('id', '=', organization_id).forKeyShare().execute()
  const account = await trx
    .selectFrom('accounts')
    .select('deleted_at')
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst()
  if (!account || account.deleted_at) throw accountNotFound(id)
}
