import { describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { PASSWORD, type Person } from '../../support/people.ts'
import { idsOf, useStage } from './cast.ts'

/** What becomes of users, instances and credentials when an account or a user ends, and what comes back (spec 50 §4, §5). */
const { stage, as, expectRefused } = useStage()

describe('the end of accounts (§4)', () => {
  const ask = () => as('admin')
  let n = 0

  /** An account with a user who has signed in and has an instance. */
  async function inhabit() {
    const account = await stage.people.addAccount(stage.cast.admin, `Mortal ${++n}`)
    const user = await stage.people.addUser(stage.cast.admin, account.id, { password: PASSWORD })
    const instance = await stage.people.provision(user)
    const { token } = expectOk(await stage.people.signIn(user.email, PASSWORD)).body
    const withToken = `${user.authorization}, Element ${instance.token}`
    expectOk(await stage.hub.call('GET', '/hubs/crm/stages', { authorization: withToken }))
    return { account, user, instance, bearer: `Bearer ${token}`, withToken, path: `/accounts/${account.id}` }
  }
  type Inhabited = Awaited<ReturnType<typeof inhabit>>

  async function expectLockedOut({ user, bearer, withToken }: Pick<Inhabited, 'user' | 'bearer' | 'withToken'>) {
    for (const authorization of [user.authorization, bearer])
      expectError(await stage.hub.call('GET', '/organizations/me', { authorization }), 401)
    expectError(await stage.hub.call('GET', '/hubs/crm/stages', { authorization: withToken }), 401)
    expectError(await stage.people.signIn(user.email, PASSWORD), 401)
  }
  const listed = async (query = '') => idsOf(await ask()('GET', `/accounts${query}`))

  test('PATCH {active: false}: hidden, its users locked out; PATCH {active: true}: all as before', async () => {
    const one = await inhabit()
    expect(expectOk(await ask()('PATCH', one.path, { active: false })).body).toMatchObject({
      id: one.account.id,
      active: false,
    })
    expect(await listed()).not.toContain(one.account.id)
    expect(await listed('?includeInactive=true')).toContain(one.account.id)
    for (const query of ['', '?includeInactive=true'])
      expect(expectOk(await ask()('GET', `${one.path}${query}`)).body.active).toBe(false)
    await expectLockedOut(one)

    expect(expectOk(await ask()('PATCH', one.path, { active: true })).body.active).toBe(true)
    // accepted, whether it is needed or not
    expectOk(await ask()('PATCH', `${one.path}/users/${one.user.id}`, { active: true }))
    expect(await listed()).toContain(one.account.id)
    expectOk(await stage.people.as(one.user)('GET', '/organizations/me'))
    expectOk(await stage.people.as(one.user)('GET', `/instances/${one.instance.id}`))
    expectOk(await stage.hub.call('GET', '/hubs/crm/stages', { authorization: one.withToken }))
    expectOk(await stage.people.signIn(one.user.email, PASSWORD))
  })

  for (const [fact, end] of [
    ['DELETE', (path: string) => ask()('DELETE', path)],
    [
      'PATCH ?permanent=true {active: false}',
      (path: string) => ask()('PATCH', `${path}?permanent=true`, { active: false }),
    ],
    [
      'PUT ?permanent=true {active: false}',
      (path: string) => ask()('PUT', `${path}?permanent=true`, { active: false }),
    ],
  ] as const) {
    test(`${fact}: users and instances are gone for good, the account comes back empty`, async () => {
      const one = await inhabit()
      expectOk(await end(one.path))
      expect(await listed()).not.toContain(one.account.id)
      await expectLockedOut(one)
      expectError(await ask()('GET', `${one.path}/users/${one.user.id}`), 404)
      expectError(await ask()('GET', `/users/${one.user.id}`), 404)

      expect(expectOk(await ask()('PATCH', one.path, { active: true })).body).toMatchObject({
        id: one.account.id,
        active: true,
      })
      expect(await listed()).toContain(one.account.id)
      expectError(await ask()('GET', `${one.path}/users/${one.user.id}`), 404)
      expect(expectError(await ask()('GET', `${one.path}/users`), 404).body.message).toBe('No users found')
      await expectLockedOut(one)

      const next = await stage.people.addUser(stage.cast.admin, one.account.id)
      expectError(await stage.people.as(next)('GET', '/instances'), 404)
      expectError(await stage.people.as(next)('GET', `/instances/${one.instance.id}`), 404)
      const authorization = `${next.authorization}, Element ${one.instance.token}`
      expectError(await stage.hub.call('GET', '/hubs/crm/stages', { authorization }), 401)
    })
  }

  test('the second time: 404', async () => {
    const { path } = await inhabit()
    expectOk(await ask()('DELETE', path))
    expectError(await ask()('DELETE', path), 404)
  })

  test('instances of an account are shown to its organization’s administrator', async () => {
    const one = await inhabit()
    expect(idsOf(await ask()('GET', `${one.path}/instances`))).toEqual([one.instance.id])
    const mine = await stage.people.provision(stage.cast.admin)
    expect(idsOf(await ask()('GET', '/accounts/instances'))).toEqual([mine.id])
    for (const who of ['easterner', 'accountAdmin', 'stranger'] as const) {
      expectRefused(await as(who)('GET', `${one.path}/instances`), 403)
      expectRefused(await as(who)('GET', `/instances/${one.instance.id}`), 403, 404)
      expectRefused(await as(who)('DELETE', `/instances/${one.instance.id}`), 403, 404)
    }
    expectOk(await stage.people.as(one.user)('GET', `/instances/${one.instance.id}`))
  })
})

describe('the end of users (§5)', () => {
  const ask = () => as('admin')
  const entrances: [fact: string, account: () => number, path: (user: Person) => string][] = [
    ['/users', () => stage.east.id, ({ id }) => `/users/${id}`],
    ['/accounts/{id}/users', () => stage.east.id, ({ id }) => `/accounts/${stage.east.id}/users/${id}`],
    ['/organizations/users', () => stage.globex.defaultAccount.id, ({ id }) => `/organizations/users/${id}`],
  ]
  const listOf = (path: string) => path.slice(0, path.lastIndexOf('/'))

  for (const [fact, account, pathOf] of entrances) {
    const make = async () => {
      const user = await stage.people.addUser(stage.cast.admin, account())
      const instance = await stage.people.provision(user)
      return { user, path: pathOf(user), instance, me: stage.people.as(user) }
    }

    test(`PATCH ${fact} {active: false}: locked out, the instances are kept`, async () => {
      const { user, path, instance, me } = await make()
      expect(expectOk(await ask()('PATCH', path, { active: false })).body).toMatchObject({ id: user.id, active: false })
      expectError(await me('GET', '/organizations/me'), 401)
      expect(idsOf(await ask()('GET', listOf(path)))).not.toContain(user.id)
      expect(idsOf(await ask()('GET', `${listOf(path)}?includeInactive=true`))).toContain(user.id)
      expectOk(await ask()('PATCH', path, { active: true }))
      expect(idsOf(await ask()('GET', listOf(path)))).toContain(user.id)
      expectOk(await me('GET', `/instances/${instance.id}`))
      const authorization = `${user.authorization}, Element ${instance.token}`
      expectOk(await stage.hub.call('GET', '/hubs/crm/stages', { authorization }))
    })

    test(`PATCH ${fact} ?permanent=true {active: false}: the instances go, the user can come back`, async () => {
      const { user, path, instance, me } = await make()
      expectOk(await ask()('PATCH', `${path}?permanent=true`, { active: false }))
      expectError(await me('GET', '/organizations/me'), 401)
      expectOk(await ask()('PATCH', path, { active: true }))
      expectOk(await me('GET', '/organizations/me'))
      expectError(await me('GET', `/instances/${instance.id}`), 404)
      const authorization = `${user.authorization}, Element ${instance.token}`
      expectError(await stage.hub.call('GET', '/hubs/crm/stages', { authorization }), 401)
    })

    test(`DELETE ${fact}: gone for good, with the instances`, async () => {
      const { path, instance, me } = await make()
      expectOk(await ask()('DELETE', path))
      expectError(await me('GET', '/organizations/me'), 401)
      expectError(await ask()('GET', path), 404)
      expectError(await ask()('GET', `${path}?includeInactive=true`), 404)
      expectError(await ask()('PATCH', path, { active: true }), 404)
      expectError(await ask()('DELETE', path), 404)
      const neighbour = stage.people.as(await stage.people.addUser(stage.cast.admin, account()))
      expectError(await neighbour('GET', `/instances/${instance.id}`), 404)
    })
  }

  test('other people’s instances stay', async () => {
    const [goes, stays] = [
      await stage.people.addUser(stage.cast.admin, stage.west.id),
      await stage.people.addUser(stage.cast.admin, stage.west.id),
    ]
    const [, kept] = [await stage.people.provision(goes), await stage.people.provision(stays)]
    expectOk(await ask()('DELETE', `/users/${goes.id}`))
    expectOk(await stage.people.as(stays)('GET', `/instances/${kept.id}`))
  })
})
