import { describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { PASSWORD, type Person } from '../../support/people.ts'
import { idsOf, keysOf, SECRET, today, useStage, type Who } from './cast.ts'

/** Users by their three entrances: fields, secrets, sign-in, lists (spec 50 §5). */
const { stage, as, expectRefused } = useStage()

describe('users (§5)', () => {
  const ask = () => as('admin')
  let n = 0
  const anybody = () => ({ firstName: 'Grace', lastName: 'Hopper', email: `grace.${++n}+x@example.com` })
  const make = async (given: Record<string, unknown> = {}, path = `/accounts/${stage.east.id}/users`) =>
    expectOk(await ask()('POST', path, { ...anybody(), ...given })).body

  test('POST answers the user with secret and roles', async () => {
    const given = {
      ...anybody(),
      externalId: 17,
      phone: '+49 1',
      street1: 'A',
      city: 'Ulm',
      postalCode: '89073',
      country: 'DE',
    }
    const made = await make({ ...given, password: PASSWORD })
    expect(made).toMatchObject({
      ...given,
      externalId: '17',
      id: expect.any(Number),
      fullName: 'Grace Hopper',
      username: given.email,
      active: true,
      createdDate: today(),
      lastLoginDate: '1970-01-01',
      roles: expect.any(Array),
    })
    expect(made.secret).toMatch(SECRET)
    expect(JSON.stringify(made)).not.toContain(PASSWORD)
    for (const role of made.roles)
      expect(role).toMatchObject({ id: expect.any(Number), name: expect.any(String), privileges: expect.any(Array) })
    expect(keysOf(made.roles)).toEqual(['default-user'])
  })

  test('the flags of old say what active says', async () => {
    const { id } = await make({ password: PASSWORD })
    const never = { accountExpired: false, accountLocked: false, credentialsExpired: false }
    const always = { emailValid: true, accountNonLocked: true }
    const flags = (on: boolean) => ({ accountNonExpired: on, credentialsNonExpired: on, enabled: on })
    expect(expectOk(await ask()('GET', `/users/${id}`)).body).toMatchObject({ ...never, ...always, ...flags(true) })
    expectOk(await ask()('PATCH', `/users/${id}`, { active: false }))
    expect(expectOk(await ask()('GET', `/users/${id}?includeInactive=true`)).body).toMatchObject({
      ...never,
      ...always,
      ...flags(false),
    })
  })

  for (const [fact, body, named] of [
    ['nothing', {}, ['email', 'firstName', 'lastName']],
    ['no e-mail', { firstName: 'A', lastName: 'B' }, ['email']],
    ['no last name', { firstName: 'A', email: 'a.b@example.com' }, ['lastName']],
    ['null for a name', { firstName: null, lastName: 'B', email: 'a.b@example.com' }, ['firstName']],
    [
      'an unknown role',
      { firstName: 'A', lastName: 'B', email: 'a.b@example.com', roles: [{ key: 'czar' }] },
      ['czar'],
    ],
  ] as const) {
    test(`POST with ${fact}: 400 that names it, and nobody is made`, async () => {
      for (const path of [`/accounts/${stage.east.id}/users`, '/organizations/users']) {
        const { body: said } = expectError(await ask()('POST', path, body), 400)
        for (const name of named) expect(said.message).toContain(name)
      }
      expectError(await ask()('GET', '/users/a.b@example.com'), 404)
    })
  }

  test('POST /users is no way in: 405', async () => {
    const answer = expectError(await ask()('POST', '/users', anybody()), 405)
    expect(answer.headers.get('allow')).toContain('GET')
  })

  test('an e-mail belongs to one user of the whole server', async () => {
    const taken = await make()
    const again = { ...anybody(), email: taken.email }
    const places: [Who, string][] = [
      ['admin', `/accounts/${stage.east.id}/users`],
      ['admin', `/accounts/${stage.west.id}/users`],
      ['admin', '/organizations/users'],
      ['stranger', '/organizations/users'],
    ]
    for (const [who, path] of places) {
      for (const email of [taken.email, taken.email.toUpperCase()])
        expectRefused(await as(who)('POST', path, { ...again, email }), 409)
    }
    const other = await make()
    expectRefused(await ask()('PATCH', `/users/${other.id}`, { email: taken.email }), 409)
    expect(expectOk(await ask()('GET', `/users/${other.id}`)).body.email).toBe(other.email)
    expectOk(await ask()('PATCH', `/users/${other.id}`, { email: other.email, city: 'Rome' }))
  })

  describe('three entrances, one user', () => {
    const entrances = (): [path: string, user: Person][] => [
      [`/accounts/${stage.east.id}/users`, stage.cast.easterner],
      ['/organizations/users', stage.cast.office],
      ['/users', stage.cast.easterner],
      ['/users', stage.cast.office],
    ]

    test('each finds it by id and by e-mail, and in its list', async () => {
      for (const [path, { id, email }] of entrances()) {
        const { body } = expectOk(await ask()('GET', `${path}/${id}`))
        expect(body).toMatchObject({ id, email, active: true, roles: expect.any(Array) })
        for (const name of [email, encodeURIComponent(email), email.toUpperCase()])
          expect(expectOk(await ask()('GET', `${path}/${name}`)).body.id, name).toBe(id)
        expect(idsOf(await ask()('GET', path))).toContain(id)
      }
    })

    test('an e-mail may hold a plus sign', async () => {
      const { id, email } = await make()
      expect(email).toContain('+')
      expect(expectOk(await ask()('GET', `/users/${email}`)).body.id).toBe(id)
      expect(expectOk(await ask()('GET', `/users/${encodeURIComponent(email)}/`)).body.id).toBe(id)
    })

    test('each has the users of its scope', async () => {
      const [inEast, inDefault, all] = [
        idsOf(await ask()('GET', `/accounts/${stage.east.id}/users`)),
        idsOf(await ask()('GET', '/organizations/users')),
        idsOf(await ask()('GET', '/users')),
      ]
      expect(inEast).not.toContain(stage.cast.office.id)
      expect(inEast).not.toContain(stage.cast.westerner.id)
      expect(inDefault).toEqual(expect.arrayContaining([stage.cast.admin.id, stage.cast.office.id]))
      expect(inDefault).not.toContain(stage.cast.easterner.id)
      expect(all).toEqual(expect.arrayContaining([...inEast, ...inDefault, stage.cast.westerner.id]))
      expectRefused(await ask()('GET', `/organizations/users/${stage.cast.easterner.id}`), 403, 404)
      expectRefused(await ask()('GET', `/accounts/${stage.west.id}/users/${stage.cast.easterner.id}`), 403, 404)
      expectRefused(await ask()('DELETE', `/accounts/${stage.west.id}/users/${stage.cast.easterner.id}`), 403, 404)
      expect(idsOf(await as('accountAdmin')('GET', '/users'))).not.toContain(stage.cast.westerner.id)
    })

    test('POST /organizations/users is for the default account', async () => {
      const made = await make({}, '/organizations/users')
      expect(idsOf(await ask()('GET', `/accounts/${stage.globex.defaultAccount.id}/users`))).toContain(made.id)
      expect(keysOf(made.roles)).toEqual(['org'])
    })

    for (const id of ['-1', 'nobody@example.com', '99999999999999999999']) {
      test(`${id} is nobody: 404`, async () => {
        for (const path of [`/accounts/${stage.east.id}/users`, '/organizations/users', '/users']) {
          expect(expectError(await ask()('GET', `${path}/${id}`), 404).body.message).not.toMatch(/^No (.*) found$/)
          expectError(await ask()('PATCH', `${path}/${id}`, { city: 'x' }), 404)
          expectError(await ask()('DELETE', `${path}/${id}`), 404)
        }
      })
    }

    test('PATCH through each changes what it names', async () => {
      for (const [at, [path, { id, email }]] of entrances().entries()) {
        const { body } = expectOk(await ask()('PATCH', `${path}/${id}`, { lastName: `Changed${at}`, nothing: 'known' }))
        expect(body).toMatchObject({ id, email, lastName: `Changed${at}`, fullName: `${body.firstName} Changed${at}` })
      }
    })

    test('PUT takes a whole user that was read', async () => {
      const path = `/accounts/${stage.east.id}/users/${stage.cast.easterner.id}`
      const { body: read } = expectOk(await ask()('GET', path))
      const { body: put } = expectOk(await ask()('PUT', path, { ...read, city: 'Oslo', legacy: { x: 1 } }))
      expect(put).toMatchObject({ id: read.id, email: read.email, city: 'Oslo', lastName: read.lastName })
      expectOk(await as('easterner')('GET', '/organizations/me'))
    })
  })

  describe('the secret', () => {
    const withPassword = (password: string) => ({ headers: { 'Elements-User-Password': password } })
    const entrances = (id: number) => [`/accounts/${stage.east.id}/users/${id}`, `/users/${id}`]

    test('is shown to whoever knows the user’s password, and to nobody else', async () => {
      const { id, body } = stage.cast.easterner
      for (const path of entrances(id)) {
        const shown = expectOk(await ask()('GET', path, undefined, withPassword(PASSWORD)))
        expect(shown.body.secret).toBe(body.secret)
        expect(shown.text).not.toContain(PASSWORD)
        expect((await ask()('GET', path)).text).not.toContain(body.secret)
        for (const wrong of ['wrong', '', PASSWORD.toLowerCase(), stage.globex.admin.body.secret])
          expect((await ask()('GET', path, undefined, withPassword(wrong))).text).not.toContain(body.secret)
      }
      const office = await make({ password: PASSWORD }, '/organizations/users')
      const shown = await ask()('GET', `/organizations/users/${office.email}`, undefined, withPassword(PASSWORD))
      expect(expectOk(shown).body.secret).toBe(office.secret)
    })

    test('is in no list, whatever the header says', async () => {
      for (const path of [`/accounts/${stage.east.id}/users`, '/organizations/users', '/users']) {
        const { text, body } = expectOk(await ask()('GET', path, undefined, withPassword(PASSWORD)))
        for (const row of body) expect(row).not.toHaveProperty('secret')
        for (const { body: known } of [stage.cast.easterner, stage.cast.office, stage.cast.admin])
          expect(text).not.toContain(known.secret)
      }
    })

    test('a user without a password has none that could match', async () => {
      const { id, secret } = await make()
      for (const password of ['', 'null', 'undefined', 'secured'])
        expect((await ask()('GET', `/users/${id}`, undefined, withPassword(password))).text).not.toContain(secret)
    })

    test('is made anew for a user and for the organization; the old one ends at once', async () => {
      const user = await stage.people.addUser(stage.cast.admin, stage.west.id)
      expectOk(await stage.people.as(user)('GET', '/organizations/me'))
      const { body } = expectOk(await ask()('PUT', `/users/${user.id}/secret`))
      expect(body.secret).toMatch(SECRET)
      expect(body.secret).not.toBe(user.body.secret)
      expectRefused(await stage.people.as(user)('GET', '/organizations/me'), 401)
      const renewed = { authorization: `User ${body.secret}, Organization ${user.organizationSecret}` }
      expectOk(await stage.people.as(renewed)('GET', '/organizations/me'))

      const hooli = await stage.people.signUp('Hooli')
      const { body: organization } = expectOk(await stage.people.as(hooli.admin)('PUT', '/organizations/me/secret'))
      expect(organization.secret).not.toBe(hooli.admin.organizationSecret)
      expectRefused(await stage.people.as(hooli.admin)('GET', '/organizations/me'), 401)
      const both = { authorization: `User ${hooli.admin.body.secret}, Organization ${organization.secret}` }
      expect(expectOk(await stage.people.as(both)('GET', '/organizations/me')).body.secret).toBe(organization.secret)
    })

    test('only administrators make one of another anew', async () => {
      expectRefused(await as('easterner')('PUT', `/users/${stage.cast.accountAdmin.id}/secret`), 403)
      expectRefused(await as('accountAdmin')('PUT', `/users/${stage.cast.westerner.id}/secret`), 403)
      expectRefused(await as('stranger')('PUT', `/users/${stage.cast.easterner.id}/secret`), 403)
      for (const who of ['accountAdmin', 'office', 'easterner'] as const)
        expectRefused(await as(who)('PUT', '/organizations/me/secret'), 403)
      expectOk(await as('westerner')('GET', '/organizations/me'))
    })
  })

  describe('signing in', () => {
    test('a user without a password uses the API but cannot sign in', async () => {
      const user = await stage.people.addUser(stage.cast.admin, stage.west.id)
      expectOk(await stage.people.as(user)('GET', '/organizations/me'))
      expect(expectOk(await ask()('GET', `/users/${user.id}`)).body.credentialsExpired).toBe(true)
      for (const password of ['', 'null', 'secured'])
        expectError(await stage.people.signIn(user.email, password), 400, 401)
    })

    test('moves lastLoginDate to today', async () => {
      const { id, email } = await make({ password: PASSWORD })
      expect(expectOk(await stage.people.signIn(email, PASSWORD)).body).toMatchObject({
        id,
        lastLoginDate: today(),
        organizationAdmin: false,
        accountAdmin: false,
      })
      expect(expectOk(await ask()('GET', `/users/${id}`)).body.lastLoginDate).toBe(today())
    })

    test('an administrator of an account is one there only', async () => {
      const { body } = expectOk(await stage.people.signIn(stage.cast.accountAdmin.email, PASSWORD))
      expect(body).toMatchObject({
        accountId: stage.east.id,
        organizationAdmin: false,
        accountAdmin: true,
        sysAdmin: false,
      })
    })

    test('with a password that an administrator set, which is not said back; the old one and its tokens end', async () => {
      const { id, email } = await make({ password: PASSWORD })
      const { token } = expectOk(await stage.people.signIn(email, PASSWORD)).body
      const { body, text } = expectOk(await ask()('PATCH', `/users/${id}`, { password: 'Another-good-2' }))
      expect(text).not.toContain('Another-good-2')
      expect(['secured', undefined]).toContain(body.password)
      expectError(await stage.people.signIn(email, PASSWORD), 401)
      expectError(await stage.hub.call('GET', '/organizations/me', { authorization: `Bearer ${token}` }), 401)
      expectOk(await stage.people.signIn(email, 'Another-good-2'))
    })
  })

  test('where, pages, counts', async () => {
    const family = `Mustermann${++n}`
    const made = [await make({ lastName: family }), await make({ lastName: family, firstName: 'Ada' })]
    for (const path of [`/accounts/${stage.east.id}/users`, '/users']) {
      const where = (text: string) => `${path}?where=${encodeURIComponent(text)}`
      expect(idsOf(await ask()('GET', where(`lastName='${family}'`))), path).toEqual(made.map(({ id }) => id))
      expect(idsOf(await ask()('GET', where(`lastName='${family}' and firstName='Ada'`)))).toEqual([made[1]?.id])
      expect(idsOf(await ask()('GET', where(`email='${made[0]?.email}'`)))).toEqual([made[0]?.id])
      expect(expectError(await ask()('GET', where('firstName ==')), 400).body.message).toContain('Error parsing query')
      const one = expectOk(await ask()('GET', `${where(`lastName='${family}'`)}&pageSize=1`))
      expect(one.headers.get('elements-returned-count')).toBe('1')
      expect(one.headers.get('elements-total-count')).toBe('2')
      const token = encodeURIComponent(one.headers.get('elements-next-page-token') ?? '')
      const two = expectOk(await ask()('GET', `${path}?nextPage=${token}`))
      expect([...idsOf(one), ...idsOf(two)]).toEqual(made.map(({ id }) => id))
      expect(two.headers.has('elements-next-page-token')).toBe(false)
    }
    expect(
      expectError(await ask()('GET', `/accounts/${stage.east.id}/users?where=firstName='Zorro'`), 404).body.message,
    ).toBe('No users found')
  })
})
