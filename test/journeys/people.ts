import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { insertOrganization } from '../../src/accounts/organizations/insert-organization.ts'
import { hashPassword } from '../../src/accounts/sign-in/password.ts'
import { insertUser } from '../../src/accounts/users/insert-user.ts'
import type { Store } from '../../src/store/database.ts'

/**
 * A user beside the administrator, written straight into the tables: whatever a test asks for, in a few milliseconds. Who is made as a client
 * makes them is in `support/people.ts`.
 */
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
  const made = await insertOrganization(db, store.cipher, { name, account: { name } })
  return addColleague(store, { ...made, name, roles: ['org-admin'] })
}

/** A user of a second account in an organization that exists. */
export async function addPerson(
  store: Store,
  given: { organizationId: number; organizationSecret: string; name: string },
): Promise<Person> {
  const { organizationId, name } = given
  const { id: accountId } = await store.db
    .withTables<AccountsTables>()
    .insertInto('accounts')
    .values({ organization_id: organizationId, name })
    .returning('id')
    .executeTakeFirstOrThrow()
  return addColleague(store, { ...given, accountId })
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
  const { userId, userSecret } = await insertUser(db, store.cipher, {
    organization_id: organizationId,
    account_id: accountId,
    email: `${name.toLowerCase().replaceAll(' ', '-')}@example.com`,
    first_name: name,
    last_name: 'User',
    password_hash: password === undefined ? null : await hashPassword(password),
  })
  for (const role_key of roles) await db.insertInto('user_roles').values({ user_id: userId, role_key }).execute()
  return {
    organizationId,
    accountId,
    userId,
    authorization: `User ${userSecret}, Organization ${organizationSecret}`,
    userOnly: `User ${userSecret}`,
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
