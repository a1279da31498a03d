import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { SEALED_COLUMNS } from '../../src/accounts/secrets.ts'
import { stepOf, totpCode } from '../../src/accounts/sign-in/totp.ts'
import { takeCode } from '../../src/accounts/sign-in/two-factor-code.ts'
import type { AuditTables } from '../../src/audit/audit-table.ts'
import { openStore } from '../../src/store/database.ts'
import { keyRingFromText } from '../../src/store/key-ring.ts'
import { rotateKeys } from '../../src/store/rotate-keys.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { addColleague, addOrganization, organizationSecretOf, type Person } from './people.ts'

/** The second factor: authenticators, codes, and what an organization asks for (spec 50 §2). */
let hub: TestHub
let stranger: Person
let clock = new Date()
const now = () => clock
/** so that the next code is another one */
const later = (seconds = 30) => {
  clock = new Date(clock.getTime() + seconds * 1000)
}

const [KEY, NEXT] = ['one', 'next'].map((id) => `${id}:${randomBytes(32).toString('base64')}`)
const PASSWORD = 'Analytical-3ngine'
const PATH = '/authentication/two-factor'
const CREDENTIALS = 'Invalid Organization or User secret, or invalid Element token provided.'

beforeAll(async () => {
  hub = await startTestHub({ VALENCE_KEYS: `${KEY},${NEXT}` }, { now })
  stranger = await addOrganization(hub.hub.store, 'Stranger')
})
afterAll(() => hub.close())

interface Someone extends Person {
  username: string
}
let made = 0
async function newcomer(roles: string[] = []): Promise<Someone> {
  const own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization), accountId: 2 }
  const number = ++made
  const person = await addColleague(hub.hub.store, { ...own, name: `Newcomer ${number}`, password: PASSWORD, roles })
  return { ...person, username: `newcomer-${number}@example.com` }
}

const as = ({ authorization }: { authorization: string }) => ({ authorization })
const signIn = ({ username }: Someone, more: object = {}): Promise<Answer> =>
  hub.call('POST', '/authentication', { authorization: null, body: { username, password: PASSWORD, ...more } })
const code = (secret: string, drift = 0) => totpCode(secret, stepOf(clock) + drift)
const secretsWith = (token: string) => hub.call('GET', '/authentication/secrets', { authorization: `Bearer ${token}` })

/** Adds an authenticator. @returns its secret, and the codes to write down */
async function enrol(caller: { authorization: string }): Promise<{ secret: string; recoveryCodes: string[] }> {
  later()
  const { secret } = expectOk(await hub.call('POST', PATH, as(caller))).body
  const confirmed = expectOk(await hub.call('PUT', PATH, { ...as(caller), body: { code: code(secret) } })).body
  later()
  return { secret, recoveryCodes: confirmed.recoveryCodes }
}

describe('adding an authenticator', () => {
  test('a secret for the app, counted from the first code on', async () => {
    const ada = await newcomer()
    const { body } = expectOk(await hub.call('POST', PATH, as(ada)))
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/)
    const url = new URL(body.otpauthUrl)
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
      'otpauth:',
      'totp',
      `/Valence:${ada.username}`,
    ])
    expect(url.searchParams.get('secret')).toBe(body.secret)
    expect(expectOk(await signIn(ada)).body).toMatchObject({ twoFactor: false, registeredForTwoFactor: false })

    expectError(await hub.call('PUT', PATH, { ...as(ada), body: { code: '000000x' } }), 401)
    const again = expectOk(await hub.call('POST', PATH, as(ada))).body
    expect(again.secret).not.toBe(body.secret)
    expectError(await hub.call('PUT', PATH, { ...as(ada), body: { code: code(body.secret) } }), 401)
    const confirmed = expectOk(await hub.call('PUT', PATH, { ...as(ada), body: { code: code(again.secret) } })).body
    expect(confirmed).toEqual({ registeredForTwoFactor: true, recoveryCodes: expect.any(Array) })
    expect(new Set(confirmed.recoveryCodes).size).toBe(8)
    for (const one of confirmed.recoveryCodes) expect(one).toMatch(/^[2-9a-z]{5}-[2-9a-z]{5}$/)
    expectError(await hub.call('POST', PATH, as(ada)), 409)
    later()
    expectError(await hub.call('PUT', PATH, { ...as(ada), body: { code: code(again.secret) } }), 409)
    expectError(await signIn(ada), 401)
  })

  test('has to be begun before it is confirmed', async () => {
    const bob = await newcomer()
    expectError(await hub.call('PUT', PATH, { ...as(bob), body: { code: '123456' } }), 404)
    expectError(await hub.call('PUT', PATH, { ...as(bob), body: {} }), 400)
    expectError(await hub.call('DELETE', PATH, as(bob)), 404)
    expectError(await hub.call('POST', PATH, { authorization: null }), 401)
  })

  test('neither secret nor codes are readable in the database, and they survive a new key', async () => {
    const eve = await newcomer()
    const { secret, recoveryCodes } = await enrol(eve)
    const { store } = hub.hub
    const rows = await store.db.withTables<AccountsTables>().selectFrom('two_factors').selectAll().execute()
    const everything = JSON.stringify(rows)
    for (const text of [secret, ...recoveryCodes, ...recoveryCodes.map((one) => one.replace('-', ''))])
      expect(everything).not.toContain(text)

    const keyRing = keyRingFromText(`${NEXT},${KEY}`, 'test')
    const rotating = await openStore({ url: hub.databaseUrl, keyRing, log: pino({ level: 'silent' }) })
    const tables = SEALED_COLUMNS.filter(({ table }) => table === 'two_factors')
    const rotations = await rotateKeys(rotating, { tables })
    await rotating.close()
    expect(rotations.at(-1)).toMatchObject({ table: 'two_factors', rotated: rows.length, left: 0 })
    expectOk(await signIn(eve, { code: code(secret) }))
  })
})

describe('signing in with one', () => {
  test('takes a code beside the right password, each once, in whatever process', async () => {
    const ada = await newcomer()
    const { secret } = await enrol(ada)
    const { body } = expectError(await signIn(ada), 401)
    expect(body.message).toBe('A two-factor code is required')
    expect(expectError(await signIn(ada, { password: 'wrong', code: code(secret) }), 401).body.message).toBe(
      'Invalid username or password.',
    )
    expect(expectError(await signIn(ada, { code: '000000x' }), 401).body.message).toBe('The two-factor code is wrong')

    const once = await Promise.all(Array.from({ length: 4 }, () => signIn(ada, { code: code(secret) })))
    expect(once.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401])
    later()
    const { token, ...user } = expectOk(await signIn(ada, { code: ` ${code(secret, 1).replace(/^.../, '$& ')} ` })).body
    expect(user).toMatchObject({ twoFactor: true, registeredForTwoFactor: true })
    expectOk(await secretsWith(token))
    expectError(await signIn(ada, { code: code(secret) }), 401) // older than the last that was taken
  })

  test('two processes take one code once', async () => {
    const bob = await newcomer()
    const { secret } = await enrol(bob)
    const { store } = hub.hub
    const other = await openStore({ url: hub.databaseUrl, keyRing: store.keyRing, log: pino({ level: 'silent' }) })
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, n) => {
        const one = n % 2 ? store : other
        return takeCode(one.db.withTables<AccountsTables>(), one.cipher, bob.userId, code(secret), clock)
      }),
    )
    await other.close()
    expect(taken.filter(Boolean)).toHaveLength(1)
  })

  test('5 wrong codes an hour; then not even the right one, wherever it comes from', async () => {
    const eve = await newcomer()
    const { secret } = await enrol(eve)
    const told: number[] = []
    for (let n = 0; n < 7; n += 1) told.push((await signIn(eve, { code: `99999${n}x` })).status)
    expect(told).toEqual([401, 401, 401, 401, 401, 429, 429])
    expectError(await signIn(eve, { code: code(secret) }), 429)
    later(3600)
    expectOk(await signIn(eve, { code: code(secret) }))
  })

  test('a code that was written down is good once, when the authenticator is lost', async () => {
    const joe = await newcomer()
    const { recoveryCodes } = await enrol(joe)
    const [first = '', second = ''] = recoveryCodes
    const both = await Promise.all([signIn(joe, { code: first }), signIn(joe, { code: first })])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401])
    expectOk(await signIn(joe, { code: second.toUpperCase().replace('-', '') }))
    expectError(await signIn(joe, { code: second }), 401)
  })
})

describe('taking it away', () => {
  test('oneself: with a code, however one is signed in', async () => {
    const ada = await newcomer()
    const { secret } = await enrol(ada)
    const remove = (body?: object) => hub.call('DELETE', PATH, { ...as(ada), body })
    expect(expectError(await remove(), 401).body.message).toBe('A two-factor code is required')
    expectError(await remove({ code: '000000x' }), 401)
    expect(expectError(await remove({ code: 12345 }), 400).body.message).toContain('code: expected text')
    expectError(await hub.call('DELETE', `/users/${ada.userId}/two-factor`, as(ada)), 403)
    expect(expectOk(await remove({ code: code(secret) })).text).toBe('')
    expectError(await remove(), 404)
    expectOk(await signIn(ada))
    expectOk(await hub.call('POST', PATH, as(ada)))
    expectOk(await remove()) // one that was never confirmed guards nothing
  })

  test('an administrator, of whom is not above him; the sessions of the other end', async () => {
    const [ada, accountAdmin, orgAdmin] = [await newcomer(), await newcomer(['admin']), await newcomer(['org-admin'])]
    const path = ({ userId }: Person) => `/users/${userId}/two-factor`
    const { secret } = await enrol(ada)
    await enrol(orgAdmin)
    const { token } = expectOk(await signIn(ada, { code: code(secret) })).body
    expectError(await hub.call('DELETE', path(ada), as(stranger)), 403)
    expectError(await hub.call('DELETE', path(ada), as(ada)), 403)
    expectError(await hub.call('DELETE', path(orgAdmin), as(accountAdmin)), 403)
    expectError(await hub.call('DELETE', '/users/-1/two-factor'), 404)
    expectError(await hub.call('DELETE', path(accountAdmin)), 404)
    expectError(await hub.call('DELETE', '/users/2/two-factor'), 403)
    expectOk(await secretsWith(token))
    expectOk(await hub.call('DELETE', path(ada), as(accountAdmin)))
    expectError(await secretsWith(token), 401)
    expectOk(await signIn(ada))
  })
})

describe('an organization that asks for it', () => {
  const ask = async (isRequired: boolean, boss: Someone, token: string) => {
    const body = { name: 'My Organization', twoFactorAuthEnabled: isRequired }
    expectError(await hub.call('PUT', '/organizations/me', { ...as(await newcomer()), body }), 403)
    const changed = await hub.call('PUT', '/organizations/me', { authorization: `Bearer ${token}`, body })
    expect(expectOk(changed).body).toMatchObject(body)
    expect(expectOk(await hub.call('GET', '/organizations/me', as(boss))).body).toMatchObject(body)
  }

  test('lets in whoever has none only to add one, and open sessions too, at once', async () => {
    const [ada, bob, boss] = [await newcomer(), await newcomer(), await newcomer(['org-admin'])]
    const { secret: bobs } = await enrol(bob)
    const [adas, bobToken, bossToken] = [
      expectOk(await signIn(ada)).body.token,
      expectOk(await signIn(bob, { code: code(bobs) })).body.token,
      expectOk(await signIn(boss)).body.token,
    ]
    for (const token of [adas, bobToken, bossToken]) expectOk(await secretsWith(token))
    await ask(true, boss, bossToken)
    expect(expectError(await secretsWith(adas), 401).body.message).toBe(CREDENTIALS)
    for (const token of [bobToken, bossToken]) expectOk(await secretsWith(token))
    expectOk(await hub.call('GET', '/instances/count', as(ada))) // secrets are not concerned

    const entered = expectOk(await signIn(ada)).body
    expect(entered).toMatchObject({ twoFactor: true, registeredForTwoFactor: false })
    const bearer = { authorization: `Bearer ${entered.token}` }
    for (const [method, path, body] of [
      ['GET', '/authentication/secrets'],
      ['POST', '/authentication/passwords', { password: 'Difference-3ngine' }],
      ['GET', '/instances/count'],
      ['GET', '/elements'],
      ['GET', '/users'],
      ['GET', '/hubs/crm/contacts'],
    ] as const) {
      expectError(await hub.call(method, path, { ...bearer, body }), 401)
    }
    const { secret } = expectOk(await hub.call('POST', PATH, bearer)).body
    expectOk(await hub.call('PUT', PATH, { ...bearer, body: { code: code(secret) } }))
    expectOk(await secretsWith(entered.token))
    later()
    expectOk(await secretsWith(expectOk(await signIn(ada, { code: code(secret) })).body.token))

    const late = expectOk(await signIn(await newcomer())).body.token
    later(15 * 60)
    expectError(await hub.call('POST', PATH, { authorization: `Bearer ${late}` }), 401)
    const [left] = [expectOk(await signIn(await newcomer())).body.token]
    await ask(false, boss, bossToken)
    expectOk(await secretsWith(left))
  })
})

test('what happened is in the audit log, without secrets and codes', async () => {
  const ada = await newcomer()
  const { secret, recoveryCodes } = await enrol(ada)
  expectError(await signIn(ada, { code: '000000x' }), 401)
  expectOk(await hub.call('DELETE', `/users/${ada.userId}/two-factor`))
  const records = await hub.hub.store.db
    .withTables<AuditTables>()
    .selectFrom('audit_logs')
    .selectAll()
    .where('entity_id', '=', String(ada.userId))
    .orderBy('id')
    .execute()
  expect(records.map(({ action }) => action)).toEqual(['addTwoFactor', 'signInFailed', 'removeTwoFactor'])
  expect(records[1]?.after).toContain('the two-factor code is wrong')
  for (const text of [secret, '000000x', ...recoveryCodes]) expect(JSON.stringify(records)).not.toContain(text)
})

test('the password alone does not open the secret of somebody who has a second factor', async () => {
  const [ada, colleague] = [await newcomer(), await newcomer(['admin'])]
  const read = async (caller: { authorization: string }) => {
    const headers = { 'elements-user-password': PASSWORD }
    return expectOk(await hub.call('GET', `/users/${ada.userId}`, { ...as(caller), headers })).body
  }
  expect(await read(colleague)).toHaveProperty('secret')
  await enrol(ada)
  expect(await read(colleague)).not.toHaveProperty('secret')
  expect(await read(hub)).not.toHaveProperty('secret')
  expect(await read(ada)).toHaveProperty('secret')
})
