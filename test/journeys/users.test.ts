import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { createIdentifier } from '../../src/accounts/identify.ts'
import { openStore, type Store } from '../../src/store/database.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { ADMIN, type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { within250ms } from '../support/within-250-ms.ts'
import { callOwn, provisionOwn, revocationOf } from './own-instance.ts'
import { addColleague, addOrganization, addPerson, organizationSecretOf, type Person } from './people.ts'

/** Users by their three entrances: what is answered, who sees whom, and what becomes of those who leave (spec 50 §5). */
let hub: TestHub
let other: Store
let stranger: Person
/** users of another account of the same organization: without a role, and its administrator */
let guest: Person
let guestAdmin: Person

const ADMIN_USER = 2
const DEFAULT_ACCOUNT = 2
const PASSWORD = 'Xyzzy-12345'
const as = ({ authorization }: Person) => ({ authorization })
const idsOf = ({ body }: Answer) => body.map(({ id }: { id: number }) => id)
const withSecret = (secret: string) => ({
  authorization: `User ${secret}, Organization ${organizationSecretOf(hub.authorization)}`,
})
let count = 0
/** a user of the default account, made by its administrator */
const make = async (members: object = {}, entrance = '/organizations/users') => {
  const named = { email: `made-${++count}@example.com`, firstName: 'Made', lastName: 'Up' }
  return expectOk(await hub.call('POST', entrance, { body: { ...named, ...members } })).body
}
const signIn = (username: string, password: string) =>
  hub.call('POST', '/authentication', { authorization: null, body: { username, password } })

beforeAll(async () => {
  hub = await startTestHub()
  const { store } = hub.hub
  other = await openStore({ url: hub.databaseUrl, keyRing: store.keyRing, log: pino({ level: 'silent' }) })
  const own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization) }
  stranger = await addOrganization(store, 'Stranger')
  guest = await addPerson(store, { ...own, name: 'Guest' })
  guestAdmin = await addColleague(store, { ...own, accountId: guest.accountId, name: 'Guest Admin', roles: ['admin'] })
})
afterAll(async () => {
  await other.close()
  await hub.close()
})

describe('a new user', () => {
  test('is answered whole, with the secret it calls with', async () => {
    const body = { email: 'Grace@Example.com', firstName: 'Grace', lastName: 'Hopper', password: PASSWORD }
    const made = expectOk(await hub.call('POST', '/organizations/users', { body: { ...body, externalId: 17 } })).body
    expect(made).toEqual({
      id: expect.any(Number),
      accountId: DEFAULT_ACCOUNT,
      email: 'Grace@Example.com',
      username: 'Grace@Example.com',
      firstName: 'Grace',
      lastName: 'Hopper',
      fullName: 'Grace Hopper',
      externalId: '17',
      active: true,
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      lastLoginDate: '1970-01-01',
      accountExpired: false,
      accountLocked: false,
      credentialsExpired: false,
      emailValid: true,
      accountNonExpired: true,
      accountNonLocked: true,
      credentialsNonExpired: true,
      enabled: true,
      roles: [
        expect.objectContaining({
          key: 'org',
          privileges: expect.arrayContaining([expect.objectContaining({ key: 'viewElements' })]),
        }),
      ],
      secret: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    })
    expectOk(await hub.call('GET', '/instances/count', withSecret(made.secret)))
    expectOk(await signIn('grace@example.com', PASSWORD))
    const { body: after } = await hub.call('GET', `/users/${made.id}`)
    expect(after.lastLoginDate).toBe(new Date().toISOString().slice(0, 10))
  })

  test('without a password calls, but cannot sign in', async () => {
    const made = await make()
    expect(made).toMatchObject({ credentialsExpired: true, credentialsNonExpired: false, enabled: true })
    expectOk(await hub.call('GET', '/instances/count', withSecret(made.secret)))
    expectError(await signIn(made.email, ''), 401)
  })

  for (const [name, body, status, complaint] of [
    ['nothing', {}, 400, /email, firstName, lastName/],
    ['no e-mail address', { firstName: 'A', lastName: 'B' }, 400, /email/],
    ['an e-mail address that is none', { email: 'x', firstName: 'A', lastName: 'B' }, 400, /email.*"x"/],
    [
      'an e-mail address with a character that nobody sees',
      { email: 'ada\u200b@example.com', firstName: 'A', lastName: 'B' },
      400,
      /email/,
    ],
    ['an empty name', { email: 'a@b.c', firstName: ' ', lastName: 'B' }, 400, /firstName/],
    ['a name that is too long', { email: 'a@b.c', firstName: 'A'.repeat(256), lastName: 'B' }, 400, /firstName.*255/],
    ['a weak password', { email: 'a@b.c', firstName: 'A', lastName: 'B', password: 'x' }, 400, /at least.*numeric/],
    ['an address in use', { email: ADMIN.email.toUpperCase(), firstName: 'A', lastName: 'B' }, 409, /exists/],
    ['the address of a stranger', { email: 'stranger@example.com', firstName: 'A', lastName: 'B' }, 409, /exists/],
    [
      'a role that is none',
      { email: 'a@b.c', firstName: 'A', lastName: 'B', roles: [{ key: 'nobody' }] },
      400,
      /"nobody"/,
    ],
    [
      'a role of the server',
      { email: 'a@b.c', firstName: 'A', lastName: 'B', roles: [{ key: 'sys-admin' }] },
      403,
      /./,
    ],
    ['roles without keys', { email: 'a@b.c', firstName: 'A', lastName: 'B', roles: [{}] }, 400, /key/],
  ] as const) {
    test(`with ${name} is refused, and nothing is made`, async () => {
      const answer = expectError(await hub.call('POST', '/organizations/users', { body }), status)
      expect(answer.body.message).toMatch(complaint)
      expectError(await hub.call('GET', '/users/a@b.c'), 404)
    })
  }

  test('with roles holds them; a role above one’s own is refused, and nothing is made', async () => {
    const made = await make({ roles: [{ key: 'org-admin' }] })
    expect(made.roles.map(({ key }: { key: string }) => key)).toEqual(['org-admin'])
    expectOk(await hub.call('GET', '/organizations/users', withSecret(made.secret)))
    const above = { email: 'above@example.com', firstName: 'A', lastName: 'B', roles: [{ key: 'org-admin' }] }
    const users = `/accounts/${guest.accountId}/users`
    expectError(await hub.call('POST', users, { ...as(guestAdmin), body: above }), 403)
    expectError(await hub.call('GET', '/users/above@example.com'), 404)
  })

  test('is made in one’s own account, or by an administrator of the organization in any of it', async () => {
    const body = { email: 'colleague@example.com', firstName: 'A', lastName: 'B' }
    const users = `/accounts/${guest.accountId}/users`
    expectError(await hub.call('POST', users, { ...as(guest), body }), 403)
    expectError(await hub.call('POST', users, { ...as(stranger), body }), 403)
    expectError(await hub.call('POST', '/accounts/1/users', { body }), 403)
    expectError(await hub.call('POST', '/accounts/-1/users', { body }), 404)
    expectError(await hub.call('POST', '/organizations/users', { ...as(guestAdmin), body }), 403)
    expect(expectOk(await hub.call('POST', users, { ...as(guestAdmin), body })).body).toMatchObject({
      accountId: guest.accountId,
      roles: [{ key: 'default-user' }],
    })
    await make({}, users)
  })

  test('may not do more than who made it: neither by a role that is named, nor by the one that comes with the account', async () => {
    const only = (keys: string[]) => ({ privileges: keys.map((key) => ({ key })) })
    const recruiter = { key: 'recruiter', name: 'Recruiter', ...only(['addUsersOrg', 'viewUsersOrg']) }
    expectOk(await hub.call('POST', '/organizations/roles', { body: recruiter }))
    const { secret } = await make({ roles: [{ key: 'recruiter' }] })
    const recruit = { email: 'recruit@example.com', firstName: 'A', lastName: 'B' }
    const refused = await hub.call('POST', '/organizations/users', { ...withSecret(secret), body: recruit })
    expect(expectError(refused, 403).body.message).toMatch(/role org, which is above/)
    expectError(await hub.call('GET', '/users/recruit@example.com'), 404)
    const body = { ...recruit, roles: [{ key: 'recruiter' }] }
    expectOk(await hub.call('POST', '/organizations/users', { ...withSecret(secret), body }))
  })

  test('there is no third way to make one', async () => {
    expectError(await hub.call('POST', '/users', { body: {} }), 405)
  })
})

describe('a list of users', () => {
  test('neither secrets nor passwords are in it', async () => {
    const { body, text } = expectOk(await hub.call('GET', '/users'))
    expect(body.find(({ id }: { id: number }) => id === ADMIN_USER)).toMatchObject({ password: 'secured' })
    expect(body.find(({ id }: { id: number }) => id === guest.userId)).not.toHaveProperty('password')
    expect(text).not.toMatch(/"secret"|argon2|privileges/)
  })

  test('is of the account asked for, of the default account, or of everybody', async () => {
    const account = idsOf(await hub.call('GET', `/accounts/${guest.accountId}/users`))
    expect(account).toEqual(expect.arrayContaining([guest.userId, guestAdmin.userId]))
    expect(account).not.toContain(ADMIN_USER)
    const organization = idsOf(await hub.call('GET', '/organizations/users'))
    expect(organization).toContain(ADMIN_USER)
    expect(organization).not.toContain(guest.userId)
    const everybody = idsOf(await hub.call('GET', '/users'))
    expect(everybody).toEqual([...account, ...organization].toSorted((a, b) => a - b))
    expect(everybody).not.toContain(stranger.userId)
    expect(everybody).not.toContain(1)
  })

  test('shows as many as the privileges allow', async () => {
    expect(idsOf(await hub.call('GET', '/users', as(guestAdmin)))).toEqual(
      idsOf(await hub.call('GET', `/accounts/${guest.accountId}/users`)),
    )
    expect(idsOf(await hub.call('GET', '/users', as(guest)))).toEqual([guest.userId])
    expect(idsOf(await hub.call('GET', '/users', as(stranger)))).toEqual([stranger.userId])
    expectError(await hub.call('GET', `/accounts/${guest.accountId}/users`, as(guest)), 403)
    expectError(await hub.call('GET', '/organizations/users', as(guestAdmin)), 403)
    expectError(await hub.call('GET', `/accounts/${guest.accountId}/users`, as(stranger)), 403)
    expectError(await hub.call('GET', `/accounts/${DEFAULT_ACCOUNT}/users`, as(guestAdmin)), 403)
  })

  for (const [where, expected] of [
    ["firstName='Guest'", () => [guest.userId]],
    ["fullName='Guest Admin User' AND active=true", () => [guestAdmin.userId]],
    ["roles.key='admin'", () => [guestAdmin.userId]],
    [`email='${ADMIN.email}'`, () => [ADMIN_USER]],
    [`id=${ADMIN_USER} OR firstName LIKE 'Guest%'`, () => [ADMIN_USER, guest.userId, guestAdmin.userId]],
  ] as const) {
    test(`can be filtered: ${where}`, async () => {
      expect(idsOf(expectOk(await hub.call('GET', `/users?where=${encodeURIComponent(where)}`)))).toEqual(expected())
    })
  }

  test('without a match is 404 with the text that clients look for', async () => {
    const answer = expectError(await hub.call('GET', "/accounts/2/users?where=firstName='Nobody'"), 404)
    expect(answer.body.message).toBe('No users found')
    expect(expectError(await hub.call('GET', '/users?where=firstName=='), 400).body.message).toContain(
      'Error parsing query',
    )
  })

  for (const query of ['', `where=${encodeURIComponent("firstName LIKE '%a%' OR id > 0")}`]) {
    test(`has pages${query && ', filtered too'}, whose token is nobody else’s`, async () => {
      const whole = idsOf(expectOk(await hub.call('GET', `/users?${query}`)))
      const seen: number[] = []
      let next = ''
      let token: string | null
      do {
        const page = expectOk(await hub.call('GET', `/users?pageSize=3&${query}&nextPage=${next}`))
        expect(page.headers.get('elements-total-count')).toBe(String(whole.length))
        expect(page.headers.get('elements-returned-count')).toBe(String(page.body.length))
        seen.push(...idsOf(page))
        token = page.headers.get('elements-next-page-token')
        if (token) expectError(await hub.call('GET', `/users?nextPage=${token}`, as(guestAdmin)), 400)
        next = token ?? ''
      } while (token)
      expect(seen).toEqual(whole)
      expect(idsOf(await hub.call('GET', `/users?pageSize=3&page=2&${query}`))).toEqual(whole.slice(3, 6))
    })
  }
})

describe('one user', () => {
  test('is found by id and by e-mail address, at each entrance that has it', async () => {
    for (const path of [`/accounts/${guest.accountId}/users`, '/users']) {
      for (const name of [guest.userId, 'guest@example.com', 'GUEST%40example.com']) {
        expect(expectOk(await hub.call('GET', `${path}/${name}`)).body.id, `${path}/${name}`).toBe(guest.userId)
      }
    }
    expectError(await hub.call('GET', `/organizations/users/${guest.userId}`), 404)
    expectError(await hub.call('GET', `/accounts/${guest.accountId}/users/${ADMIN_USER}`), 404)
    for (const id of ['-1', '0', '99999999999', '2147483648', 'x', '2e0', 'nobody@example.com', '2%20'])
      expectError(await hub.call('GET', `/users/${id}`), 404)
  })

  test('out of reach is forbidden by id, and unknown by e-mail address', async () => {
    for (const [who, whom] of [
      [guest, guestAdmin.userId],
      [guest, ADMIN_USER],
      [guestAdmin, ADMIN_USER],
      [stranger, guest.userId],
    ] as const) {
      expectError(await hub.call('GET', `/users/${whom}`, as(who)), 403)
    }
    expectError(await hub.call('GET', '/users/1'), 403)
    expectError(await hub.call('GET', '/users/stranger@example.com'), 404)
    expectError(await hub.call('GET', `/users/${ADMIN.email}`, as(guest)), 404)
    expect(expectOk(await hub.call('GET', '/users/guest@example.com', as(guest))).body.id).toBe(guest.userId)
  })

  test('has its secret in the answer only for who knows its password', async () => {
    const { id, secret } = await make({ password: 'Pässwörd-12345' })
    const sent = (password: string) => ({ 'elements-user-password': Buffer.from(password).toString('latin1') })
    for (const path of [`/users/${id}`, `/organizations/users/${id}`, `/accounts/2/users/${id}`]) {
      const read = (headers?: Record<string, string>) => hub.call('GET', path, headers ? { headers } : {})
      expect(expectOk(await read(sent('Pässwörd-12345'))).body.secret).toBe(secret)
      expect(expectOk(await read(sent('Pässwörd-12346'))).body).not.toHaveProperty('secret')
      expect(expectOk(await read()).body).not.toHaveProperty('secret')
    }
  })
})

describe('a changed user', () => {
  test('keeps what the body does not name', async () => {
    const { id } = await make({ phone: '+1 555', city: 'Arlington' })
    const { body } = expectOk(await hub.call('PATCH', `/users/${id}`, { body: { firstName: 'New', phone: null } }))
    expect(body).toMatchObject({ fullName: 'New Up', city: 'Arlington' })
    expect(body).not.toHaveProperty('phone')
    expect(expectOk(await hub.call('GET', `/users/${id}`)).body).toEqual(body)
  })

  for (const path of ['/users', '/organizations/users', '/accounts/2/users']) {
    test(`can be sent back to ${path} as it was read`, async () => {
      const { id } = await make({ phone: '5', password: PASSWORD })
      const { body } = expectOk(await hub.call('GET', `${path}/${id}`))
      expect(expectOk(await hub.call('PUT', `${path}/${id}`, { body })).body).toEqual(body)
      const listed = expectOk(await hub.call('GET', path)).body.find((user: { id: number }) => user.id === id)
      expect(expectOk(await hub.call('PUT', `${path}/${id}`, { body: listed })).body).toEqual(body)
      expectOk(await signIn(body.email, PASSWORD))
    })
  }

  test('can have another password: old sessions end, and the answer does not say which', async () => {
    const { id, email } = await make({ password: PASSWORD })
    const { body } = expectOk(await signIn(email, PASSWORD))
    const session = { authorization: `Bearer ${body.token}` }
    expectOk(await hub.call('GET', '/instances/count', session))
    expectError(await hub.call('PATCH', `/users/${id}`, { body: { password: 'weak' } }), 400)
    const changed = expectOk(await hub.call('PATCH', `/users/${id}`, { body: { password: 'Plugh-12345' } }))
    expect(changed.body.password).toBe('secured')
    expectError(await hub.call('GET', '/instances/count', session), 401)
    expectError(await signIn(email, PASSWORD), 401)
    expectOk(await signIn(email, 'Plugh-12345'))
  })

  test('cannot take the e-mail address of another one, and may change the case of its own', async () => {
    const { id, email } = await make()
    expectError(await hub.call('PATCH', `/users/${id}`, { body: { email: 'GUEST@example.com' } }), 409)
    expectOk(await hub.call('PATCH', `/users/${id}`, { body: { email: email.toUpperCase() } }))
    for (const body of [{ email: null }, { lastName: '' }, { active: 'perhaps' }])
      expectError(await hub.call('PATCH', `/users/${id}`, { body }), 400)
  })

  test('is out of reach of who may less, whatever his privileges say about users', async () => {
    const { id: admin } = await make({ roles: [{ key: 'org-admin' }] })
    const helper = await make({ roles: [{ key: 'admin' }] })
    const plain = await make()
    const helping = withSecret(helper.secret)
    for (const body of [{ password: PASSWORD }, { email: 'mine@example.com' }, { active: false }, { firstName: 'X' }])
      expectError(await hub.call('PATCH', `/users/${admin}`, { ...helping, body }), 403)
    expectError(await hub.call('DELETE', `/users/${admin}`, helping), 403)
    expectError(await hub.call('DELETE', `/organizations/users/${admin}`, helping), 403)
    expectOk(await hub.call('PATCH', `/users/${plain.id}`, { ...helping, body: { password: PASSWORD } }))
    expectError(await hub.call('PATCH', `/users/${guest.userId}`, { ...helping, body: { firstName: 'X' } }), 403)
    expectError(await hub.call('PATCH', `/users/${guest.userId}`, { ...as(guest), body: { firstName: 'X' } }), 403)
    expectError(await hub.call('PATCH', `/users/${guest.userId}`, { ...as(stranger), body: { firstName: 'X' } }), 403)
    expectError(await hub.call('PATCH', `/users/1`, { body: { active: true } }), 403)

    // `editUsersAccount` lets into the second entrance as well, but no farther than the own account
    const path = `/organizations/users/${plain.id}`
    expectOk(await hub.call('PATCH', path, { ...helping, body: { firstName: 'X' } }))
    expectError(await hub.call('PATCH', path, { ...as(guestAdmin), body: { firstName: 'X' } }), 403)
  })
})

describe('a session', () => {
  test('ends with a sign-out, at once in every process, and no other one with it', async () => {
    const { email } = await make({ password: PASSWORD })
    const [one, another] = [(await signIn(email, PASSWORD)).body.token, (await signIn(email, PASSWORD)).body.token]
    const there = createIdentifier(other)
    await there.identify({ bearer: one })
    const session = (token: string) => ({ authorization: `Bearer ${token}` })
    expect(expectOk(await hub.call('DELETE', '/authentication', session(one))).text).toBe('')
    expectError(await hub.call('GET', '/instances/count', session(one)), 401)
    expectError(await hub.call('DELETE', '/authentication', session(one)), 401)
    await within250ms(() => isUnknown(there, { bearer: one }))
    expectOk(await hub.call('GET', '/instances/count', session(another)))
  })

  test('is nothing that secrets have', async () => {
    expectError(await hub.call('DELETE', '/authentication'), 400)
    expectError(await hub.call('DELETE', '/authentication', { authorization: null }), 401)
  })
})

describe('a user who leaves', () => {
  const inactive = { body: { active: false } }

  test('is nobody at once when made inactive, and himself again when made active', async () => {
    const { id, email, secret } = await make({ password: PASSWORD })
    const { body } = expectOk(await signIn(email, PASSWORD))
    const there = createIdentifier(other)
    await there.identifyUser(secret)
    expect(expectOk(await hub.call('PATCH', `/users/${id}`, inactive)).body).toMatchObject({
      active: false,
      enabled: false,
      accountNonExpired: false,
      credentialsNonExpired: false,
      credentialsExpired: false,
    })
    expectError(await hub.call('GET', '/instances/count', withSecret(secret)), 401)
    await within250ms(() => isUnknown(there, { user: secret }))
    expect(idsOf(await hub.call('GET', '/users'))).not.toContain(id)
    expect(idsOf(await hub.call('GET', '/users?includeInactive=true'))).toContain(id)
    expectOk(await hub.call('GET', `/users/${id}`))

    expectOk(await hub.call('PATCH', `/users/${id}`, { body: { active: 'true' } }))
    expectOk(await hub.call('GET', '/instances/count', withSecret(secret)))
    expectError(await hub.call('GET', '/instances/count', { authorization: `Bearer ${body.token}` }), 401)
  })

  for (const path of ['/users', '/organizations/users', '/accounts/2/users']) {
    test(`keeps instances when made inactive, and loses them for good with permanent=true (${path})`, async () => {
      const { id, secret } = await make()
      const own = withSecret(secret)
      const instance = await provisionOwn(hub, own.authorization)
      expectOk(await hub.call('PATCH', `${path}/${id}`, inactive))
      expectOk(await hub.call('PATCH', `${path}/${id}`, { body: { active: true } }))
      expectOk(await hub.call('GET', `/instances/${instance.id}`, own))
      expectOk(await callOwn(hub, own.authorization, instance.token))

      expectOk(await hub.call('PATCH', `${path}/${id}?permanent=true`, inactive))
      expectOk(await hub.call('PATCH', `${path}/${id}`, { body: { active: true } }))
      expectError(await hub.call('GET', `/instances/${instance.id}`, own), 404)
      expectError(await callOwn(hub, own.authorization, instance.token), 401)
      expect(await revocationOf(hub, instance.id)).toBe('pending')
    })

    test(`deleted, is gone with everything of his (${path})`, async () => {
      const { id, email, secret } = await make({ password: PASSWORD, phone: '+1 555', roles: [{ key: 'admin' }] })
      const { body } = expectOk(await signIn(email, PASSWORD))
      const instance = await provisionOwn(hub, withSecret(secret).authorization)
      const deleted = expectOk(await hub.call('DELETE', `${path}/${id}`))
      expect(deleted.text).toBe('')
      for (const answer of [
        await hub.call('GET', '/instances/count', withSecret(secret)),
        await hub.call('GET', '/instances/count', { authorization: `Bearer ${body.token}` }),
        await callOwn(hub, withSecret(secret).authorization, instance.token),
        await signIn(email, PASSWORD),
      ]) {
        expectError(answer, 401)
      }
      expectError(await hub.call('GET', `/instances/${instance.id}`), 404)
      for (const [method, given] of [
        ['GET', {}],
        ['DELETE', {}],
        ['PATCH', { body: { active: true } }],
      ] as const) {
        expectError(await hub.call(method, `${path}/${id}`, given), 404)
      }
      expect(idsOf(await hub.call('GET', `${path}?includeInactive=true`))).not.toContain(id)
      const db = hub.hub.store.db.withTables<AccountsTables>()
      const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
      expect(row).toMatchObject({ email: '', first_name: '', phone: null, password_hash: null, active: false })
      const roles = await db.selectFrom('user_roles').selectAll().where('user_id', '=', id).execute()
      expect(roles).toEqual([])

      expect((await make({ email, password: PASSWORD })).id).not.toBe(id)
    })
  }

  test('is never oneself, nor the last administrator', async () => {
    expectError(await hub.call('DELETE', `/users/${ADMIN_USER}`), 403)
    expectError(await hub.call('PATCH', `/users/${ADMIN_USER}`, inactive), 403)
    const { store } = hub.hub
    const lone = await addOrganization(store, 'Lone')
    const accountId = lone.accountId
    const organizationSecret = organizationSecretOf(lone.authorization)
    const second = await addColleague(store, {
      ...lone,
      accountId,
      organizationSecret,
      name: 'Two',
      roles: ['org-admin'],
    })
    // each of two administrators removes the other, at once: the slower one finds himself gone, or the last
    const outcomes = await Promise.all([
      hub.call('DELETE', `/users/${second.userId}`, as(lone)),
      hub.call('DELETE', `/users/${lone.userId}`, as(second)),
    ])
    const [quicker, slower] = outcomes.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(quicker).toBe(200)
    expect([401, 403, 409]).toContain(slower)
    const left = await Promise.all([lone, second].map((person) => hub.call('GET', '/accounts', as(person))))
    expect(left.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })

  test('is not somebody of another organization or account', async () => {
    expectError(await hub.call('DELETE', `/users/${stranger.userId}`), 403)
    expectError(await hub.call('DELETE', '/users/1'), 403)
    expectError(await hub.call('DELETE', '/users/-1'), 404)
    expectError(await hub.call('DELETE', `/users/${guest.userId}`, as(guest)), 403)
    expectError(await hub.call('DELETE', `/accounts/${guest.accountId}/users/${guest.userId}`, as(stranger)), 403)
    expectError(await hub.call('DELETE', `/accounts/${guest.accountId}/users/${ADMIN_USER}`, as(guestAdmin)), 404)
  })
})

async function isUnknown(
  identifier: ReturnType<typeof createIdentifier>,
  { user, bearer }: { user?: string; bearer?: string },
): Promise<boolean> {
  try {
    await (user === undefined ? identifier.identify({ bearer: bearer ?? '' }) : identifier.identifyUser(user))
    return false
  } catch {
    return true
  }
}
