import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import type { AuditTables } from '../../src/audit/audit-table.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { addColleague, addOrganization, addPerson, organizationSecretOf, type Person } from './people.ts'

/** Who forgot his password gets a token from an administrator. */
let hub: TestHub
let stranger: Person
let guestAdmin: Person
let clock = new Date()
const now = () => clock
const later = (hours: number) => {
  clock = new Date(clock.getTime() + hours * 3_600_000)
}

const OLD = 'Analytical-3ngine'
const FRESH = 'Difference-3ngine'
const GONE = 'The token is unknown, used up or expired; ask for another one'
const own = () => ({ organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization) })

beforeAll(async () => {
  hub = await startTestHub({}, { now })
  stranger = await addOrganization(hub.hub.store, 'Stranger')
  const guest = await addPerson(hub.hub.store, { ...own(), name: 'Guest' })
  const admin = { ...own(), accountId: guest.accountId, name: 'Guest Admin', roles: ['admin'] }
  guestAdmin = await addColleague(hub.hub.store, admin)
})
afterAll(() => hub.close())

interface Someone extends Person {
  username: string
}
let made = 0
async function newcomer({
  password = OLD as string | null,
  roles = [] as string[],
  accountId = 2,
} = {}): Promise<Someone> {
  const number = ++made
  const somebody = { ...own(), accountId, name: `Newcomer ${number}`, roles }
  const person = await addColleague(hub.hub.store, { ...somebody, ...(password ? { password } : {}) })
  return { ...person, username: `newcomer-${number}@example.com` }
}

const as = ({ authorization }: Person) => ({ authorization })
const issue = (user: Pick<Person, 'userId'>, caller = {}) =>
  hub.call('POST', `/users/${user.userId}/password-reset`, caller)
const use = (token: string, password = FRESH): Promise<Answer> =>
  hub.call('POST', '/authentication/passwords/reset', { authorization: null, body: { token, password } })
const signIn = (username: string, password: string) =>
  hub.call('POST', '/authentication', { authorization: null, body: { username, password } })
const secretsWith = (token: string) => hub.call('GET', '/authentication/secrets', { authorization: `Bearer ${token}` })

describe('a token to set a password', () => {
  test('is good once; the password before it until then; sessions end', async () => {
    const ada = await newcomer()
    const session = expectOk(await signIn(ada.username, OLD)).body.token
    const { token, expiresAt } = expectOk(await issue(ada)).body
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(Date.parse(expiresAt) - clock.getTime()).toBeGreaterThan(24 * 3_600_000 - 1001)
    expectOk(await signIn(ada.username, OLD))
    expect(expectError(await use(token, 'weak'), 400).body.message).toContain('at least')
    const at = await Promise.all(Array.from({ length: 5 }, () => use(token)))
    expect(at.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401])
    expect(at.find(({ status }) => status === 200)?.body).toEqual({ username: ada.username })
    expectError(await secretsWith(session), 401)
    expectError(await signIn(ada.username, OLD), 401)
    expectOk(await signIn(ada.username, FRESH))
    expect(expectError(await use(token), 401).body.message).toBe(GONE)
  })

  test('is the way in for a user who never had a password', async () => {
    const bob = await newcomer({ password: null })
    expectError(await signIn(bob.username, OLD), 401)
    expectOk(await use(expectOk(await issue(bob)).body.token))
    expectOk(await signIn(bob.username, FRESH))
  })

  test('ends the wait after too many wrong passwords', async () => {
    const eve = await newcomer()
    const from = (n: number) =>
      hub.call('POST', '/authentication', { authorization: null, body: { username: eve.username, password: `${n}` } })
    for (let n = 0; n < 11; n += 1) await from(n)
    expectError(await signIn(eve.username, OLD), 429)
    expectOk(await use(expectOk(await issue(eve)).body.token))
    expectOk(await signIn(eve.username, FRESH))
  })

  for (const [name, spoil] of [
    ['a day', async () => later(24)],
    ['another token', async (user: Person) => void expectOk(await issue(user))],
    [
      'a password that was set otherwise',
      async (user: Person) =>
        void expectOk(await hub.call('PATCH', `/users/${user.userId}`, { body: { password: 'Other-3ngine-9' } })),
    ],
    [
      'the user is not active',
      async (user: Person) =>
        void expectOk(await hub.call('PATCH', `/users/${user.userId}`, { body: { active: false } })),
    ],
    [
      'the user was not active for a while',
      async (user: Person) => {
        for (const active of [false, true]) {
          expectOk(await hub.call('PATCH', `/users/${user.userId}`, { body: { active } }))
        }
      },
    ],
    [
      'the account was not active for a while',
      async (user: Person) => {
        for (const active of [false, true]) {
          expectOk(await hub.call('PATCH', `/accounts/${user.accountId}`, { body: { active } }))
        }
      },
    ],
    [
      'a role, with which the user may be above whoever asked for it',
      async (user: Person) => void expectOk(await hub.call('PUT', `/users/${user.userId}/roles/admin`)),
    ],
    [
      'the same in the body of a user',
      async (user: Person) =>
        void expectOk(await hub.call('PATCH', `/users/${user.userId}`, { body: { roles: [{ key: 'admin' }] } })),
    ],
    [
      'the same of the whole account',
      async (user: Person) => void expectOk(await hub.call('PUT', `/accounts/${user.accountId}/roles/account`)),
    ],
    ['the user is gone', async (user: Person) => void expectOk(await hub.call('DELETE', `/users/${user.userId}`))],
  ] as [string, (user: Person) => Promise<void>][]) {
    test(`is worthless after: ${name}`, async () => {
      const joe = await newcomer({
        accountId: (await addPerson(hub.hub.store, { ...own(), name: `Aside ${made}` })).accountId,
      })
      const { token } = expectOk(await issue(joe)).body
      await spoil(joe)
      expect(expectError(await use(token), 401).body.message).toBe(GONE)
    })
  }

  test('does not tell what the last passwords were', async () => {
    expectOk(await hub.call('PUT', '/organizations/password-policies', { body: { previousPasswordCount: 2 } }))
    const { token } = expectOk(await issue(await newcomer())).body
    const guesses = []
    for (let n = 0; n < 55; n += 1) guesses.push((await use(token, OLD)).status)
    expectOk(await hub.call('DELETE', '/organizations/password-policies'))
    expect(new Set(guesses)).toEqual(new Set([400, 429]))
  })

  test('unknown tokens are counted', async () => {
    const fresh = await startTestHub()
    try {
      const counts = { 401: 0, 429: 0 } as Record<number, number>
      for (let n = 0; n < 105; n += 1) {
        const body = { token: `unknown ${n}`, password: FRESH }
        const { status } = await fresh.call('POST', '/authentication/passwords/reset', { authorization: null, body })
        counts[status] = (counts[status] ?? 0) + 1
      }
      expect(counts).toEqual({ 401: 100, 429: 5 })
    } finally {
      await fresh.close()
    }
  })

  test('is in the hands of who may change the user and is not below him', async () => {
    const [member, accountAdmin, orgAdmin] = [
      await newcomer(),
      await newcomer({ roles: ['admin'] }),
      await newcomer({ roles: ['org-admin'] }),
    ]
    expectError(await issue(member, as(stranger)), 403)
    expectError(await issue(member, as(guestAdmin)), 403)
    expectError(await issue(accountAdmin, as(member)), 403)
    expectError(await issue(orgAdmin, as(accountAdmin)), 403)
    expectError(await issue({ userId: 2 }, as(orgAdmin)), 403) // the first administrator may more than one organization
    expectError(await issue({ userId: -1 }), 404)
    expectError(await issue({ userId: 1 }), 403)
    expectOk(await issue(member, as(accountAdmin)))
    expectOk(await issue(orgAdmin))
  })

  test('is stored as a hash, and the audit log names neither it nor the password', async () => {
    const ada = await newcomer()
    const { token } = expectOk(await issue(ada)).body
    const db = hub.hub.store.db.withTables<AccountsTables & AuditTables>()
    expect(JSON.stringify(await db.selectFrom('password_resets').selectAll().execute())).not.toContain(token)
    expectOk(await use(token))
    const records = await db
      .selectFrom('audit_logs')
      .selectAll()
      .where('entity_id', '=', String(ada.userId))
      .orderBy('id')
      .execute()
    expect(records.map(({ action, user_id }) => [action, user_id])).toEqual([
      ['issuePasswordReset', 2],
      ['resetPassword', ada.userId],
    ])
    for (const text of [token, FRESH, OLD]) expect(JSON.stringify(records)).not.toContain(text)
  })
})
