import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { type Answer, CALLBACK, startTestHub, type TestHub } from '../support/hub.ts'
import { callOwn, provisionOwn, revocationOf } from './own-instance.ts'
import { addColleague, addOrganization, organizationSecretOf, type Person } from './people.ts'

/** Accounts of an organization: what is answered, what closing and reopening one means, and its settings (spec 50 §4, 41 §5). */
let hub: TestHub
let stranger: Person
/** of the default account, without a role; and its administrator who is not one of the organization */
let member: Person
let accountAdmin: Person

const DEFAULT_ACCOUNT = 2
const as = ({ authorization }: Person) => ({ authorization })
const idsOf = ({ body }: Answer) => body.map(({ id }: { id: number }) => id)
const encoded = encodeURIComponent
const withSecret = (secret: string) => ({
  authorization: `User ${secret}, Organization ${organizationSecretOf(hub.authorization)}`,
})
let count = 0
const make = async (members: object = {}) =>
  expectOk(await hub.call('POST', '/accounts', { body: { externalId: `customer-${++count}`, ...members } })).body
const makeUser = async (accountId: number, members: object = {}) => {
  const named = { email: `of-account-${++count}@example.com`, firstName: 'Made', lastName: 'Up' }
  return expectOk(await hub.call('POST', `/accounts/${accountId}/users`, { body: { ...named, ...members } })).body
}

beforeAll(async () => {
  hub = await startTestHub({}, { revokeEveryMs: 100 })
  const { store } = hub.hub
  const organizationSecret = organizationSecretOf(hub.authorization)
  const own = { organizationId: 2, accountId: DEFAULT_ACCOUNT, organizationSecret }
  stranger = await addOrganization(store, 'Stranger')
  member = await addColleague(store, { ...own, name: 'Member' })
  accountAdmin = await addColleague(store, { ...own, name: 'Account Admin', roles: ['admin'] })
})
afterAll(() => hub.close())

describe('a new account', () => {
  test('is answered whole', async () => {
    const body = { name: 'Globex', description: 'Customer 17', externalId: 'globex-17' }
    expect(expectOk(await hub.call('POST', '/accounts/', { body })).body).toEqual({
      id: expect.any(Number),
      ...body,
      companyId: 2,
      active: true,
      defaultAccount: false,
      type: 'CompanyAccount',
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    })
  })

  test('takes a number for its external id, and the id for what is not said', async () => {
    expect(await make({ externalId: 123 })).toMatchObject({ externalId: '123', name: '123', description: '123' })
  })

  for (const [name, body, complaint] of [
    ['no body', undefined, /body/],
    ['no external id', { name: 'Globex' }, /externalId/],
    ['an empty one', { externalId: '' }, /externalId/],
    ['none', { externalId: null }, /externalId/],
    ['an object', { externalId: {} }, /externalId/],
    ['a long one', { externalId: 'x'.repeat(256) }, /externalId.*255/],
  ] as const) {
    test(`with ${name} for an external id is refused`, async () => {
      const answer = expectError(await hub.call('POST', '/accounts', body === undefined ? {} : { body }), 400)
      expect(answer.body.message).toMatch(complaint)
    })
  }

  test('takes an administrator of the organization, as everything about accounts', async () => {
    const { id } = await make()
    for (const who of [member, accountAdmin]) {
      for (const [method, path, body] of [
        ['GET', '/accounts'],
        ['POST', '/accounts', { externalId: 'x' }],
        ['GET', `/accounts/${id}`],
        ['GET', '/accounts/-1'],
        ['PATCH', `/accounts/${id}`, { name: 'x' }],
        ['DELETE', `/accounts/${id}`],
      ] as const) {
        expectError(await hub.call(method, path, { ...as(who), ...(body ? { body } : {}) }), 403)
      }
    }
  })

  test('is nothing to administrators of other organizations', async () => {
    const { id } = await make()
    for (const [method, path, body] of [
      ['GET', `/accounts/${id}`],
      ['PATCH', `/accounts/${id}`, { name: 'x' }],
      ['PUT', `/accounts/${id}`, { active: false }],
      ['DELETE', `/accounts/${id}`],
      ['GET', `/accounts/${id}/instances`],
      ['GET', `/accounts/${id}/settings`],
      ['PATCH', `/accounts/${id}/settings`, { a: 1 }],
      ['POST', `/accounts/${id}/settings`, { a: 1 }],
    ] as const) {
      const given = body ? { body } : {}
      expectError(await hub.call(method, path, { ...as(stranger), ...given }), 403)
      expectError(await hub.call(method, path.replace(String(id), '1'), given), 403)
      for (const absurd of ['-1', '0', '99999999999', 'x'])
        expectError(await hub.call(method, path.replace(String(id), absurd), given), 404)
    }
    expect(idsOf(await hub.call('GET', '/accounts', as(stranger)))).toEqual([stranger.accountId])
  })
})

describe('a list of accounts', () => {
  test('has exactly one default account', async () => {
    const defaults = expectOk(await hub.call('GET', '/accounts?where=defaultAccount=true'))
    expect(defaults.body).toMatchObject([{ id: DEFAULT_ACCOUNT, type: 'Default', defaultAccount: true }])
    await make()
    const others = expectOk(await hub.call('GET', `/accounts?where=${encoded("type='CompanyAccount'")}`))
    expect(idsOf(others)).not.toContain(DEFAULT_ACCOUNT)
    expect(others.body.length).toBe(Number(others.headers.get('elements-total-count')))
  })

  test('can be filtered by name, external id and date', async () => {
    const { id, createdDate } = await make({ name: 'Initech', externalId: 'initech-1' })
    for (const where of [`name='Initech'`, `externalId='initech-1' AND createdDate='${createdDate}'`, `id=${id}`])
      expect(idsOf(expectOk(await hub.call('GET', `/accounts?where=${encoded(where)}`)))).toEqual([id])
    const none = expectError(await hub.call('GET', `/accounts?where=${encoded("name='Nobody'")}`), 404)
    expect(none.body.message).toBe('No accounts found')
    expect(expectError(await hub.call('GET', '/accounts?where=name'), 400).body.message).toMatch(/Error parsing query/)
  })

  for (const where of ['', "type='CompanyAccount' OR defaultAccount=true"]) {
    test(`has pages by offset and by token${where && ', filtered too'}`, async () => {
      for (let made = 0; made < 5; made++) await make()
      const query = where && `&where=${encoded(where)}`
      const whole = idsOf(expectOk(await hub.call('GET', `/accounts?pageSize=200${query}`)))
      expect(whole).toEqual(whole.toSorted((a: number, b: number) => a - b))
      expect(idsOf(await hub.call('GET', `/accounts?pageSize=2&offset=3${query}`))).toEqual(whole.slice(3, 5))
      const first = expectOk(await hub.call('GET', `/accounts?pageSize=3${query}`))
      const token = first.headers.get('elements-next-page-token')
      const second = expectOk(await hub.call('GET', `/accounts?nextPage=${token}`))
      expect([...idsOf(first), ...idsOf(second)]).toEqual(whole.slice(0, 6))
      const last = expectOk(await hub.call('GET', `/accounts?offset=${whole.length - 1}${query}`))
      expect(last.headers.has('elements-next-page-token')).toBe(false)
      expect(last.headers.get('elements-total-count')).toBe(String(whole.length))
      expect(idsOf(await hub.call('GET', `/accounts?offset=${whole.length}${query}`))).toEqual([])
      expectError(await hub.call('GET', '/accounts?offset=-1'), 400)
    })
  }
})

describe('a changed account', () => {
  test('keeps what the body does not name, and can be sent back as it was read', async () => {
    const { id, externalId } = await make({ name: 'Before', description: 'Here' })
    for (const method of ['PATCH', 'PUT']) {
      const changed = expectOk(await hub.call(method, `/accounts/${id}`, { body: { name: method } })).body
      expect(changed).toMatchObject({ name: method, description: 'Here', externalId })
      expect(expectOk(await hub.call('PUT', `/accounts/${id}`, { body: changed })).body).toEqual(changed)
    }
    const bare = expectOk(await hub.call('PATCH', `/accounts/${id}`, { body: { description: null } })).body
    expect(bare).not.toHaveProperty('description')
    for (const body of [{ name: '' }, { name: null }, { active: 'perhaps' }])
      expectError(await hub.call('PATCH', `/accounts/${id}`, { body }), 400)
  })
})

describe('the life of an account', () => {
  let account: { id: number }
  let user: { id: number; secret: string; email: string }
  let own: { authorization: string }
  let instance: { id: number; token: string }
  const userPath = () => `/accounts/${account.id}/users/${user.id}`
  const accountPath = () => `/accounts/${account.id}`
  const isListed = async (query = '') => idsOf(await hub.call('GET', `/accounts${query}`)).includes(account.id)

  const start = async () => {
    account = await make()
    user = await makeUser(account.id, { password: 'Xyzzy-12345' })
    own = withSecret(user.secret)
    instance = await provisionOwn(hub, own.authorization)
  }

  test('made inactive, its users are nobody; made active, everything is as before', async () => {
    await start()
    const { body } = await hub.call('POST', '/authentication', {
      authorization: null,
      body: { username: user.email, password: 'Xyzzy-12345' },
    })
    const session = { authorization: `Bearer ${body.token}` }
    expectOk(await hub.call('GET', '/instances', session))
    const closed = expectOk(await hub.call('PATCH', accountPath(), { body: { active: false } }))
    expect(closed.body.active).toBe(false)
    expectError(await hub.call('GET', '/instances', own), 401)
    expectError(await hub.call('GET', '/instances', session), 401)
    expectError(await callOwn(hub, own.authorization, instance.token), 401)
    expect([await isListed(), await isListed('?includeInactive=true')]).toEqual([false, true])
    expectOk(await hub.call('GET', accountPath()))
    expectOk(await hub.call('GET', userPath()))

    expectOk(await hub.call('PATCH', accountPath(), { body: { active: true } }))
    expectOk(await hub.call('PATCH', userPath(), { body: { active: true } }))
    expectOk(await hub.call('GET', `/instances/${instance.id}`, own))
    expectOk(await callOwn(hub, own.authorization, instance.token))
    expectError(await hub.call('GET', '/instances', session), 401)
    expect(await isListed()).toBe(true)
  })

  for (const [name, close] of [
    ['deleted', () => hub.call('DELETE', accountPath())],
    ['closed for good', () => hub.call('PATCH', `${accountPath()}?permanent=true`, { body: { active: false } })],
  ] as const) {
    test(`${name}, it comes back empty`, async () => {
      await start()
      expectOk(await hub.call('POST', `${accountPath()}/settings`, { body: { color: 'red' } }))
      const closing = expectOk(await close())
      const { body: gone } = expectOk(await hub.call('GET', `/audit-logs/element-instances/${instance.id}?pageSize=1`))
      expect(gone).toMatchObject([
        { action: 'delete', account_id: account.id, request_id: closing.headers.get('elements-request-id') },
      ])
      expectError(await hub.call('GET', '/instances', own), 401)
      expectError(await callOwn(hub, own.authorization, instance.token), 401)
      expect(await isListed()).toBe(false)
      expect(expectOk(await hub.call('GET', accountPath())).body.active).toBe(false)
      expectError(await hub.call('GET', userPath()), 404)
      expectError(await hub.call('DELETE', accountPath()), 404)
      const late = { email: 'late@example.com', firstName: 'A', lastName: 'B' }
      expectError(await hub.call('POST', `${accountPath()}/users`, { body: late }), 404)

      expectOk(await hub.call('PATCH', accountPath(), { body: { active: true } }))
      expect(await isListed()).toBe(true)
      expectError(await hub.call('GET', userPath()), 404)
      expectError(await hub.call('GET', `${accountPath()}/users`), 404)
      expectError(await hub.call('GET', `${accountPath()}/instances`), 404)
      expect(expectOk(await hub.call('GET', `${accountPath()}/settings`)).body).toEqual({})
      expectError(await hub.call('GET', '/instances', own), 401)
      expect(await revocationOf(hub, instance.id)).toBe('pending')
      await makeUser(account.id, { email: user.email })
    })
  }

  test('what it leaves behind at vendors is revoked a little later', async () => {
    await start()
    const base = await hub.call('POST', '/instances', {
      ...own,
      body: {
        name: 'Base',
        element: { key: 'base' },
        providerData: { code: await hub.obtainCode() },
        configuration: {
          'oauth.api.key': 'test-key',
          'oauth.api.secret': 'test-secret',
          'oauth.callback.url': CALLBACK,
        },
      },
    })
    const ids = [instance.id, expectOk(base).body.id]
    const revocations = () => hub.hub.simulator?.stats('base').revocations ?? 0
    const before = revocations()
    expectOk(await hub.call('DELETE', accountPath()))
    // nobody waits for vendors while an account is closed, and what is younger than a minute is left to whoever deleted it
    await hub.hub.store.db
      .withTables<{ instances: { id: number; deleted_at: Date } }>()
      .updateTable('instances')
      .set({ deleted_at: new Date(Date.now() - 3_600_000) })
      .where('id', 'in', ids)
      .execute()
    const settled = async () => Promise.all(ids.map((id) => revocationOf(hub, id)))
    await expect.poll(settled).toEqual(['not supported', 'revoked'])
    expect(revocations()).toBe(before + 1)
  })

  test('the default account has none: it can be neither closed nor deleted, only renamed', async () => {
    const path = `/accounts/${DEFAULT_ACCOUNT}`
    expectError(await hub.call('DELETE', path), 409)
    expectError(await hub.call('PATCH', path, { body: { active: false } }), 409)
    expectError(await hub.call('PUT', `${path}?permanent=true`, { body: { active: false } }), 409)
    expect(expectOk(await hub.call('PATCH', path, { body: { name: 'Us' } })).body).toMatchObject({
      name: 'Us',
      defaultAccount: true,
      active: true,
    })
  })

  test('a call that is under way when the account is deleted stores nothing in its name', async () => {
    await start()
    const element = {
      name: `Slow ${++count}`,
      hub: 'general',
      authentication: { type: 'custom' },
      configuration: [{ key: 'base.url', name: 'Base URL', defaultValue: 'https://api.slow.example/v1' }],
      resources: [
        {
          method: 'GET',
          path: '/check',
          vendorMethod: 'GET',
          vendorPath: '/check',
          type: 'provisionAuthValidation',
          hooks: [
            {
              type: 'preRequest',
              mimeType: 'application/javascript',
              body: 'setTimeout(() => done({ continue: false, response_status_code: 200, response_body: {} }), 1000)',
            },
          ],
        },
      ],
    }
    const made = expectOk(await hub.call('POST', '/elements', { ...own, body: element })).body
    const body = { name: 'Late', element: { id: made.id }, configuration: {} }
    const provisioning = hub.call('POST', '/instances', { ...own, body })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expectOk(await hub.call('DELETE', accountPath()))
    expectError(await provisioning, 401)
    const rows = await hub.hub.store.db
      .withTables<{ instances: { id: number; account_id: number; deleted_at: Date | null } }>()
      .selectFrom('instances')
      .select('deleted_at')
      .where('account_id', '=', account.id)
      .execute()
    expect(rows.filter(({ deleted_at }) => deleted_at === null)).toEqual([])
  })
})

describe('instances of an account', () => {
  test('are shown to its administrators and to those of the organization', async () => {
    const account = await make()
    const [user, admin] = [await makeUser(account.id), await makeUser(account.id, { roles: [{ key: 'admin' }] })]
    const instance = await provisionOwn(hub, withSecret(user.secret).authorization)
    const path = `/accounts/${account.id}/instances`
    for (const [where, given] of [
      [path, {}],
      [path, withSecret(admin.secret)],
      ['/accounts/instances', withSecret(admin.secret)],
    ] as const) {
      const answer = expectOk(await hub.call('GET', `${where}?pageSize=5&nextPage=`, given))
      expect(idsOf(answer)).toEqual([instance.id])
      expect(answer.headers.get('elements-total-count')).toBe('1')
    }
    expectError(await hub.call('GET', path, withSecret(user.secret)), 403)
    expectError(await hub.call('GET', '/accounts/instances', as(member)), 403)
    expectError(await hub.call('GET', path, as(accountAdmin)), 403)
  })
})

describe('settings of an account', () => {
  const POLICY = 'notification.webhook.failure.policy'

  test('are added to by PATCH, begun anew by POST, and read by everybody of the account', async () => {
    expect(expectOk(await hub.call('GET', '/accounts/settings')).body).toEqual({})
    const set = (body: object) => hub.call('PATCH', '/accounts/settings', { body })
    expect(expectOk(await set({ [POLICY]: 'QUEUE', any: 1, more: true })).body).toEqual({
      [POLICY]: 'queue',
      any: 1,
      more: true,
    })
    expect(expectOk(await set({ any: null, more: 'text' })).body).toEqual({ [POLICY]: 'queue', more: 'text' })
    expect(expectOk(await hub.call('GET', '/accounts/settings', as(member))).body).toEqual({
      [POLICY]: 'queue',
      more: 'text',
    })
    const anew = await hub.call('POST', `/accounts/${DEFAULT_ACCOUNT}/settings`, { body: { other: 'x' } })
    expect(expectOk(anew).body).toEqual({ other: 'x' })
    expectError(await hub.call('PATCH', '/accounts/settings', { ...as(member), body: { a: 1 } }), 403)
    expectOk(await hub.call('PATCH', '/accounts/settings', { ...as(accountAdmin), body: { a: 1 } }))
    expect(expectOk(await hub.call('GET', `/accounts/${DEFAULT_ACCOUNT}/settings`)).body).toEqual({ other: 'x', a: 1 })
  })

  test('of another account are its organization’s administrator’s', async () => {
    const { id } = await make()
    expectOk(await hub.call('PATCH', `/accounts/${id}/settings`, { body: { a: 'b' } }))
    expect(expectOk(await hub.call('GET', `/accounts/${id}/settings`)).body).toEqual({ a: 'b' })
    for (const method of ['GET', 'PATCH', 'POST'] as const) {
      const given = method === 'GET' ? {} : { body: { a: 'c' } }
      expectError(await hub.call(method, `/accounts/${id}/settings`, { ...as(accountAdmin), ...given }), 403)
    }
  })

  for (const [name, body, status] of [
    ['a word that the setting does not know', { [POLICY]: 'perhaps' }, 400],
    ['an object', { a: {} }, 400],
    ['a list', { a: [] }, 400],
    ['too many keys', Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`k${at}`, at])), 400],
    ['too much text', { a: 'x'.repeat(65_536) }, 413],
  ] as const) {
    test(`take no ${name}`, async () => {
      const before = (await hub.call('GET', '/accounts/settings')).body
      expectError(await hub.call('PATCH', '/accounts/settings', { body }), status)
      expect((await hub.call('GET', '/accounts/settings')).body).toEqual(before)
    })
  }

  test('may be called like what every object has', async () => {
    const body = JSON.parse('{"__proto__":"a","constructor":"b"}')
    const { body: answer } = expectOk(await hub.call('POST', `/accounts/${DEFAULT_ACCOUNT}/settings`, { body }))
    expect(Object.entries(answer)).toEqual(Object.entries(body))
  })

  test('two writers at once lose nothing of each other', async () => {
    const keys = Array.from({ length: 20 }, (_, at) => `parallel.${at}`)
    await Promise.all(keys.map((key) => hub.call('PATCH', '/accounts/settings', { body: { [key]: 1 } })))
    const { body } = expectOk(await hub.call('GET', '/accounts/settings'))
    expect(keys.filter((key) => body[key] !== 1)).toEqual([])
  })
})

test('what was done to accounts is in the audit log', async () => {
  const { id } = await make()
  expectOk(await hub.call('PATCH', `/accounts/${id}`, { body: { name: 'Renamed' } }))
  expectOk(await hub.call('DELETE', `/accounts/${id}`))
  const records = await hub.hub.store.db
    .withTables<AccountsTables & { audit_logs: { entity_type: string; entity_id: string; action: string; at: Date } }>()
    .selectFrom('audit_logs')
    .select('action')
    .where('entity_type', '=', 'account')
    .where('entity_id', '=', String(id))
    .orderBy('at')
    .execute()
  expect(records.map(({ action }) => action)).toEqual(['create', 'update', 'delete'])
})
