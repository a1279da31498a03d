import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { insertBuiltInRoles } from '../../src/accounts/roles/effective-roles.ts'
import { newOrganizationSecret, newUserSecret, secretColumns } from '../../src/accounts/secrets.ts'
import { hashPassword } from '../../src/accounts/sign-in/password.ts'
import type { Store } from '../../src/store/database.ts'
import { nextId } from '../../src/store/next-id.ts'

/** A user beside the administrator, written straight into the tables as sign-up and user management will. */
export interface Person {
  organizationId: number
  accountId: number
  userId: number
  /** `User …, Organization …` */
  authorization: string
  /** `User …` */
  userOnly: string
}

/** A user of an organization of its own. */
export async function addOrganization(store: Store, name: string): Promise<Person> {
  const db = store.db.withTables<AccountsTables>()
  const id = await nextId(db, 'organizations')
  const secret = newOrganizationSecret()
  await db
    .insertInto('organizations')
    .values({ id, name, ...secretColumns(store.cipher, 'organizations', id, secret) })
    .execute()
  await insertBuiltInRoles(db, id)
  return addPerson(store, { organizationId: id, organizationSecret: secret, name, defaultAccount: true })
}

/** A user of a second account in an organization that exists. */
export async function addPerson(
  store: Store,
  given: { organizationId: number; organizationSecret: string; name: string; defaultAccount?: boolean },
): Promise<Person> {
  const { organizationId, name, defaultAccount = false } = given
  const db = store.db.withTables<AccountsTables>()
  const accountId = await nextId(db, 'accounts')
  await db
    .insertInto('accounts')
    .values({
      id: accountId,
      organization_id: organizationId,
      name,
      type: defaultAccount ? 'Default' : 'CompanyAccount',
      default_account: defaultAccount,
    })
    .execute()
  return addColleague(store, { ...given, accountId, roles: defaultAccount ? ['org-admin'] : [] })
}

/** A user of an account that exists. @param given.password without one nobody can sign in */
export async function addColleague(
  store: Store,
  given: {
    organizationId: number
    organizationSecret: string
    accountId: number
    name: string
    password?: string
    roles?: readonly string[]
  },
): Promise<Person> {
  const { organizationId, organizationSecret, accountId, name, password, roles = [] } = given
  const db = store.db.withTables<AccountsTables>()
  const userId = await nextId(db, 'users')
  const secret = newUserSecret()
  await db
    .insertInto('users')
    .values({
      id: userId,
      organization_id: organizationId,
      account_id: accountId,
      email: `${name.toLowerCase().replaceAll(' ', '-')}@example.com`,
      first_name: name,
      last_name: 'User',
      password_hash: password === undefined ? null : await hashPassword(password),
      ...secretColumns(store.cipher, 'users', userId, secret),
    })
    .execute()
  for (const role_key of roles) await db.insertInto('user_roles').values({ user_id: userId, role_key }).execute()
  return {
    organizationId,
    accountId,
    userId,
    authorization: `User ${secret}, Organization ${organizationSecret}`,
    userOnly: `User ${secret}`,
  }
}

/** The organization secret out of `User …, Organization …`. */
export function organizationSecretOf(authorization: string): string {
  return /Organization (\S+)/.exec(authorization)?.[1] ?? ''
}

/** The user secret out of `User …, Organization …`. */
export function userSecretOf(authorization: string): string {
  return /User ([^\s,]+)/.exec(authorization)?.[1] ?? ''
}
