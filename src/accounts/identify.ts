import { sql } from 'kysely'
import { credentialsInvalid } from '../errors.ts'
import type { Caller, Credentials } from '../model/account.ts'
import { createCache } from '../store/cache.ts'
import type { Store } from '../store/database.ts'
import type { AccountsTables } from './accounts-table.ts'
import { effectiveRoles } from './roles/effective-roles.ts'
import { standingOf } from './roles/standing.ts'

/** Secrets → caller. A kept caller comes at once, without a promise; every failure is the one CREDENTIALS_INVALID of spec 10 §1.2. */
export interface Identifier {
  /** Platform calls: User and Organization that belong together, or the Bearer token of a sign-in (spec 00 §2.1, §2.2). */
  identify(credentials: Credentials): Caller | Promise<Caller>
  /** The same, also for who signed in without the authenticator that his organization asks for; only what adds one may ask so. */
  identifyEnrolling(credentials: Credentials): Caller | Promise<Caller>
  /** Hub calls: the user is enough; an organization that is sent along must be the user's (spec 00 §2.2, §2.3). */
  identifyUser(userSecret: string, organizationSecret?: string): Caller | Promise<Caller>
  /** Of whom something that we signed ourselves speaks. */
  identifyUserById(userId: number): Caller | Promise<Caller>
}

interface Identity {
  caller: Caller
  /** of the login token, in ms since 1970; secrets do not expire */
  expiresAt: number
}

const CACHE_SIZE = 10_000
/** No secret of ours is longer; whatever is, need not be hashed, looked up or kept. */
const SECRET_MAX_LENGTH = 200

/** @param now the clock, for login tokens */
export function createIdentifier(
  store: Pick<Store, 'db' | 'cipher' | 'changes'>,
  now: () => Date = () => new Date(),
): Identifier {
  const db = store.db.withTables<AccountsTables>()
  const identities = createCache<Identity>({
    changes: store.changes,
    topics: ['user', 'account', 'organization'],
    max: CACHE_SIZE,
    affects: ({ caller }, topic, key) => key === String(idOf(caller, topic)),
  })

  return {
    identify: (credentials) => identify(credentials, false),
    identifyEnrolling: (credentials) => identify(credentials, true),
    identifyUser: findBySecrets,
    identifyUserById: (userId) => find(`id ${userId}`, [], () => loadById(userId)),
  }

  function identify({ user, organization, bearer }: Credentials, isEnrolling: boolean): Caller | Promise<Caller> {
    if (bearer !== undefined) {
      const key = `${isEnrolling ? 'enrolling' : 'bearer'} ${bearer}`
      return find(key, [bearer], () => loadByToken(bearer, isEnrolling))
    }
    if (user === undefined || organization === undefined) throw credentialsInvalid()
    return findBySecrets(user, organization)
  }

  function findBySecrets(user: string, organization?: string): Caller | Promise<Caller> {
    // Secrets hold no blanks (spec 00 §2.1), so these keys cannot be mistaken for one another.
    const key = organization === undefined ? `user ${user}` : `both ${user} ${organization}`
    return find(key, [user, organization ?? ''], () => loadBySecrets(user, organization))
  }

  function find(key: string, secrets: string[], load: () => Promise<Identity | undefined>): Caller | Promise<Caller> {
    if (secrets.some((secret) => secret.length > SECRET_MAX_LENGTH || /\s/.test(secret))) throw credentialsInvalid()
    const found = identities.get(key, load)
    return found instanceof Promise ? found.then(callerOf) : callerOf(found)
  }

  function callerOf(identity: Identity | undefined): Caller {
    if (!identity || identity.expiresAt <= now().getTime()) throw credentialsInvalid()
    return identity.caller
  }

  async function loadBySecrets(user: string, organization: string | undefined): Promise<Identity | undefined> {
    const row = await activeUsers().where('users.secret_lookup', 'in', store.cipher.lookups(user)).executeTakeFirst()
    if (!row) return undefined
    const belongs = organization === undefined || store.cipher.lookups(organization).includes(row.organization_lookup)
    return belongs ? { caller: await callerOfRow(row), expiresAt: Number.POSITIVE_INFINITY } : undefined
  }

  async function loadById(userId: number): Promise<Identity | undefined> {
    const row = await activeUsers().where('users.id', '=', userId).executeTakeFirst()
    return row && { caller: await callerOfRow(row), expiresAt: Number.POSITIVE_INFINITY }
  }

  async function loadByToken(token: string, isEnrolling: boolean): Promise<Identity | undefined> {
    const row = await activeUsers()
      .innerJoin('login_tokens', 'login_tokens.user_id', 'users.id')
      .select('expires_at')
      .where('token_lookup', 'in', store.cipher.lookups(token))
      .where('enrolling', 'in', [false, isEnrolling])
      .executeTakeFirst()
    return row && { caller: await callerOfRow(row), expiresAt: row.expires_at.getTime() }
  }

  /** Inactive users, users of inactive accounts and of deleted organizations are nobody (spec 00 §2.3). */
  function activeUsers() {
    return db
      .selectFrom('users')
      .innerJoin('accounts', 'accounts.id', 'users.account_id')
      .innerJoin('organizations', 'organizations.id', 'users.organization_id')
      .select(['users.id', 'users.account_id', 'users.organization_id', 'default_account'])
      .select(['email', 'first_name', 'last_name', 'organizations.secret_lookup as organization_lookup'])
      .select(sql<string | null>`accounts.settings ->> 'hub.model'`.as('hub_model'))
      .where('users.active', '=', true)
      .where('users.deleted_at', 'is', null)
      .where('accounts.active', '=', true)
      .where('organizations.active', '=', true)
  }

  async function callerOfRow(row: UserRow): Promise<Caller> {
    const person = {
      userId: row.id,
      accountId: row.account_id,
      organizationId: row.organization_id,
      defaultAccount: row.default_account,
    }
    return {
      ...person,
      email: row.email,
      firstName: row.first_name,
      lastName: row.last_name,
      ...(row.hub_model === 'canonical' ? { prefersHubModel: true } : {}),
      ...standingOf(await effectiveRoles(db, person), person),
    }
  }
}

interface UserRow {
  id: number
  account_id: number
  organization_id: number
  default_account: boolean
  email: string
  first_name: string
  last_name: string
  hub_model: string | null
}

function idOf(caller: Caller, topic: string): number {
  if (topic === 'user') return caller.userId
  return topic === 'account' ? caller.accountId : caller.organizationId
}
