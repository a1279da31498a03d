import { sql, type Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import { isObject } from '../../model/is-object.ts'
import { isRowId } from '../../model/row-id.ts'
import type { Publish } from '../../store/changes.ts'
import { type AccountBody, accountRows, readAccountInput, toAccountBody } from '../account-body.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { insertAccount, readNewAccount } from '../create-account.ts'
import { type AccountRow, accountNotFound, findDefaultAccount } from '../find-account.ts'
import { invalid, readText } from '../read-members.ts'
import { effectiveRoles } from '../roles/effective-roles.ts'
import { grantRoles } from '../roles/grant-role.ts'
import { PRIVILEGE_KEYS } from '../roles/privileges.ts'
import { hashPassword } from '../sign-in/password.ts'
import { makeUser, readNewUser } from '../users/create-user.ts'
import { holderOf, userNotFound } from '../users/find-user.ts'
import { holdUser } from '../users/hold-user.ts'
import { toUserBody, type UserBody, userRows } from '../users/user-body.ts'
import { readPassword, readRoleKeys } from '../users/user-input.ts'
import { readNewOrganization } from './create-organization.ts'
import { insertOrganization } from './insert-organization.ts'
import { findOrganization, type OrganizationBody, type OrganizationRow, organizationRows } from './organization-body.ts'
import { withSecret } from './own-organization.ts'
import { defineRolesOf, readRoleDefinitions } from './sign-up-roles.ts'

type Body = Readonly<Record<string, unknown>>

export interface SignedUp {
  /** with its secret */
  organization: OrganizationBody
  account: AccountBody
  /** with its secret, if it is new */
  user: UserBody
}

/**
 * `POST /customers/signup`: an organization, its default account and its first user, who administers it, in one transaction (spec 50 §12).
 *
 * Each of the three that exists is used as it is: an organization, account or user by its `id` or `externalId`, a user by its e-mail address
 * too. In an organization that exists, a new account is one more, without one the user comes into the default account, and who is to
 * administer it must be said.
 *
 * @throws ValenceError PARAMETER_MISSING, BODY_INVALID, ROLE_UNKNOWN, PRIVILEGE_UNKNOWN (400), ORGANIZATION_NOT_FOUND, ACCOUNT_NOT_FOUND,
 *   USER_NOT_FOUND (404: an id that is none), FORBIDDEN (403), ALREADY_EXISTS (409); nothing is made then
 */
export async function signUp(context: AccountsContext, caller: Caller, body: Body): Promise<SignedUp> {
  const { store, authorize } = context
  authorize(caller, 'customers.signUp')
  const [organizationBody, accountBody, userBody] = [
    part(body, 'organization'),
    part(body, 'account'),
    part(body, 'user'),
  ]
  // before the lock is taken: a hash takes a while, and may have to wait for its turn
  const password = readPassword(userBody)
  const hashed = password === undefined ? undefined : await hashPassword(password)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    // two at once must not make two organizations of one external id
    await sql`select pg_advisory_xact_lock(hashtext('valence sign-up'))`.execute(trx)
    const work: Work = { context, trx, publish, caller, granter: administratorOf(caller) }
    const { organization, isNew } = await organizationFor(work, organizationBody, accountBody)
    const account = await accountFor(work, organization, isNew, accountBody)
    const roles = [...readRoleKeys(userBody['roles']), ...(isNew ? ['org-admin'] : [])]
    const user = await userFor(work, account, { ...userBody, roles: roles.map((key) => ({ key })) }, hashed)
    return { organization: withSecret(store, organization), account: toAccountBody(account), user }
  })
}

interface Work {
  context: AccountsContext
  trx: Transaction<AccountsTables>
  publish: Publish
  caller: Caller
  /** gives roles in an organization that is not his own */
  granter: Caller
}

/** Whoever signs up an organization may in it what its administrator may. */
function administratorOf(caller: Caller): Caller {
  return { ...caller, organizationAdmin: true, accountAdmin: true, privileges: new Set(PRIVILEGE_KEYS) }
}

async function organizationFor(
  { context, trx, publish, caller, granter }: Work,
  body: Body,
  account: Body,
): Promise<{ organization: OrganizationRow; isNew: boolean }> {
  const id = readId(body, 'organization')
  if (id !== undefined) return { organization: await findOrganization(trx, id), isNew: false }
  const externalId = readText(body, 'externalId')
  const present = externalId
    ? await organizationRows(trx).where('external_id', '=', externalId).orderBy('id').executeTakeFirst()
    : undefined
  if (present) return { organization: present, isNew: false }

  const { columns } = readAccountInput(account)
  const values = { ...readNewOrganization(body, 'organization'), account: columns }
  const { organizationId } = await insertOrganization(trx, context.store.cipher, values)
  await defineRolesOf(trx, granter, organizationId, readRoleDefinitions(body['roles']))
  const organization = await findOrganization(trx, organizationId)
  const after = withSecret(context.store, organization)
  await recordChange(trx, caller, { entity: 'organization', id: organizationId, action: 'create', after })
  publish({ topic: 'organization', key: String(organizationId) })
  return { organization, isNew: true }
}

async function accountFor(
  { trx, publish, caller }: Work,
  organization: OrganizationRow,
  isNew: boolean,
  body: Body,
): Promise<AccountRow> {
  if (isNew || Object.keys(body).length === 0) return findDefaultAccount(trx, organization.id)
  const there = accountRows(trx, organization.id).where('deleted_at', 'is', null)
  const id = readId(body, 'account')
  if (id !== undefined) {
    return (await there.where('id', '=', id).executeTakeFirst()) ?? Promise.reject(accountNotFound(id))
  }
  const values = readNewAccount(body, 'account')
  const present = await there.where('external_id', '=', values.external_id).orderBy('id').executeTakeFirst()
  if (present) return present
  const account = await insertAccount(trx, organization.id, values)
  await recordChange(trx, caller, {
    entity: 'account',
    id: account.id,
    action: 'create',
    after: toAccountBody(account),
  })
  publish({ topic: 'account', key: String(account.id) })
  return account
}

async function userFor(
  { context, trx, publish, caller, granter }: Work,
  account: AccountRow,
  body: Body,
  hashed: string | undefined,
): Promise<UserBody> {
  const there = userRows(trx).where('users.account_id', '=', account.id)
  const [id, externalId, email] = [readId(body, 'user'), readText(body, 'externalId'), readText(body, 'email')]
  const present =
    id !== undefined
      ? ((await there.where('users.id', '=', id).executeTakeFirst()) ?? (await Promise.reject(userNotFound(id))))
      : (email && (await there.where(sql`lower(email)`, '=', sql`lower(${email})`).executeTakeFirst())) ||
        (externalId && (await there.where('users.external_id', '=', externalId).executeTakeFirst()))
  if (!present) {
    const input = await readNewUser(trx, body, account.organization_id, { where: 'user', hashed })
    const user = await makeUser(context, trx, granter, account, input)
    publish({ topic: 'user', key: String(user.id) })
    return user
  }
  await holdUser(trx, present.id)
  const holder = holderOf(present)
  const before = await effectiveRoles(trx, holder)
  await grantRoles(trx, granter, holder, readRoleKeys(body['roles']))
  const after = await effectiveRoles(trx, holder)
  const states = { before: toUserBody(present, before), after: toUserBody(present, after) }
  await recordChange(trx, caller, { entity: 'user', id: present.id, action: 'update', ...states })
  publish({ topic: 'user', key: String(present.id) })
  return states.after
}

/** @throws ValenceError BODY_INVALID */
function part(body: Body, name: string): Body {
  const value = body[name] ?? {}
  if (!isObject(value)) throw invalid(name, 'an object', value)
  return value
}

function readId(body: Body, where: string): number | undefined {
  const value = body['id']
  if (value === undefined || value === null) return undefined
  const id = Number(value)
  if (!isRowId(id)) throw invalid(`${where}.id`, 'an id', value)
  return id
}
