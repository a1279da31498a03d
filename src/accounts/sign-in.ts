import { randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { credentialsInvalid, ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { dateOf } from '../model/date-of.ts'
import type { Store } from '../store/database.ts'
import type { AccountsTables } from './accounts-table.ts'
import { effectiveRoles } from './effective-roles.ts'
import { verifyPassword } from './password.ts'
import { type RoleBody, toRoleBody } from './role-body.ts'
import { openSecret } from './secrets.ts'
import { preparePassword, storePassword } from './set-password.ts'

/** Answer of `POST /authentication` (spec 50 §2). Dates without time, as everywhere in accounts (spec 00 §13). */
export interface AuthenticatedUser {
  id: number
  username: string
  firstName: string
  lastName: string
  /** opaque, for `Authorization: Bearer`, good for 12 hours */
  token: string
  createdDate: string
  lastLoginDate: string
  accountId: number
  accountName: string
  organizationId: number
  organizationName: string
  organizationAdmin: boolean
  accountAdmin: boolean
  sysAdmin: boolean
  inIntelligenceRole: boolean
  twoFactor: boolean
  registeredForTwoFactor: boolean
  /** effective ones, with their privileges */
  roles: RoleBody[]
}

export interface SignIn {
  /** @throws ValenceError LOGIN_FAILED with one text, whatever was wrong */
  signIn(username: string, password: string): Promise<AuthenticatedUser>
  /** Answer of `GET /authentication/secrets`. */
  readSecrets(caller: Caller): Promise<{ userSecret: string; organizationSecret: string }>
  /**
   * Sets a new password and ends the user's other sessions.
   *
   * @param token the Bearer token of this request, which stays good; without one the answer carries a new token
   * @throws ValenceError BODY_INVALID naming every rule of the password policy that is broken
   */
  changePassword(caller: Caller, password: string, token?: string): Promise<AuthenticatedUser>
}

const TOKEN_LIFETIME_MS = 12 * 60 * 60 * 1000
const NEVER_LOGGED_IN = '1970-01-01'

/** Sign-in with e-mail and password. @param now the clock */
export function createSignIn(store: Store, now: () => Date = () => new Date()): SignIn {
  const db = store.db.withTables<AccountsTables>()

  return {
    async signIn(username, password) {
      const user = await userRows().where(sql`lower(email)`, '=', username.trim().toLowerCase()).executeTakeFirst()
      const isRight = await verifyPassword(user?.password_hash, password)
      if (!user || !isRight || !user.active || !user.account_active || !user.organization_active) {
        throw new ValenceError('LOGIN_FAILED', 'Invalid username or password.')
      }
      const lastLoginDate = dateOf(now())
      const token = await issueToken(user.id)
      await db.updateTable('users').set({ last_login_date: lastLoginDate }).where('id', '=', user.id).execute()
      return authenticatedUser(db, { ...user, last_login_date: lastLoginDate }, token)
    },

    async readSecrets(caller) {
      const row = await db
        .selectFrom('users')
        .innerJoin('organizations', 'organizations.id', 'users.organization_id')
        .select(['users.id', 'users.secret_ciphertext', 'organizations.id as organization_id'])
        .select('organizations.secret_ciphertext as organization_secret_ciphertext')
        .where('users.id', '=', caller.userId)
        .executeTakeFirst()
      if (!row) throw credentialsInvalid()
      return {
        userSecret: openSecret(store.cipher, 'users', row.id, row.secret_ciphertext),
        organizationSecret: openSecret(
          store.cipher,
          'organizations',
          row.organization_id,
          row.organization_secret_ciphertext,
        ),
      }
    },

    async changePassword(caller, password, token) {
      const prepared = await preparePassword(db, caller, password)
      const kept = token === undefined ? [] : store.cipher.lookups(token)
      await store.changes.transaction(async (plainTrx, publish) => {
        const trx = plainTrx.withTables<AccountsTables>()
        await storePassword(trx, caller.userId, prepared, { now: now(), keptTokens: kept })
        publish({ topic: 'user', key: String(caller.userId) })
      })
      const user = await userRows().where('users.id', '=', caller.userId).executeTakeFirst()
      if (!user) throw credentialsInvalid()
      return authenticatedUser(db, user, token ?? (await issueToken(user.id)))
    },
  }

  function userRows() {
    return db
      .selectFrom('users')
      .innerJoin('accounts', 'accounts.id', 'users.account_id')
      .innerJoin('organizations', 'organizations.id', 'users.organization_id')
      .select(['users.id', 'email', 'first_name', 'last_name', 'password_hash', 'last_login_date'])
      .select(['users.active', 'users.created_at', 'users.account_id', 'users.organization_id'])
      .select(['accounts.name as account_name', 'accounts.active as account_active', 'default_account'])
      .select(['organizations.name as organization_name', 'organizations.active as organization_active'])
      .where('users.deleted_at', 'is', null)
  }

  /** Stored as a keyed hash only; the user's expired tokens are swept on the way. */
  async function issueToken(userId: number): Promise<string> {
    const token = randomBytes(32).toString('base64url')
    await db.deleteFrom('login_tokens').where('user_id', '=', userId).where('expires_at', '<=', now()).execute()
    await db
      .insertInto('login_tokens')
      .values({
        user_id: userId,
        token_lookup: store.cipher.lookup(token),
        expires_at: new Date(now().getTime() + TOKEN_LIFETIME_MS),
      })
      .execute()
    return token
  }
}

interface UserRow {
  id: number
  email: string
  first_name: string
  last_name: string
  default_account: boolean
  last_login_date: string | null
  created_at: Date
  account_id: number
  account_name: string
  organization_id: number
  organization_name: string
}

async function authenticatedUser(db: Kysely<AccountsTables>, user: UserRow, token: string): Promise<AuthenticatedUser> {
  const roles = await effectiveRoles(db, {
    userId: user.id,
    accountId: user.account_id,
    organizationId: user.organization_id,
    defaultAccount: user.default_account,
  })
  const organizationAdmin = user.default_account && roles.some(({ key }) => key === 'org-admin')
  return {
    id: user.id,
    username: user.email,
    firstName: user.first_name,
    lastName: user.last_name,
    token,
    createdDate: dateOf(user.created_at),
    lastLoginDate: user.last_login_date ?? NEVER_LOGGED_IN,
    accountId: user.account_id,
    accountName: user.account_name,
    organizationId: user.organization_id,
    organizationName: user.organization_name,
    organizationAdmin,
    accountAdmin: organizationAdmin || roles.some(({ key }) => key === 'admin'),
    sysAdmin: false, // not grantable in an organization (spec 01 §3)
    inIntelligenceRole: false,
    twoFactor: false,
    registeredForTwoFactor: false,
    roles: roles.map(toRoleBody),
  }
}
