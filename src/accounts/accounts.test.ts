import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { within250ms } from '../../test/support/within-250-ms.ts'
import { CREDENTIALS_MESSAGE } from '../errors.ts'
import type { Caller, Credentials } from '../model/account.ts'
import { openStore, type Store } from '../store/database.ts'
import { type KeyRing, keyRingFromText } from '../store/key-ring.ts'
import { nextId } from '../store/next-id.ts'
import { rotateKeys } from '../store/rotate-keys.ts'
import type { AccountsTables } from './accounts-table.ts'
import { createIdentifier } from './identify.ts'
import { PRIVILEGE_KEYS } from './roles/privileges.ts'
import { newOrganizationSecret, newUserSecret, SEALED_COLUMNS, secretColumns } from './secrets.ts'
import { type Administrator, seed } from './seed.ts'
import { changePassword } from './sign-in/change-password.ts'
import { hashPassword } from './sign-in/password.ts'
import { readSecrets } from './sign-in/read-secrets.ts'
import { type Login, signIn } from './sign-in/sign-in.ts'
import { createSignInLimits } from './sign-in/sign-in-limits.ts'

const log = pino({ level: 'silent' })
const oldKey = `old:${randomBytes(32).toString('base64')}`
const EMAIL = 'Ada@Example.com'
const PASSWORD = 'Analytical-3ngine'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let store: Store
let other: Store
let admin: Administrator
let clock = new Date('2024-05-01T10:00:00Z')
const now = () => clock

const opened: Store[] = []
const openWith = async (keyRing: KeyRing) => {
  const one = await openStore({ url: database.url, keyRing, log })
  opened.push(one)
  return one
}

beforeAll(async () => {
  database = await createTestDatabase()
  store = await openWith(keyRingFromText(oldKey, 'test'))
  other = await openWith(keyRingFromText(oldKey, 'test'))
})
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()))
  await database.drop()
})

describe('the first start', () => {
  for (const [name, given, complaint] of [
    ['an address that is none', { email: 'admin' }, 'VALENCE_ADMIN_EMAIL: expected an e-mail address, got "admin"'],
    ['a short password', { password: 'short' }, 'VALENCE_ADMIN_PASSWORD: expected at least 8 characters, got 5'],
  ] as const) {
    test(`${name} is refused`, async () => {
      await expect(seed(store, given)).rejects.toThrow(complaint)
    })
  }

  test('an interrupted one leaves nothing behind but used numbers', async () => {
    await store.db
      .transaction()
      .execute(async (trx) => {
        await nextId(trx, 'organizations')
        await nextId(trx, 'organizations')
        throw new Error('interrupted')
      })
      .catch(() => undefined)
  })

  test('of several processes at once one creates the administrator, the others find everything done', async () => {
    const results = await Promise.all(
      [store, other, store, other, store].map((one) => seed(one, { email: EMAIL, password: PASSWORD })),
    )
    const created = results.filter((result) => result.created)
    expect(created).toHaveLength(1)
    admin = created[0] as Administrator & { created: true }
    expect(admin).toMatchObject({ email: EMAIL, password: PASSWORD, passwordGenerated: false })
    expect(await seed(store, { email: 'else@example.com' })).toEqual({ created: false })
  })

  test('the system is number 1 and the administrator an ordinary user with number 2', async () => {
    const db = accounts(store)
    const organizations = await db.selectFrom('organizations').select(['id', 'vdr_version']).orderBy('id').execute()
    expect(organizations).toEqual([
      { id: 1, vdr_version: 'v2' },
      { id: 2, vdr_version: 'v2' },
    ])
    const rows = await db.selectFrom('accounts').select(['id', 'organization_id', 'type', 'default_account']).execute()
    expect(rows).toEqual([
      { id: 1, organization_id: 1, type: 'Default', default_account: true },
      { id: 2, organization_id: 2, type: 'Default', default_account: true },
    ])
    const users = await db.selectFrom('users').select(['id', 'account_id', 'active']).execute()
    expect(users).toEqual([
      { id: 1, account_id: 1, active: false },
      { id: 2, account_id: 2, active: true },
    ])
    const granted = await db.selectFrom('user_roles').select(['user_id', 'role_key']).orderBy('role_key').execute()
    expect(granted).toEqual([
      { user_id: 2, role_key: 'customer-admin' },
      { user_id: 2, role_key: 'org-admin' },
      { user_id: 2, role_key: 'vdrAdmin' },
    ])
    expect([admin.organizationId, admin.accountId, admin.userId]).toEqual([2, 2, 2])
  })

  test('secrets have their shapes and are nowhere in the database', async () => {
    expect(admin.userSecret).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(admin.organizationSecret).toMatch(/^[0-9a-f]{32}$/)
    const { rows } = await sql`select u::text, o::text as o from users u, organizations o`.execute(store.db)
    const everything = JSON.stringify(rows)
    for (const secret of [admin.userSecret, admin.organizationSecret, PASSWORD])
      expect(everything).not.toContain(secret)
  })

  test('without a password a strong one is made up', async () => {
    const fresh = await createTestDatabase()
    const freshStore = await openStore({ url: fresh.url, keyRing: store.keyRing, log })
    const seeded = await seed(freshStore, {})
    expect(seeded).toMatchObject({ created: true, passwordGenerated: true, email: 'admin@valence.local' })
    if (seeded.created) await createSignIn(freshStore).signIn(seeded.email, seeded.password)
    await freshStore.close()
    await fresh.drop()
  })
})

describe('sign-in', () => {
  test('answers the authenticated user, in any case of the address, and sets the date', async () => {
    const user = await createSignIn(store, now).signIn(' ada@EXAMPLE.com ', PASSWORD)
    expect(user).toEqual({
      id: 2,
      username: EMAIL,
      firstName: 'Valence',
      lastName: 'Administrator',
      token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      lastLoginDate: '2024-05-01',
      accountId: 2,
      accountName: 'Default Account',
      organizationId: 2,
      organizationName: 'My Organization',
      organizationAdmin: true,
      accountAdmin: true,
      sysAdmin: false,
      inIntelligenceRole: false,
      twoFactor: false,
      registeredForTwoFactor: false,
      roles: [
        expect.objectContaining({
          key: 'org-admin',
          privileges: expect.arrayContaining([expect.objectContaining({ key: 'modifySecurity' })]),
        }),
        expect.objectContaining({ key: 'customer-admin' }),
        expect.objectContaining({ key: 'vdrAdmin' }),
      ],
    })
    const row = await accounts(store).selectFrom('users').select('last_login_date').where('id', '=', 2).execute()
    expect(row).toEqual([{ last_login_date: '2024-05-01' }])
  })

  test('the system user, users without password, inactive users and users of inactive accounts cannot', async () => {
    const { signIn } = createSignIn(store, now)
    await insertUser({ email: 'no-password@example.com', password: undefined })
    const sleeping = await insertUser({ email: 'sleeping@example.com', password: PASSWORD })
    await accounts(store).updateTable('users').set({ active: false }).where('id', '=', sleeping.userId).execute()
    const closed = await insertUser({ email: 'closed@example.com', password: PASSWORD, newAccount: true })
    await accounts(store).updateTable('accounts').set({ active: false }).where('id', '=', closed.accountId).execute()

    for (const [username, password] of [
      [EMAIL, 'Analytical-4ngine'],
      [EMAIL, ''],
      ['', ''],
      ['nobody@example.com', PASSWORD],
      ["' or 1=1 --", PASSWORD],
      ['system@valence.invalid', ''],
      ['no-password@example.com', ''],
      ['sleeping@example.com', PASSWORD],
      ['closed@example.com', PASSWORD],
    ] as const) {
      await expect(signIn(username, password), username).rejects.toMatchObject({
        code: 'LOGIN_FAILED',
        status: 401,
        message: 'Invalid username or password.',
      })
    }
  })

  test('gives a token that reads both secrets, stored as a hash only, good for 12 hours', async () => {
    const { signIn, readSecrets } = createSignIn(store, now)
    const { identify } = createIdentifier(store, now)
    const { token } = await signIn(EMAIL, PASSWORD)
    const caller = await identify({ bearer: token })
    expect(await readSecrets(caller)).toEqual({
      userSecret: admin.userSecret,
      organizationSecret: admin.organizationSecret,
    })
    const { rows } = await sql`select t::text from login_tokens t`.execute(store.db)
    expect(JSON.stringify(rows)).not.toContain(token)

    const signedInAt = clock
    clock = new Date(signedInAt.getTime() + 12 * 3_600_000 - 1)
    expect(identify({ bearer: token })).toEqual(caller)
    clock = new Date(signedInAt.getTime() + 12 * 3_600_000)
    await expect(rejection(() => identify({ bearer: token }))).resolves.toBe(CREDENTIALS_MESSAGE)
    await expect(rejection(() => createIdentifier(store, now).identify({ bearer: token }))).resolves.toBe(
      CREDENTIALS_MESSAGE,
    )
    await signIn(EMAIL, PASSWORD)
    const left = await accounts(store)
      .selectFrom('login_tokens')
      .select('id')
      .where('expires_at', '<=', clock)
      .execute()
    expect(left).toEqual([])
  })

  test('a new password replaces the old one and ends other sessions at once, in every process', async () => {
    const bob = await insertUser({ email: 'bob@example.com', password: PASSWORD })
    const { signIn, changePassword } = createSignIn(store, now)
    const [mine, elsewhere] = [await signIn('bob@example.com', PASSWORD), await signIn('bob@example.com', PASSWORD)]
    const [here, there] = [createIdentifier(store, now), createIdentifier(other, now)]
    const caller = await here.identify({ bearer: mine.token })
    await here.identify({ bearer: elsewhere.token })
    await there.identify({ bearer: elsewhere.token })

    await expect(changePassword(caller, 'bob', mine.token)).rejects.toMatchObject({
      code: 'BODY_INVALID',
      message: expect.stringMatching(/at least.*numeric.*uppercase.*first name.*username/),
    })
    const changed = await changePassword(caller, 'Difference-3ngine', mine.token)
    expect(changed).toMatchObject({ id: bob.userId, username: 'bob@example.com', token: mine.token })
    expect(await here.identify({ bearer: mine.token })).toEqual(caller)
    expect(await rejection(() => here.identify({ bearer: elsewhere.token }))).toBe(CREDENTIALS_MESSAGE)
    await within250ms(async () => (await rejection(() => there.identify({ bearer: elsewhere.token }))) !== undefined)
    await expect(signIn('bob@example.com', PASSWORD)).rejects.toThrow('Invalid username or password.')
    await signIn('bob@example.com', 'Difference-3ngine')

    const bySecret = await changePassword(caller, 'Difference-4ngine')
    expect(await here.identify({ bearer: bySecret.token })).toEqual(caller)
    expect(await rejection(() => here.identify({ bearer: mine.token }))).toBe(CREDENTIALS_MESSAGE)
  })
})

describe('identification', () => {
  const adminCaller = (): Caller => ({
    userId: 2,
    accountId: 2,
    organizationId: 2,
    defaultAccount: true,
    organizationAdmin: true,
    accountAdmin: true,
    customerAdmin: true,
    vdrAdmin: true,
    privileges: new Set(PRIVILEGE_KEYS),
    email: EMAIL,
    firstName: 'Valence',
    lastName: 'Administrator',
  })

  test('user and organization that belong together are a caller, the second time without waiting', async () => {
    const { identify, identifyUser } = createIdentifier(store, now)
    const credentials = { user: admin.userSecret, organization: admin.organizationSecret, element: 'ignored' }
    expect(await identify(credentials)).toEqual(adminCaller())
    expect(await identifyUser(admin.userSecret)).toEqual(adminCaller())
    // the news of a change that an earlier test made may still come; what was read before it is not kept
    await within250ms(async () => {
      await Promise.all([identify(credentials), identifyUser(admin.userSecret)])
      return ![identify(credentials), identifyUser(admin.userSecret)].some((caller) => caller instanceof Promise)
    })
    expect(identify(credentials)).toEqual(adminCaller())
    expect(identifyUser(admin.userSecret)).toEqual(adminCaller())
    expect(identifyUser(admin.userSecret, admin.organizationSecret)).toEqual(adminCaller())
  })

  test('everything else fails with one text', async () => {
    const stranger = await insertOrganization()
    const { identify, identifyUser } = createIdentifier(store, now)
    const user = admin.userSecret
    const organization = admin.organizationSecret
    const attempts: [string, Credentials][] = [
      ['nothing', {}],
      ['an element token alone', { element: 'x' }],
      ['a user alone', { user }],
      ['an organization alone', { organization }],
      ['an unknown user', { user: newUserSecret(), organization }],
      ['an unknown organization', { user, organization: newOrganizationSecret() }],
      ['an organization of somebody else', { user, organization: stranger.secret }],
      ['the secrets exchanged', { user: organization, organization: user }],
      ['another case', { user: user.toLowerCase(), organization }],
      ['an unknown token', { bearer: newUserSecret() }],
      ['a user secret as token', { bearer: user }],
      ['an empty text', { user: '', organization: '' }],
      ['a very long text', { user: 'x'.repeat(1_000_000), organization }],
      ['a key that imitates another', { user: `${user} ${organization}`, organization }],
    ]
    await identify({ user, organization })
    for (const [name, credentials] of attempts) {
      expect(await rejection(() => identify(credentials)), name).toBe(CREDENTIALS_MESSAGE)
      expect(await rejection(() => identify(credentials)), `${name}, again`).toBe(CREDENTIALS_MESSAGE)
    }
    expect(await rejection(() => identifyUser(user, stranger.secret))).toBe(CREDENTIALS_MESSAGE)
    expect(await rejection(() => identifyUser(newUserSecret()))).toBe(CREDENTIALS_MESSAGE)
  })

  test('the system user is nobody, even with the right secret', async () => {
    const secret = newUserSecret()
    await accounts(store)
      .updateTable('users')
      .set(secretColumns(store.cipher, 'users', 1, secret))
      .where('id', '=', 1)
      .execute()
    expect(await rejection(() => createIdentifier(store, now).identifyUser(secret))).toBe(CREDENTIALS_MESSAGE)
  })

  for (const [what, table] of [
    ['user', 'users'],
    ['account', 'accounts'],
  ] as const) {
    test(`an ${what} made inactive stops at once here and within 250 ms elsewhere`, async () => {
      const carol = await insertUser({ email: `carol-${what}@example.com`, password: undefined, newAccount: true })
      const [here, there] = [createIdentifier(store, now), createIdentifier(other, now)]
      await here.identifyUser(carol.secret)
      await there.identifyUser(carol.secret)
      await store.changes.transaction(async (plainTrx, publish) => {
        const id = what === 'user' ? carol.userId : carol.accountId
        const trx = plainTrx.withTables<AccountsTables>()
        await trx.updateTable(table).set({ active: false }).where('id', '=', id).execute()
        publish({ topic: what, key: String(id) })
      })
      expect(await rejection(() => here.identifyUser(carol.secret))).toBe(CREDENTIALS_MESSAGE)
      await within250ms(async () => (await rejection(() => there.identifyUser(carol.secret))) !== undefined)
    })
  }

  test('secrets stay good under a new ring key', async () => {
    const rotated = await openWith(keyRingFromText(`new:${randomBytes(32).toString('base64')},${oldKey}`, 'test'))
    const rotations = await rotateKeys(rotated, { tables: SEALED_COLUMNS })
    expect(rotations.map(({ table, left }) => [table, left])).toEqual([
      ['data_keys', 0],
      ['organizations', 0],
      ['users', 0],
      ['two_factors', 0],
    ])
    const caller = await createIdentifier(rotated, now).identify({
      user: admin.userSecret,
      organization: admin.organizationSecret,
    })
    expect(await createSignIn(rotated, now).readSecrets(caller)).toEqual({
      userSecret: admin.userSecret,
      organizationSecret: admin.organizationSecret,
    })
  })
})

/** As the doors do it. */
function createSignIn(one: Store, clockOf = now) {
  const context = { store: one, limits: createSignInLimits(one, clockOf), now: clockOf }
  return {
    signIn: (username: string, password: string, more: Partial<Login> = {}) =>
      signIn(context, { username, password, ...more }),
    readSecrets: (caller: Caller) => readSecrets(context, caller),
    changePassword: (caller: Caller, password: string, token?: string) =>
      changePassword(context, caller, password, token),
  }
}

function accounts(one: Store) {
  return one.db.withTables<AccountsTables>()
}

async function insertOrganization(): Promise<{ id: number; secret: string }> {
  const id = await nextId(store.db, 'organizations')
  const secret = newOrganizationSecret()
  await accounts(store)
    .insertInto('organizations')
    .values({ id, name: 'Stranger', ...secretColumns(store.cipher, 'organizations', id, secret) })
    .execute()
  return { id, secret }
}

async function insertUser({
  email,
  password,
  newAccount = false,
}: {
  email: string
  password: string | undefined
  newAccount?: boolean
}): Promise<{ userId: number; accountId: number; secret: string }> {
  const db = accounts(store)
  const accountId = newAccount ? await nextId(store.db, 'accounts') : admin.accountId
  if (newAccount) {
    await db.insertInto('accounts').values({ id: accountId, organization_id: 2, name: email }).execute()
  }
  const userId = await nextId(store.db, 'users')
  const secret = newUserSecret()
  await db
    .insertInto('users')
    .values({
      id: userId,
      organization_id: 2,
      account_id: accountId,
      email,
      first_name: 'Bob',
      last_name: 'Babbage',
      password_hash: password === undefined ? null : await hashPassword(password),
      ...secretColumns(store.cipher, 'users', userId, secret),
    })
    .execute()
  return { userId, accountId, secret }
}

/** The message with which it throws or rejects; undefined when it does neither. */
async function rejection(act: () => unknown): Promise<string | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
