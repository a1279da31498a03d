import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import type { AuditTables } from '../../src/audit/audit-table.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { ADMIN, type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { addColleague, organizationSecretOf } from './people.ts'

/** Guessing at passwords through the doors, where clients have addresses and several processes answer (spec 50 §2). */
let hub: TestHub
let clock = new Date()
const now = () => clock
const later = (minutes: number) => {
  clock = new Date(clock.getTime() + minutes * 60_000)
}

const PASSWORD = 'Analytical-3ngine'

beforeAll(async () => {
  hub = await startTestHub({ VALENCE_TRUST_PROXY: 'on' }, { now })
})
afterAll(() => hub.close())

let made = 0
/** Somebody whom nobody has guessed at yet. */
async function newcomer(): Promise<{ username: string; userId: number }> {
  const own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization), accountId: 2 }
  const number = ++made
  const { userId } = await addColleague(hub.hub.store, { ...own, name: `Newcomer ${number}`, password: PASSWORD })
  return { username: `newcomer-${number}@example.com`, userId }
}

/** @param from what the proxy says, the client's own words before it */
const signIn = (username: string, password: string, from: string, more = {}): Promise<Answer> =>
  hub.call('POST', '/authentication', {
    authorization: null,
    body: { username, password, ...more },
    headers: { 'x-forwarded-for': from },
  })
const statuses = async (answers: Promise<Answer>[]) => {
  const counts: Record<number, number> = {}
  for (const { status } of await Promise.all(answers)) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe('wrong passwords', () => {
  test('a burst of 60 is 10 guesses; then it is 429, with when to come back', async () => {
    const { username } = await newcomer()
    const burst = Array.from({ length: 60 }, (_, n) => signIn(username, `wrong ${n}`, '192.0.2.1'))
    expect(await statuses(burst)).toEqual({ 401: 10, 429: 50 })
    const refused = expectError(await signIn(username, PASSWORD, '192.0.2.1'), 429)
    expect(refused.body.message).toMatch(/^Too many attempts; try again in \d+ seconds$/)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(800)
    expectOk(await signIn(username, PASSWORD, '192.0.2.2'))
    later(15)
    expectOk(await signIn(username, PASSWORD, '192.0.2.1'))
  })

  test('an unknown user is refused in the same words at the same time', async () => {
    const { username } = await newcomer()
    const tell = async (name: string) => {
      const told: [number, string][] = []
      for (let n = 0; n < 12; n += 1) {
        const { status, body } = await signIn(name, 'wrong', '192.0.2.3')
        told.push([status, body.message])
      }
      return told
    }
    const [known, unknown] = [await tell(username), await tell('nobody-at-all@example.com')]
    expect(known.map(([status]) => status)).toEqual([...Array(10).fill(401), 429, 429])
    expect(unknown).toEqual(known)
    later(15)
  })

  test('what the client says of its own address is not believed', async () => {
    const { username } = await newcomer()
    const liars = Array.from({ length: 30 }, (_, n) => signIn(username, 'wrong', `10.0.0.${n}, 192.0.2.4`))
    expect(await statuses(liars)).toEqual({ 401: 10, 429: 20 })
    later(15)
  })

  test('from everywhere: 50, and the user still gets in from where he was before', async () => {
    const { username } = await newcomer()
    expectOk(await signIn(username, PASSWORD, '192.0.2.5'))
    const attack = Array.from({ length: 80 }, (_, n) => signIn(username, 'wrong', `198.51.100.${n}`))
    expect(await statuses(attack)).toEqual({ 401: 50, 429: 30 })
    expectError(await signIn(username, PASSWORD, '203.0.113.1'), 429)
    expectOk(await signIn(username, PASSWORD, '192.0.2.5'))
    later(60)
    expectOk(await signIn(username, PASSWORD, '203.0.113.1'))
  })

  test('are written down with their reason, and not with what was typed', async () => {
    const { username, userId } = await newcomer()
    for (let n = 0; n < 12; n += 1) await signIn(username, 'Typed-passw0rd', '192.0.2.6')
    const records = await hub.hub.store.db
      .withTables<AuditTables>()
      .selectFrom('audit_logs')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('id')
      .execute()
    expect(records).toHaveLength(10)
    expect(records[0]).toMatchObject({ action: 'signInFailed', status: 401, ip_address: '192.0.2.6' })
    expect(JSON.parse(records[0]?.after ?? '')).toEqual({ reason: 'the password is wrong' })
    expect(records.at(-1)?.after).toContain('no more attempts are let through for now')
    expect(JSON.stringify(records)).not.toContain('Typed-passw0rd')
    later(15)
  })
})

describe('Elements-User-Password', () => {
  test('is a guess like the others, counted with them', async () => {
    const { username, userId } = await newcomer()
    const read = (password: string) =>
      hub.call('GET', `/users/${userId}`, {
        headers: { 'elements-user-password': password, 'x-forwarded-for': '192.0.2.7' },
      })
    expect(expectOk(await read(PASSWORD)).body.secret).toMatch(/^\S{44}$/)
    const burst = Array.from({ length: 30 }, () => read('wrong'))
    expect(await statuses(burst)).toEqual({ 200: 10, 429: 20 })
    expectError(await read(PASSWORD), 429)
    expectError(await signIn(username, PASSWORD, '192.0.2.7'), 429)
    later(15)
    expect(expectOk(await read('wrong')).body).not.toHaveProperty('secret')
  })
})

describe('an expired password', () => {
  const expire = (userId: number) =>
    hub.hub.store.db
      .withTables<AccountsTables>()
      .updateTable('users')
      .set({ password_changed_at: new Date(Date.now() - 31 * 24 * 3_600_000) })
      .where('id', '=', userId)
      .execute()
  const shown = async (userId: number) => (await hub.call('GET', `/users/${userId}`)).body

  test('lets nobody in but to set another one, and only who knows it hears of that', async () => {
    const { username, userId } = await newcomer()
    expectOk(await hub.call('PUT', '/organizations/password-policies', { body: { expirationDays: 30 } }))
    expectOk(await signIn(username, PASSWORD, '192.0.2.8'))
    expect(await shown(userId)).toMatchObject({ credentialsExpired: false, credentialsNonExpired: true })
    await expire(userId)
    expect(await shown(userId)).toMatchObject({ credentialsExpired: true, credentialsNonExpired: false })

    const told = async (password: string, more = {}, status = 401) =>
      expectError(await signIn(username, password, '192.0.2.8', more), status).body.message
    expect(await told(PASSWORD)).toMatch(/^The password has expired/)
    expect(await told('wrong')).toBe('Invalid username or password.')
    expect(await told(PASSWORD, { newPassword: 'weak' }, 400)).toContain('at least')
    expect(await told('wrong', { newPassword: 'Difference-3ngine' })).toBe('Invalid username or password.')
    const { token } = expectOk(await signIn(username, PASSWORD, '192.0.2.8', { newPassword: 'Difference-3ngine' })).body
    expectOk(await hub.call('GET', '/authentication/secrets', { authorization: `Bearer ${token}` }))
    expect(await told(PASSWORD)).toBe('Invalid username or password.')
    expectOk(await signIn(username, 'Difference-3ngine', '192.0.2.8'))
    expect(await shown(userId)).toMatchObject({ credentialsExpired: false })

    await expire(userId)
    expectOk(await hub.call('DELETE', '/organizations/password-policies'))
    expectOk(await signIn(username, 'Difference-3ngine', '192.0.2.8'))
  })
})

test('right passwords at once: some wait, none is refused, of many users or of one', async () => {
  // a machine that is busy with other things says 503, later: whoever comes again is let in
  const patient = async (name: string, from: string) => {
    for (;;) {
      const answer = await signIn(name, PASSWORD, from)
      if (answer.status !== 503) return answer
    }
  }
  const users = await Promise.all(Array.from({ length: 20 }, newcomer))
  const many = users.flatMap(({ username }) => Array.from({ length: 5 }, () => patient(username, '203.0.113.9')))
  expect(await statuses(many)).toEqual({ 200: 100 })
  const { username } = await newcomer()
  const one = Array.from({ length: 100 }, () => patient(username, '203.0.113.10'))
  expect(await statuses(one)).toEqual({ 200: 100 })
})

test('without VALENCE_TRUST_PROXY the header means nothing', async () => {
  const plain = await startTestHub()
  try {
    const tries = Array.from({ length: 30 }, (_, n) =>
      plain.call('POST', '/authentication', {
        authorization: null,
        body: { username: ADMIN.email, password: 'wrong' },
        headers: { 'x-forwarded-for': `192.0.2.${n}` },
      }),
    )
    expect(await statuses(tries)).toEqual({ 401: 10, 429: 20 })
  } finally {
    await plain.close()
  }
})
