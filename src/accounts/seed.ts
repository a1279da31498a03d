import { type Kysely, sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { Store } from '../store/database.ts'
import type { AccountsTables } from './accounts-table.ts'
import { insertOrganization } from './organizations/insert-organization.ts'
import { generatePassword, hashPassword } from './sign-in/password.ts'
import { PASSWORD_MIN_LENGTH } from './sign-in/password-policy.ts'
import { insertUser } from './users/insert-user.ts'

export type Seeded = { created: false } | ({ created: true } & Administrator)

export interface Administrator {
  organizationId: number
  accountId: number
  userId: number
  email: string
  password: string
  /** true: nobody knows the password yet, print it once */
  passwordGenerated: boolean
  userSecret: string
  organizationSecret: string
}

/** Of the first administrator, who may sign up further organizations but is no system administrator (spec 01 §3). */
const ADMINISTRATOR_ROLES = ['org-admin', 'customer-admin', 'vdrAdmin']

const DEFAULT_EMAIL = 'admin@valence.local'

/**
 * First start: the system organization (organization 1, account 1, user 1, which nobody can sign in as), then the administrator's organization,
 * default account and user. Does nothing when any organization exists; processes that start at once agree on one. Source: design.md §6, spec 01 §3.
 *
 * @param email, password of the administrator; generated when absent, ignored after the first start
 * @throws ValenceError CONFIGURATION_INVALID when one of them cannot be used
 */
export async function seed(
  store: Pick<Store, 'db' | 'cipher'>,
  { email = DEFAULT_EMAIL, password }: { email?: string; password?: string },
): Promise<Seeded> {
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new ValenceError('CONFIGURATION_INVALID', `VALENCE_ADMIN_EMAIL: expected an e-mail address, got "${email}"`)
  }
  if (password !== undefined && password.length < PASSWORD_MIN_LENGTH) {
    throw new ValenceError(
      'CONFIGURATION_INVALID',
      `VALENCE_ADMIN_PASSWORD: expected at least ${PASSWORD_MIN_LENGTH} characters, got ${password.length}`,
    )
  }
  const db = store.db.withTables<AccountsTables>()
  return db.transaction().execute(async (trx): Promise<Seeded> => {
    await sql`select pg_advisory_xact_lock(hashtext('valence seed'))`.execute(trx)
    const present = await trx.selectFrom('organizations').select('id').limit(1).executeTakeFirst()
    if (present) return { created: false }

    await insertSystem(trx, store.cipher)
    return { created: true, ...(await insertAdministrator(trx, store.cipher, email, password)) }
  })
}

/** Ids are written, not drawn: an interrupted first start may have used up the first of the sequence. */
async function insertSystem(trx: Kysely<AccountsTables>, cipher: Store['cipher']): Promise<void> {
  const id = 1
  await insertOrganization(trx, cipher, { id, name: 'System', account: { id, name: 'System' } })
  await insertUser(trx, cipher, {
    id,
    organization_id: id,
    account_id: id,
    email: 'system@valence.invalid',
    first_name: 'System',
    last_name: 'User',
    active: false,
  })
  for (const table of ['organizations', 'accounts', 'users']) {
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), ${id})`.execute(trx)
  }
}

async function insertAdministrator(
  trx: Kysely<AccountsTables>,
  cipher: Store['cipher'],
  email: string,
  chosenPassword: string | undefined,
): Promise<Administrator> {
  const password = chosenPassword ?? generatePassword()
  const { organizationId, accountId, organizationSecret } = await insertOrganization(trx, cipher, {
    name: 'My Organization',
  })
  const { userId, userSecret } = await insertUser(trx, cipher, {
    organization_id: organizationId,
    account_id: accountId,
    email,
    first_name: 'Valence',
    last_name: 'Administrator',
    password_hash: await hashPassword(password),
  })
  await trx
    .insertInto('user_roles')
    .values(ADMINISTRATOR_ROLES.map((role_key) => ({ user_id: userId, role_key })))
    .execute()
  return {
    organizationId,
    accountId,
    userId,
    email,
    password,
    passwordGenerated: chosenPassword === undefined,
    userSecret,
    organizationSecret,
  }
}
