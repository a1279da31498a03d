import { setTimeout as wait } from 'node:timers/promises'
import { sql, type Transaction } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { hashPassword } from '../../src/accounts/sign-in/password.ts'
import { storePassword } from '../../src/accounts/sign-in/set-password.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { provisionOwn } from './own-instance.ts'
import { addColleague, addOrganization, addPerson, organizationSecretOf, type Person } from './people.ts'

/** What somebody would try who has an account, or had one: every case was possible once. */
let hub: TestHub
let own: { organizationId: number; organizationSecret: string }
const PASSWORD = 'Long-ago-it-was-1'
const OTHER_PASSWORD = 'Another-one-2-go'
let count = 0

beforeAll(async () => {
  hub = await startTestHub()
  own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization) }
})
afterAll(() => hub.close())

/** In an account of his own, which is not the default one. */
async function somebody(): Promise<Person & { email: string }> {
  const { accountId } = await addPerson(hub.hub.store, { ...own, name: `Owner ${++count}` })
  const person = await addColleague(hub.hub.store, { ...own, accountId, name: `Victim ${count}`, password: PASSWORD })
  return { ...person, email: `victim-${count}@example.com` }
}

const signIn = (username: string, password: string, more: object = {}) =>
  hub.call('POST', '/authentication', { authorization: null, body: { username, password, ...more } })

describe('a password that is checked while it ends', () => {
  type Trx = Transaction<AccountsTables>
  const setOther = async (trx: Trx, { userId }: Person) => {
    const prepared = { password_hash: await hashPassword(OTHER_PASSWORD), previousPasswordCount: 0 }
    await storePassword(trx, userId, prepared, { now: new Date() })
  }
  const closeUser = async (trx: Trx, { userId }: Person) => {
    await trx.updateTable('users').set({ active: false }).where('id', '=', userId).execute()
  }
  const closeAccount = async (trx: Trx, { accountId }: Person) => {
    await trx.updateTable('accounts').set({ active: false }).where('id', '=', accountId).execute()
  }
  const attempts: [string, (trx: Trx, person: Person) => Promise<void>, object?][] = [
    ['begins no session when somebody set another one', setOther],
    ['sets no new one when somebody set another one', setOther, { newPassword: 'Mine-again-3-times' }],
    ['begins no session of a user who was made inactive', closeUser],
    ['begins no session in an account that was made inactive', closeAccount],
  ]
  for (const [fact, change, more] of attempts) {
    test(fact, async () => {
      const person = await somebody()
      const answer = await whileChanging(
        (trx) => change(trx, person),
        () => signIn(person.email, PASSWORD, more),
      )
      expect(expectError(answer, 401).text).toContain('Invalid username or password')
      expect(await sessionsOf(person)).toBe(0)
      if (change !== setOther) return
      expectError(await signIn(person.email, PASSWORD), 401)
      expectOk(await signIn(person.email, OTHER_PASSWORD))
    })
  }

  test('is not replaced by a session that was ended meanwhile', async () => {
    const person = await somebody()
    const { token } = expectOk(await signIn(person.email, PASSWORD)).body
    const answer = await whileChanging(
      (trx) => setOther(trx, person),
      () =>
        hub.call('POST', '/authentication/passwords', {
          authorization: `Bearer ${token}`,
          body: { password: 'Mine-again-3-times' },
        }),
    )
    expectError(answer, 401)
    expectOk(await signIn(person.email, OTHER_PASSWORD))
  })

  /** @param send is sent while the change is made but not committed, and waits for that */
  async function whileChanging(change: (trx: Trx) => Promise<void>, send: () => Promise<Answer>): Promise<Answer> {
    const db = hub.hub.store.db.withTables<AccountsTables>()
    const { pending } = await db.transaction().execute(async (trx) => {
      await change(trx)
      const pending = send()
      await somethingWaits()
      return { pending }
    })
    return pending
  }

  async function sessionsOf({ userId }: Person): Promise<number> {
    const db = hub.hub.store.db.withTables<AccountsTables>()
    return (await db.selectFrom('login_tokens').select('id').where('user_id', '=', userId).execute()).length
  }
})

test('a user who is signed up while the account is deleted does not come back with it', async () => {
  const { accountId } = await somebody()
  const db = hub.hub.store.db.withTables<AccountsTables>()
  const { pending } = await db.transaction().execute(async (trx) => {
    const deleted = { active: false, deleted_at: new Date() }
    await trx.updateTable('accounts').set(deleted).where('id', '=', accountId).execute()
    const user = { email: 'too-late@example.com', firstName: 'Too', lastName: 'Late' }
    const body = { organization: { id: own.organizationId }, account: { id: accountId }, user }
    const pending = hub.call('POST', '/customers/signup', { body })
    await somethingWaits()
    return { pending }
  })
  expectError(await pending, 404)
})

test('an organization is deleted whatever goes on in it, and nothing of it stays', async () => {
  const { store } = hub.hub
  for (let round = 0; round < 6; round += 1) {
    const owner = await addOrganization(store, `Doomed ${++count}`)
    const { id } = await provisionOwn(hub, owner.authorization)
    const { authorization } = owner
    const element = expectOk(await hub.call('GET', `/instances/${id}`, { authorization })).body.element.id
    const user = { email: `doomed-${count}@example.com`, firstName: 'Too', lastName: 'Late' }
    const own = {
      name: `Late ${count}`,
      hub: 'general',
      authentication: { type: 'custom' },
      configuration: [],
      resources: [],
    }
    const calls: [string, string, object?][] = [
      ['POST', '/elements', own],
      ['POST', '/instances', { name: 'Late', element: { id: element }, configuration: {} }],
      ['POST', '/organizations/users', user],
      ['PUT', '/organizations/me/secret'],
      ['PUT', '/organizations/me', { twoFactorAuthEnabled: true }],
      ['PUT', '/organizations/roles/reset'],
      ['PUT', `/users/${owner.userId}/secret`],
    ]
    const [deleted, ...others] = await Promise.all([
      hub.call('DELETE', `/customers/organizations/${owner.organizationId}`),
      ...calls.map(([method, path, body]) => hub.call(method, path, { authorization, ...(body ? { body } : {}) })),
    ])
    expectOk(deleted)
    for (const { status, text } of others) expect(status, text).toBeLessThan(500)
    const { rows } = await sql`
      select from users where organization_id = ${owner.organizationId} and deleted_at is null union all
      select from instances where organization_id = ${owner.organizationId} and deleted_at is null`.execute(store.db)
    expect(rows).toEqual([])
  }
})

describe('what the last passwords were', () => {
  test('is not found out by changes that are refused in the end', async () => {
    expectOk(await hub.call('PUT', '/organizations/password-policies', { body: { previousPasswordCount: 3 } }))
    const { userId } = await somebody()
    const guess = (password: string) =>
      hub.call('PATCH', `/users/${userId}`, { body: { password, roles: [{ key: 'none-of-that-name' }] } })
    expect(expectError(await guess(PASSWORD), 400).text).toContain('none of the last 3')
    let last = await guess('Guessed-0-times')
    for (let times = 1; times < 60 && last.status === 400; times++) last = await guess(`Guessed-${times}-times`)
    expectError(last, 429)
    expectOk(await hub.call('DELETE', '/organizations/password-policies'))
  })
})

describe('users, their roles and accounts that are changed at once', () => {
  test('never make one of the calls fail for another', async () => {
    const { userId, accountId } = await somebody()
    const listed = expectOk(await hub.call('GET', '/organizations/roles')).body
    const roles = listed.map(({ id, privileges }: { id: number; privileges: object[] }) => ({ id, privileges }))
    const calls: [string, string, unknown?][] = [
      ['PUT', '/organizations/roles', roles],
      ['DELETE', `/users/${userId}/roles/admin`],
      ['PUT', '/organizations/roles', roles.toReversed()],
      ['DELETE', `/accounts/${accountId}/roles/admin`],
      ['PUT', '/organizations/roles/reset'],
      ['PUT', `/users/${userId}/roles/admin`],
      ['PATCH', `/users/${userId}`, { active: false, roles: [{ key: 'admin' }] }],
      ['PUT', `/users/${userId}/secret`],
      ['POST', `/users/${userId}/password-reset`],
      ['PATCH', `/users/${userId}`, { password: OTHER_PASSWORD }],
      ['PATCH', `/accounts/${accountId}`, { active: false }],
      ['PUT', `/accounts/${accountId}/roles/admin`],
      ['DELETE', `/users/${userId}/roles/admin`],
    ]
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => calls)
        .flat()
        .map(([method, path, body]) => hub.call(method, path, body === undefined ? {} : { body })),
    )
    expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([])
  })
})

describe('whoever asks the logs for much', () => {
  for (const [path, table] of [
    ['/usage', 'usage_records'],
    ['/usage/analytics/activity?from=2019-01-01&to=2030-01-01', 'usage_records'],
    ['/metrics/api', 'usage_records'],
    ['/audit-logs', 'audit_logs'],
  ] as const) {
    test(`leaves connections to the database for the others: ${path}`, async () => {
      const { answers, meanwhileMs } = await hub.hub.store.db.transaction().execute(async (trx) => {
        await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(trx)
        const answers = Array.from({ length: 20 }, () => hub.call('GET', path))
        await somethingWaits()
        const started = performance.now()
        expectOk(await hub.call('GET', '/accounts'))
        return { answers, meanwhileMs: performance.now() - started }
      })
      expect(meanwhileMs).toBeLessThan(5_000)
      for (const answer of await Promise.all(answers)) expectOk(answer)
    })
  }

  test('is told that a text is too long to be looked for', async () => {
    expectError(await hub.call('GET', `/usage?searchText=${'%25'.repeat(201)}`), 400)
    expectOk(await hub.call('GET', `/usage?searchText=${'%25'.repeat(200)}`))
  })
})

test('filters of a long list take turns and leave nothing out', async () => {
  await sql`insert into accounts (organization_id, name, external_id)
    select 2, 'Many ' || n, n from generate_series(1, 600) as n`.execute(hub.hub.store.db)
  const many = `/accounts?where=${encodeURIComponent("name like 'Many %'")}`
  const filter = async () => {
    const first = expectOk(await hub.call('GET', `${many}&pageSize=350`))
    const token = first.headers.get('elements-next-page-token')
    const second = expectOk(await hub.call('GET', `${many}&nextPage=${token}`))
    expect(first.headers.get('elements-total-count')).toBe('600')
    expect(second.headers.get('elements-next-page-token')).toBeNull()
    return [...first.body, ...second.body].map(({ externalId }) => Number(externalId))
  }
  const numbers = Array.from({ length: 600 }, (_, n) => n + 1)
  for (const found of await Promise.all(Array.from({ length: 10 }, filter))) expect(found).toEqual(numbers)
})

/** For a lock in the database. */
async function somethingWaits(): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const { rows } = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      hub.hub.store.db,
    )
    if (rows.length > 0) return
    await wait(10)
  }
  throw new Error('nothing ever waited for a lock')
}
