import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { createIdentifier } from '../../src/accounts/identify.ts'
import { openStore, type Store } from '../../src/store/database.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { ADMIN, type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { within250ms } from '../support/within-250-ms.ts'
import { callOwn, provisionOwn, revocationOf } from './own-instance.ts'
import { addColleague, addOrganization, organizationSecretOf, type Person } from './people.ts'

/** Organizations: one's own, those that are signed up, and what becomes of one that is deleted (spec 50 §3, §12). */
let hub: TestHub
let other: Store
let stranger: Person
let member: Person
let count = 0

const OWN = 2
const as = ({ authorization }: { authorization: string }) => ({ authorization })
const idsOf = ({ body }: Answer) => body.map(({ id }: { id: number }) => id)
const encoded = encodeURIComponent
const pairOf = (signedUp: { organization: { secret: string }; user: { secret: string } }) =>
  `User ${signedUp.user.secret}, Organization ${signedUp.organization.secret}`
const asked = (members: { organization?: object; account?: object; user?: object } = {}) => ({
  organization: { name: `Signed up ${++count}`, ...members.organization },
  account: { name: 'Main', externalId: `main-${count}`, ...members.account },
  user: {
    firstName: 'First',
    lastName: 'Person',
    email: `first-${count}@example.com`,
    password: 'Xyzzy-12345',
    ...members.user,
  },
})
const signUp = async (members?: Parameters<typeof asked>[0]) =>
  expectOk(await hub.call('POST', '/customers/signup', { body: asked(members) })).body

beforeAll(async () => {
  hub = await startTestHub({}, { revokeEveryMs: 100 })
  const { store } = hub.hub
  other = await openStore({ url: hub.databaseUrl, keyRing: store.keyRing, log: pino({ level: 'silent' }) })
  stranger = await addOrganization(store, 'Stranger')
  const organizationSecret = organizationSecretOf(hub.authorization)
  member = await addColleague(store, { organizationId: OWN, organizationSecret, accountId: 2, name: 'Member' })
})
afterAll(async () => {
  await other.close()
  await hub.close()
})

describe('one’s own organization', () => {
  test('is told to everybody in it, with its secret and the generation of common resources', async () => {
    for (const who of [hub, member]) {
      expect(expectOk(await hub.call('GET', '/organizations/me', as(who))).body).toEqual({
        id: OWN,
        name: 'My Organization',
        secret: organizationSecretOf(hub.authorization),
        active: true,
        status: 'paid',
        environment: 'production',
        customerId: 1,
        canCreatePeer: false,
        twoFactorAuthEnabled: false,
        vdrVersion: 'v2',
        createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      })
    }
    expectError(await hub.call('GET', '/organizations/me', { authorization: null }), 401)
  })

  test('can be renamed, and nothing else, by who may change security rules', async () => {
    const body = { name: 'Renamed', vdrVersion: 'v1', secret: 'mine', id: 1, status: 'trial' }
    const renamed = expectOk(await hub.call('PUT', '/organizations/me', { body })).body
    expect(renamed).toMatchObject({ id: OWN, name: 'Renamed', vdrVersion: 'v2', status: 'paid' })
    expect(renamed.secret).toBe(organizationSecretOf(hub.authorization))
    expect(expectOk(await hub.call('PUT', '/organizations/me', { body: renamed })).body).toEqual(renamed)
    expectError(await hub.call('PUT', '/organizations/me', { ...as(member), body }), 403)
    for (const name of ['', null, {}, 'x'.repeat(256)])
      expectError(await hub.call('PUT', '/organizations/me', { body: { name } }), 400)
  })
})

describe('a new secret', () => {
  test('of the organization makes the old one worthless at once, here and elsewhere', async () => {
    const fresh = await signUp()
    const old = pairOf(fresh)
    const there = createIdentifier(other)
    const credentials = { user: fresh.user.secret, organization: fresh.organization.secret }
    await there.identify(credentials)
    expectOk(await hub.call('GET', '/organizations/me', { authorization: old }))
    const rotated = expectOk(await hub.call('PUT', '/organizations/me/secret', { authorization: old })).body
    expect(rotated.secret).toMatch(/^[0-9a-f]{32}$/)
    expectError(await hub.call('GET', '/organizations/me', { authorization: old }), 401)
    await within250ms(async () => !(await isKnown(there, credentials)))
    const now = `User ${fresh.user.secret}, Organization ${rotated.secret}`
    expect(expectOk(await hub.call('GET', '/organizations/me', { authorization: now })).body).toEqual(rotated)
    expect(expectOk(await hub.call('GET', '/authentication/secrets', { authorization: now })).body).toEqual({
      userSecret: fresh.user.secret,
      organizationSecret: rotated.secret,
    })
    expectError(await hub.call('PUT', '/organizations/me/secret', as(member)), 403)
  })

  test('of a user makes the old one worthless at once, here and elsewhere', async () => {
    const fresh = await signUp()
    const there = createIdentifier(other)
    const credentials = { user: fresh.user.secret, organization: fresh.organization.secret }
    await there.identify(credentials)
    const authorization = pairOf(fresh)
    const instance = await provisionOwn(hub, authorization)
    const rotated = expectOk(await hub.call('PUT', `/users/${fresh.user.id}/secret`, { authorization })).body
    expect(rotated).toMatchObject({ id: fresh.user.id, secret: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) })
    expectError(await hub.call('GET', '/organizations/me', { authorization }), 401)
    expectError(await callOwn(hub, authorization, instance.token), 401)
    await within250ms(async () => !(await isKnown(there, credentials)))
    const now = `User ${rotated.secret}, Organization ${fresh.organization.secret}`
    expectOk(await callOwn(hub, now, instance.token))
  })

  test('is given to oneself, and to others by their administrators', async () => {
    const organizationSecret = organizationSecretOf(hub.authorization)
    const own = { organizationId: OWN, organizationSecret, accountId: 2 }
    const { store } = hub.hub
    const helper = await addColleague(store, { ...own, name: 'Helper', roles: ['admin'] })
    const someone = await addColleague(store, { ...own, name: 'Someone' })
    const secret = (person: { userId: number }, who: Person | TestHub) =>
      hub.call('PUT', `/users/${person.userId}/secret`, as(who))
    expectError(await secret(someone, member), 403)
    expectError(await secret(someone, stranger), 403)
    expectError(await secret({ userId: 2 }, helper), 403)
    expectError(await secret({ userId: 1 }, hub), 403)
    expectError(await secret({ userId: -1 }, hub), 404)
    expectOk(await secret(someone, someone))
    expectOk(await secret(someone, helper))
    expectOk(await secret(helper, hub))
    expectError(await hub.call('GET', '/organizations/me', as(someone)), 401)
  })
})

describe('accounts of an organization', () => {
  test('are its administrators’ and the customer administrator’s', async () => {
    const { organization, account, user } = await signUp()
    const authorization = pairOf({ organization, user })
    const path = `/organizations/${organization.id}/accounts`
    const body = { externalId: 'more' }
    const made = expectOk(await hub.call('POST', path, { body })).body
    expect(made).toMatchObject({ companyId: organization.id, type: 'CompanyAccount', name: 'more' })
    for (const given of [{}, { authorization }]) {
      expect(idsOf(expectOk(await hub.call('GET', path, given)))).toEqual([account.id, made.id])
      expect(expectOk(await hub.call('GET', `${path}/${made.id}`, given)).body).toEqual(made)
      const found = await hub.call('GET', `${path}?where=${encoded("externalId='more'")}&pageSize=1`, given)
      expect(idsOf(expectOk(found))).toEqual([made.id])
      expectError(await hub.call('GET', `${path}/-1`, given), 404)
      expectError(await hub.call('GET', `${path}/2`, given), 404)
    }
    for (const who of [stranger, member]) {
      expectError(await hub.call('GET', path, as(who)), 403)
      expectError(await hub.call('POST', path, { ...as(who), body }), 403)
      expectError(await hub.call('GET', `${path}/${made.id}`, as(who)), 403)
    }
    for (const id of ['-1', '1', '99999999999', 'x']) {
      expectError(await hub.call('GET', `/organizations/${id}/accounts`), 404)
      expectError(await hub.call('POST', `/organizations/${id}/accounts`, { body }), 404)
      expectError(await hub.call('GET', `/organizations/${id}/accounts/1`), 404)
    }
    expectError(await hub.call('POST', path, { body: {} }), 400)
  })
})

describe('a sign-up', () => {
  test('answers an organization, its default account and a user who administers it', async () => {
    const body = asked({ organization: { externalId: 'acme', environment: 'TEST', status: 'trial' } })
    const signedUp = expectOk(await hub.call('POST', '/customers/signup', { body })).body
    expect(signedUp).toEqual({
      organization: expect.objectContaining({
        name: body.organization.name,
        externalId: 'acme',
        environment: 'test',
        status: 'trial',
        vdrVersion: 'v1',
        secret: expect.stringMatching(/^[0-9a-f]{32}$/),
      }),
      account: expect.objectContaining({
        name: 'Main',
        externalId: body.account.externalId,
        companyId: signedUp.organization.id,
        defaultAccount: true,
        type: 'Default',
      }),
      user: expect.objectContaining({
        email: body.user.email,
        accountId: signedUp.account.id,
        secret: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
        roles: [expect.objectContaining({ key: 'org-admin' })],
      }),
    })
    const authorization = pairOf(signedUp)
    expect(idsOf(expectOk(await hub.call('GET', '/accounts', { authorization })))).toEqual([signedUp.account.id])
    expect(idsOf(expectOk(await hub.call('GET', '/users', { authorization })))).toEqual([signedUp.user.id])
    expectOk(
      await hub.call('POST', '/authentication', {
        authorization: null,
        body: { username: body.user.email, password: body.user.password },
      }),
    )
    expectError(await hub.call('POST', '/customers/signup', { authorization, body: asked() }), 403)
  })

  test('can say what roles allow', async () => {
    const roles = [
      { key: 'org', privileges: [{ key: 'viewElements' }] },
      { key: 'reader', name: 'Reader', privileges: [{ key: 'viewUsersOrg' }] },
    ]
    const signedUp = await signUp({ organization: { roles }, user: { roles: [{ key: 'reader' }] } })
    expect(signedUp.user.roles.map(({ key }: { key: string }) => key).toSorted()).toEqual(['org-admin', 'reader'])
    const { body } = expectOk(await hub.call('GET', '/organizations/roles', { authorization: pairOf(signedUp) }))
    const privilegesOf = (key: string) =>
      body
        .find((role: { key: string }) => role.key === key)
        .privileges.map((privilege: { key: string }) => privilege.key)
    expect(privilegesOf('org')).toEqual(['viewElements'])
    expect(privilegesOf('reader')).toEqual(['viewUsersOrg'])
    expect(privilegesOf('default-user')).toContain('createElements')
  })

  for (const [name, members, status, complaint] of [
    ['no name of the organization', { organization: { name: '' } }, 400, /organization: name/],
    ['no person', { user: { email: null, firstName: '' } }, 400, /user: email, firstName/],
    ['a weak password', { user: { password: 'weak' } }, 400, /at least/],
    ['an address in use', { user: { email: ADMIN.email } }, 409, /exists already/],
    ['a role that is none', { user: { roles: [{ key: 'none' }] } }, 400, /"none"/],
    ['a role of the server', { user: { roles: [{ key: 'customer-admin' }] } }, 403, /customer-admin/],
    ['a definition of one', { organization: { roles: [{ key: 'sys-admin' }] } }, 403, /sys-admin/],
    [
      'a privilege of the server',
      { organization: { roles: [{ key: 'org', privileges: [{ key: 'system' }] }] } },
      403,
      /^User can not add the 'system' privilege to any role\.$/,
    ],
    ['an unknown environment', { organization: { environment: 'moon' } }, 400, /environment.*production or test/],
    ['an id of nobody', { organization: { id: 99_999 } }, 404, /99999/],
    ['the system', { organization: { id: 1 } }, 404, /1/],
    ['an absurd id', { organization: { id: -1 } }, 400, /organization\.id/],
    ['an account of somebody else', { organization: { id: 2 }, account: { id: 1 } }, 404, /account with id 1/],
    ['a user of somebody else', { organization: { id: 2 }, account: { id: 2 }, user: { id: 1 } }, 404, /id 1/],
  ] as const) {
    test(`with ${name} leaves nothing`, async () => {
      const before = await rowCounts()
      const answer = expectError(await hub.call('POST', '/customers/signup', { body: asked(members) }), status)
      expect(answer.body.message).toMatch(complaint)
      expect(await rowCounts()).toEqual(before)
    })
  }

  test('takes three objects', async () => {
    for (const body of [{}, { ...asked(), organization: [] }, { ...asked(), account: 'x' }, { ...asked(), user: 1 }])
      expectError(await hub.call('POST', '/customers/signup', { body }), 400)
  })

  test('again, it finds what is there, by external id and e-mail address', async () => {
    const body = asked({ organization: { externalId: 'again' } })
    const first = expectOk(await hub.call('POST', '/customers/signup', { body })).body
    const before = await rowCounts()
    const second = expectOk(await hub.call('POST', '/customers/signup', { body })).body
    expect(await rowCounts()).toEqual(before)
    const { secret, ...user } = first.user
    expect(second).toEqual({ ...first, user })
    const byId = { organization: { id: first.organization.id }, account: { id: first.account.id } }
    const third = expectOk(await hub.call('POST', '/customers/signup', { body: { ...byId, user: { id: user.id } } }))
    expect(third.body).toEqual(second)
  })

  test('of one external id, twice at once, makes one organization', async () => {
    const body = asked({ organization: { externalId: 'at-once' } })
    const answers = await Promise.all([1, 2, 3].map(() => hub.call('POST', '/customers/signup', { body })))
    const ids = answers.map((answer) => expectOk(answer).body.organization.id)
    expect(new Set(ids).size).toBe(1)
  })

  test('in an organization that is there adds an account and a user, who is no administrator unasked', async () => {
    const { organization, account } = await signUp({ organization: { externalId: 'grown' } })
    const grown = await signUp({
      organization: { externalId: 'grown', name: 'ignored' },
      account: { externalId: 'new' },
    })
    expect(grown.organization).toEqual(organization)
    expect(grown.account).toMatchObject({ type: 'CompanyAccount', companyId: organization.id })
    expect(grown.user.roles.map(({ key }: { key: string }) => key)).toEqual(['default-user'])
    const roles = [{ key: 'org-admin' }]
    const outside = asked({ organization: { externalId: 'grown' }, account: { externalId: 'new' }, user: { roles } })
    expectError(await hub.call('POST', '/customers/signup', { body: outside }), 403)
    const { account: _, ...inDefault } = asked({ organization: { externalId: 'grown' }, user: { roles } })
    const admin = expectOk(await hub.call('POST', '/customers/signup', { body: inDefault })).body
    expect(admin.account.id).toBe(account.id)
    expectOk(await hub.call('GET', '/accounts', { authorization: pairOf(admin) }))
  })
})

describe('organizations of the server', () => {
  test('are listed without secrets and without the system', async () => {
    const { organization } = await signUp({ organization: { externalId: 'listed' } })
    const whole = expectOk(await hub.call('GET', '/customers/organizations'))
    expect(idsOf(whole)).toEqual(expect.arrayContaining([OWN, stranger.organizationId, organization.id]))
    expect(idsOf(whole)).not.toContain(1)
    expect(whole.text).not.toContain('"secret"')
    const found = await hub.call('GET', `/customers/organizations?where=${encoded("externalId='listed'")}`)
    expect(idsOf(expectOk(found))).toEqual([organization.id])
    const { secret, ...shown } = organization
    expect(expectOk(await hub.call('GET', `/customers/organizations/${organization.id}`)).body).toEqual(shown)
    expectError(await hub.call('GET', '/customers/organizations?where=name=nothing'), 404)
    const page = expectOk(await hub.call('GET', '/customers/organizations?pageSize=2'))
    const next = await hub.call(
      'GET',
      `/customers/organizations?nextPage=${page.headers.get('elements-next-page-token')}`,
    )
    expect([...idsOf(page), ...idsOf(next)]).toEqual(idsOf(whole).slice(0, 4))
    expect(expectOk(await hub.call('GET', '/customers/me')).body).toMatchObject({
      id: 1,
      active: true,
      contacts: [],
      organizations: expect.arrayContaining([expect.objectContaining({ id: OWN })]),
    })
  })

  test('can be made without users', async () => {
    const made = expectOk(await hub.call('POST', '/organizations', { body: { name: 'Empty' } })).body
    expect(made).toMatchObject({ name: 'Empty', vdrVersion: 'v1', secret: expect.any(String) })
    const accounts = expectOk(await hub.call('GET', `/organizations/${made.id}/accounts`)).body
    expect(accounts).toMatchObject([{ type: 'Default', defaultAccount: true, companyId: made.id }])
    expectError(await hub.call('POST', '/organizations', { body: {} }), 400)
  })

  test('are nobody’s but the customer administrator’s', async () => {
    const calls = [
      ['GET', '/customers/me'],
      ['GET', '/customers/organizations'],
      ['GET', `/customers/organizations/${stranger.organizationId}`],
      ['DELETE', '/customers/organizations/-1'],
      ['DELETE', `/customers/organizations/${OWN}`],
      ['POST', '/customers/signup', asked()],
      ['POST', '/organizations', { name: 'x' }],
    ] as const
    for (const [method, path, body] of calls) {
      for (const who of [stranger, member])
        expectError(await hub.call(method, path, { ...as(who), ...(body ? { body } : {}) }), 403)
    }
    for (const id of ['-1', '1', '99999999999', 'x']) {
      expectError(await hub.call('GET', `/customers/organizations/${id}`), 404)
      expectError(await hub.call('DELETE', `/customers/organizations/${id}`), 404)
    }
    expectError(await hub.call('DELETE', `/customers/organizations/${OWN}`), 403)
  })

  test('deleted, one is gone with everybody and everything in it', async () => {
    const signedUp = await signUp({ organization: { externalId: 'doomed' } })
    const { organization, user } = signedUp
    const authorization = pairOf(signedUp)
    const account = expectOk(await hub.call('POST', '/accounts', { authorization, body: { externalId: 'x' } })).body
    const guest = { email: 'doomed-guest@example.com', firstName: 'A', lastName: 'B' }
    const made = await hub.call('POST', `/accounts/${account.id}/users`, { authorization, body: guest })
    const guestPair = pairOf({ organization, user: expectOk(made).body })
    const instances = [await provisionOwn(hub, authorization), await provisionOwn(hub, guestPair)]

    expectOk(await hub.call('DELETE', `/customers/organizations/${organization.id}`))
    for (const pair of [authorization, guestPair])
      expectError(await hub.call('GET', '/organizations/me', { authorization: pair }), 401)
    for (const [at, { id, token }] of instances.entries()) {
      expectError(await callOwn(hub, at === 0 ? authorization : guestPair, token), 401)
      expect(await revocationOf(hub, id)).toBe('pending')
    }
    expectError(await hub.call('GET', `/customers/organizations/${organization.id}`), 404)
    expectError(await hub.call('GET', `/organizations/${organization.id}/accounts`), 404)
    expectError(await hub.call('DELETE', `/customers/organizations/${organization.id}`), 404)
    expect(idsOf(await hub.call('GET', '/customers/organizations?includeInactive=true'))).not.toContain(organization.id)
    const db = hub.hub.store.db.withTables<AccountsTables>()
    const users = await db
      .selectFrom('users')
      .select(['email', 'password_hash', 'secret_lookup', 'deleted_at'])
      .where('organization_id', '=', organization.id)
      .execute()
    expect(users).toHaveLength(2)
    for (const row of users) {
      expect(row).toMatchObject({ email: '', password_hash: null, deleted_at: expect.any(Date) })
      expect(hub.hub.store.cipher.lookups(user.secret)).not.toContain(row.secret_lookup)
    }
    const again = await signUp({ organization: { externalId: 'doomed' }, user: { email: user.email } })
    expect(again.organization.id).not.toBe(organization.id)
  })
})

test('client secrets of a deleted organization go when nothing is left to revoke with them', async () => {
  const signedUp = await signUp()
  const authorization = pairOf(signedUp)
  const organizationId = signedUp.organization.id
  const { id } = await provisionOwn(hub, authorization)
  const proxy = { name: 'ours', apiKey: 'key', apiSecret: 'secret' }
  expectOk(await hub.call('POST', '/elements/oauthProxies', { authorization, body: proxy }))
  const db = hub.hub.store.db.withTables<{
    oauth_proxies: { organization_id: number }
    instances: { id: number; deleted_at: Date }
  }>()
  const proxies = () => db.selectFrom('oauth_proxies').where('organization_id', '=', organizationId)
  const count = async () => (await proxies().select('organization_id').execute()).length
  expectOk(await hub.call('DELETE', `/customers/organizations/${organizationId}`))
  await new Promise((resolve) => setTimeout(resolve, 300)) // a sweep or two, which leave young ones alone
  expect([await revocationOf(hub, id), await count()]).toEqual(['pending', 1])
  await db
    .updateTable('instances')
    .set({ deleted_at: new Date(Date.now() - 3_600_000) })
    .where('id', '=', id)
    .execute()
  await expect.poll(count).toBe(0)
  expect(await revocationOf(hub, id)).toBe('not supported')
})

async function isKnown(identifier: ReturnType<typeof createIdentifier>, credentials: object): Promise<boolean> {
  try {
    await identifier.identify(credentials)
    return true
  } catch {
    return false
  }
}

async function rowCounts(): Promise<number[]> {
  const db = hub.hub.store.db.withTables<AccountsTables>()
  const counts = (['organizations', 'accounts', 'users', 'roles', 'user_roles'] as const).map((table) =>
    db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
  )
  return (await Promise.all(counts)).map(({ count: rows }) => rows)
}
