import { beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { keysOf, useStage, type Who } from './cast.ts'

/** Roles that users and accounts are granted, and what an organization makes of them (spec 50 §6, §7, 00 §15). */
const { stage, as, expectRefused, roleKeys } = useStage()

describe('roles of users and accounts (§6, 00 §15)', () => {
  const ask = () => as('admin')

  test('those without a grant have the role of their kind of account', async () => {
    expect(await roleKeys(stage.cast.office)).toEqual(['org'])
    expect(await roleKeys(stage.cast.easterner)).toEqual(['default-user'])
    expect(await roleKeys(stage.cast.admin)).toContain('org-admin')
    expect(await roleKeys(stage.cast.accountAdmin)).toContain('admin')
  })

  test('are readable by the user itself, not by those of another account', async () => {
    const path = `/users/${stage.cast.easterner.id}/roles`
    const [role] = expectOk(await as('easterner')('GET', path)).body
    expect(role).toMatchObject({
      id: expect.any(Number),
      name: 'Default User',
      key: 'default-user',
      description: expect.any(String),
    })
    expect(role.privileges[0]).toMatchObject({
      id: expect.any(Number),
      key: expect.any(String),
      name: expect.any(String),
    })
    for (const who of ['westerner', 'stranger'] as const) expectRefused(await as(who)('GET', path), 403)
    expectError(await ask()('GET', '/users/-1/roles'), 404)
  })

  for (const [fact, who, path, status] of [
    ['an unknown role is noticed first', 'admin', () => `/users/${stage.cast.easterner.id}/roles/foo`, 400],
    ['also for nobody', 'admin', () => '/users/-1/roles/foo', 400],
    ['also for a stranger', 'admin', () => `/users/${stage.cast.stranger.id}/roles/foo`, 400],
    ['then that there is nobody', 'admin', () => '/users/-1/roles/admin', 404],
    ['also with a role beyond reach', 'admin', () => '/users/-1/roles/sys-admin', 404],
    ['then that it is a stranger', 'admin', () => `/users/${stage.cast.stranger.id}/roles/admin`, 403],
    ['oneself', 'admin', () => `/users/${stage.cast.admin.id}/roles/admin`, 403],
    ['the operator’s role', 'admin', () => `/users/${stage.cast.easterner.id}/roles/sys-admin`, 403],
    [
      'the operator’s role by the first administrator (01 §3)',
      'host',
      () => `/users/${stage.cast.admin.id}/roles/sys-admin`,
      403,
    ],
    ['the role of customer administrators', 'admin', () => `/users/${stage.cast.office.id}/roles/customer-admin`, 403],
    ['a role above one’s own', 'accountAdmin', () => `/users/${stage.cast.easterner.id}/roles/org-admin`, 403],
    ['a user of another account', 'accountAdmin', () => `/users/${stage.cast.westerner.id}/roles/admin`, 403],
    ['by an ordinary user', 'easterner', () => `/users/${stage.cast.accountAdmin.id}/roles/admin`, 403],
    ['to oneself by an ordinary user', 'easterner', () => `/users/${stage.cast.easterner.id}/roles/admin`, 403],
    ['an account: unknown role first', 'admin', () => '/accounts/1/roles/foo', 400],
    ['an account: unknown role first, also for none', 'admin', () => '/accounts/-1/roles/foo', 400],
    ['an account that is not there', 'admin', () => '/accounts/-1/roles/admin', 404],
    ['an account of others', 'admin', () => '/accounts/1/roles/admin', 403],
    ['an account of strangers', 'admin', () => `/accounts/${stage.initech.defaultAccount.id}/roles/admin`, 403],
    ['an account, the operator’s role', 'admin', () => `/accounts/${stage.east.id}/roles/sys-admin`, 403],
  ] as [string, Who, () => string, number][]) {
    test(`PUT: ${fact}: ${status}`, async () => {
      expectRefused(await as(who)('PUT', path()), status)
    })
  }

  test('granted and taken away, with effect on the very next request', async () => {
    const { id, accountId } = stage.cast.easterner
    const users = `/accounts/${accountId}/users`
    for (let round = 0; round < 2; round++) {
      expectRefused(await as('easterner')('GET', users), 403)
      const granted = expectOk(await ask()('PUT', `/users/${id}/roles/admin`)).body
      expect(granted).toMatchObject({
        id: expect.any(Number),
        key: 'admin',
        name: 'Administrator',
        description: expect.any(String),
      })
      expectOk(await as('easterner')('GET', users))
      expectRefused(await ask()('PUT', `/users/${id}/roles/admin`), 409)
      expect(await roleKeys(stage.cast.easterner)).toContain('admin')
      expectOk(await ask()('DELETE', `/users/${id}/roles/admin`))
      expect(await roleKeys(stage.cast.easterner)).toEqual(['default-user'])
    }
    expectRefused(await as('easterner')('GET', users), 403)
  })

  test('not taken from oneself or from strangers', async () => {
    expectRefused(await ask()('DELETE', `/users/${stage.cast.admin.id}/roles/org-admin`), 403)
    expectRefused(await ask()('DELETE', `/users/${stage.cast.stranger.id}/roles/org-admin`), 403)
    expectRefused(await as('accountAdmin')('DELETE', `/users/${stage.cast.accountAdmin.id}/roles/admin`), 403)
    expect(await roleKeys(stage.cast.admin)).toContain('org-admin')
  })

  test('an organization’s administrators are in its default account', async () => {
    expectRefused(await ask()('PUT', `/users/${stage.cast.easterner.id}/roles/org-admin`), 400, 403)
    expect(await roleKeys(stage.cast.easterner)).toEqual(['default-user'])
    const roles = [{ key: 'org-admin' }]
    const body = { firstName: 'Over', lastName: 'Reach', email: 'over.reach@example.com', roles }
    expectRefused(await ask()('POST', `/accounts/${stage.east.id}/users`, body), 400, 403)
    expectError(await ask()('GET', '/users/over.reach@example.com'), 404)
    const second = await stage.people.addUser(stage.cast.admin, stage.globex.defaultAccount.id, { roles })
    expectOk(await stage.people.as(second)('GET', '/organizations/roles'))
    expectOk(await ask()('DELETE', `/users/${second.id}/roles/org-admin`))
    expectRefused(await stage.people.as(second)('GET', '/organizations/roles'), 403)
  })

  test('asked for above one’s own: 403, and nobody is made or changed', async () => {
    const body = {
      firstName: 'Over',
      lastName: 'Reach',
      email: 'reach.over@example.com',
      roles: [{ key: 'org-admin' }],
    }
    expectRefused(await as('accountAdmin')('POST', `/accounts/${stage.east.id}/users`, body), 403)
    expectError(await ask()('GET', `/users/${body.email}`), 404)
    const path = `/accounts/${stage.east.id}/users/${stage.cast.easterner.id}`
    expectRefused(await as('accountAdmin')('PATCH', path, { city: 'Never', roles: body.roles }), 403)
    expect(expectOk(await ask()('GET', path)).body.city).not.toBe('Never')
    expectRefused(await ask()('PATCH', path, { roles: [{ key: 'sys-admin' }] }), 403)
  })

  test('nobody gets at somebody above: neither password, secret, address nor state', async () => {
    const clerk = await stage.people.addUser(stage.cast.admin, stage.globex.defaultAccount.id, {
      roles: [{ key: 'admin' }],
    })
    const boss = stage.cast.admin
    for (const path of [`/accounts/${boss.accountId}/users/${boss.id}`, `/users/${boss.id}`]) {
      for (const change of [{ password: 'Taken-over-1' }, { email: 'taken@example.com' }, { active: false }])
        expectRefused(await stage.people.as(clerk)('PATCH', path, change), 403)
      expectRefused(await stage.people.as(clerk)('DELETE', path), 403)
    }
    expectRefused(await stage.people.as(clerk)('PUT', `/users/${boss.id}/secret`), 403)
    expectRefused(await stage.people.as(clerk)('DELETE', `/users/${boss.id}/roles/org-admin`), 403)
    expectOk(await ask()('GET', '/organizations/me'))
    expectOk(await stage.people.signIn(boss.email, stage.globex.password))
  })

  test('one’s own level may be passed on', async () => {
    const roles = [{ key: 'admin' }]
    const body = { firstName: 'Next', lastName: 'Level', email: 'next.level@example.com', roles }
    const { body: made } = expectOk(await as('accountAdmin')('POST', `/accounts/${stage.east.id}/users`, body))
    expect(keysOf(made.roles)).toContain('admin')
    expectOk(await ask()('DELETE', `/users/${made.id}`))
  })

  test('PATCH with roles assigns them', async () => {
    const user = await stage.people.addUser(stage.cast.admin, stage.east.id)
    expectRefused(await stage.people.as(user)('GET', `/accounts/${stage.east.id}/users`), 403)
    expectOk(await ask()('PATCH', `/users/${user.id}`, { roles: [{ key: 'admin' }] }))
    expectOk(await stage.people.as(user)('GET', `/accounts/${stage.east.id}/users`))
  })

  test('what an account has, its users have, until it is taken away', async () => {
    const account = await stage.people.addAccount(stage.cast.admin, 'Promoted')
    const user = await stage.people.addUser(stage.cast.admin, account.id)
    const path = `/accounts/${account.id}/roles`
    expect(expectOk(await ask()('GET', path)).body).toEqual([])
    expectRefused(await stage.people.as(user)('GET', `/accounts/${account.id}/users`), 403)

    expect(expectOk(await ask()('PUT', `${path}/admin`)).body).toMatchObject({ key: 'admin', name: 'Administrator' })
    expect(keysOf(expectOk(await ask()('GET', path)).body)).toEqual(['admin'])
    expectOk(await stage.people.as(user)('GET', `/accounts/${account.id}/users`))
    expectRefused(await stage.people.as(user)('GET', `/accounts/${stage.west.id}/users`), 403)
    expect(await roleKeys(user)).toContain('admin')
    // that is the account's to lose, not the user's
    await ask()('DELETE', `/users/${user.id}/roles/admin`)
    expect(await roleKeys(user)).toContain('admin')

    expectOk(await ask()('DELETE', `${path}/admin`))
    expect(expectOk(await ask()('GET', path)).body).toEqual([])
    expectRefused(await stage.people.as(user)('GET', `/accounts/${account.id}/users`), 403)
    expect(await roleKeys(user)).toEqual(['default-user'])
  })
})

describe('definitions of roles (§6, §7)', () => {
  type Role = { id: number; key: string; name: string; privileges: { key: string }[] }
  const ask = () => as('admin')
  const roles = async (who: Who = 'admin'): Promise<Role[]> =>
    expectOk(await as(who)('GET', '/organizations/roles')).body
  const role = async (key: string, who: Who = 'admin') => (await roles(who)).find((one) => one.key === key) as Role
  const define = async (key: string, ...privileges: string[]) =>
    ask()('PUT', `/organizations/roles/${(await role(key)).id}`, {
      privileges: privileges.map((one) => ({ key: one })),
    })
  let defaults: Role[]
  beforeAll(async () => {
    defaults = await roles()
  })

  test('there is one of each kind, complete', async () => {
    expect(keysOf(defaults)).toEqual(expect.arrayContaining(['account', 'admin', 'default-user', 'org', 'org-admin']))
    expect(new Set(keysOf(defaults)).size).toBe(defaults.length)
    for (const one of defaults) {
      expect(one).toMatchObject({ id: expect.any(Number), name: expect.any(String), description: expect.any(String) })
      for (const privilege of one.privileges)
        expect(privilege).toMatchObject({ id: expect.any(Number), key: expect.any(String), name: expect.any(String) })
    }
    const names = Object.fromEntries(defaults.map(({ key, name }) => [key, name]))
    expect(names).toMatchObject({
      'org-admin': 'Organization Administrator',
      admin: 'Administrator',
      org: 'Organization User',
      'default-user': 'Default User',
      account: 'Account',
    })
  })

  test('what they have at first', async () => {
    const of = (key: string) => keysOf(defaults.find((one) => one.key === key)?.privileges ?? [])
    const things = ['Formulas', 'Elements', 'CommonObjects'].flatMap((noun) =>
      ['view', 'create', 'edit', 'delete'].map((verb) => verb + noun),
    )
    const ordinary = [...things, 'createElementInstances', 'createFormulaInstances', 'viewLogsAccount'].sort()
    for (const key of ['org', 'default-user', 'account']) expect(of(key), key).toEqual(ordinary)
    const inAccount = ['view', 'add', 'edit', 'delete'].map((verb) => `${verb}UsersAccount`)
    expect(of('admin')).toEqual([...ordinary, ...inAccount].sort())
    const above = ['view', 'add', 'edit', 'delete'].map((verb) => `${verb}UsersOrg`)
    const security = ['configureRoles', 'manageUiBranding', 'modifySecurity', 'viewLogsOrg']
    expect(of('org-admin')).toEqual([...ordinary, ...inAccount, ...above, ...security].sort())
    for (const key of ['system', 'intelligence'])
      for (const { key: name } of defaults) expect(of(name)).not.toContain(key)
  })

  test('are the organization’s own', async () => {
    const theirs = await roles('stranger')
    expect(theirs.map(({ id }) => id)).not.toContain(defaults[0]?.id)
    const mine = await role('default-user')
    expectRefused(await as('stranger')('PUT', `/organizations/roles/${mine.id}`, { privileges: [] }), 403, 404)
    expectError(await ask()('PUT', '/organizations/roles/-1', { privileges: [] }), 404)
    expect(await roles()).toEqual(defaults)
  })

  test('a change counts from the very next request on, for its own organization only', async () => {
    try {
      expectOk(await as('easterner')('GET', '/elements/keys'))
      expectRefused(await as('easterner')('GET', `/accounts/${stage.east.id}/users`), 403)
      expectOk(await define('default-user', 'viewUsersAccount'))
      expectRefused(await as('easterner')('GET', '/elements/keys'), 403)
      expectOk(await as('easterner')('GET', `/accounts/${stage.east.id}/users`))
      expectRefused(await as('easterner')('GET', `/accounts/${stage.west.id}/users`), 403)
      expectOk(await as('office')('GET', '/elements/keys'))
      expect(keysOf((await role('default-user', 'stranger')).privileges)).toContain('viewElements')
      expectOk(await define('default-user', 'viewElements'))
      expectOk(await as('easterner')('GET', '/elements/keys'))
      expectRefused(await as('easterner')('GET', `/accounts/${stage.east.id}/users`), 403)
      expect(
        keysOf(expectOk(await as('easterner')('GET', `/users/${stage.cast.easterner.id}/roles`)).body[0].privileges),
      ).toEqual(['viewElements'])
    } finally {
      expectOk(await ask()('PUT', '/organizations/roles/reset'))
    }
    expectOk(await as('easterner')('GET', '/elements/keys'))
  })

  test('a whole array is taken by ids; reset gives the defaults back', async () => {
    const changed = defaults.map((one) => (one.key === 'org' ? { ...one, privileges: [{ key: 'viewFormulas' }] } : one))
    expectOk(await ask()('PUT', '/organizations/roles', changed))
    const now = await roles()
    expect(keysOf(now.find(({ key }) => key === 'org')?.privileges ?? [])).toEqual(['viewFormulas'])
    expect(now.filter(({ key }) => key !== 'org')).toEqual(defaults.filter(({ key }) => key !== 'org'))
    expectRefused(await as('office')('GET', '/elements/keys'), 403)
    expectOk(await ask()('PUT', '/organizations/roles/reset'))
    expect(await roles()).toEqual(defaults)
    expectOk(await as('office')('GET', '/elements/keys'))
  })

  test('one that the organization makes counts like the others, and goes when nobody needs it', async () => {
    const privileges = [{ key: 'viewUsersAccount' }, { key: 'addUsersAccount' }]
    const made = await ask()('POST', '/organizations/roles', { key: 'clerk', name: 'Clerk', privileges })
    expect(expectOk(made).body).toMatchObject({ id: expect.any(Number), key: 'clerk', name: 'Clerk', privileges })
    const clerk = await stage.people.addUser(stage.cast.admin, stage.east.id, { roles: [{ key: 'clerk' }] })
    const path = `/accounts/${stage.east.id}/users`
    expect(await roleKeys(clerk)).toEqual(['clerk'])
    expectOk(await stage.people.as(clerk)('GET', path))
    const person = { firstName: 'Made', lastName: 'Byclerk', email: 'made@example.com', roles: [{ key: 'clerk' }] }
    const { body } = expectOk(await stage.people.as(clerk)('POST', path, person))
    expectRefused(await stage.people.as(clerk)('DELETE', `${path}/${body.id}`), 403)
    // nobody makes somebody who may more, be it by a role or by the implicit one
    for (const roles of [[{ key: 'admin' }], []]) {
      const above = { ...person, email: 'above@example.com', roles }
      expectRefused(await stage.people.as(clerk)('POST', path, above), 403)
    }
    expectRefused(await stage.people.as(clerk)('GET', '/elements/keys'), 403)
    expect(keysOf(await roles('stranger')), 'others have no such role').not.toContain('clerk')

    expectOk(await ask()('DELETE', `/users/${clerk.id}/roles/clerk`))
    expectRefused(await stage.people.as(clerk)('GET', path), 403)
    expectOk(await ask()('DELETE', `/users/${body.id}`))
    expectOk(await ask()('DELETE', `/organizations/roles/${made.body.id}`))
    expectRefused(await ask()('PUT', `/users/${clerk.id}/roles/clerk`), 400)
    expect(await roles()).toEqual(defaults)
  })

  for (const [key, privilege, text] of [
    ['org', 'system', "User can not add the 'system' privilege to any role."],
    ['default-user', 'system', "User can not add the 'system' privilege to any role."],
    ['org-admin', 'system', "User can not add the 'system' privilege to any role."],
    ['default-user', 'intelligence', "User can not add the 'intelligence' privilege to the 'default-user' role."],
  ] as const) {
    test(`${privilege} is not for ${key}: 403 with the text clients know, and nothing changes`, async () => {
      expect(expectRefused(await define(key, 'viewElements', privilege), 403).body.message).toBe(text)
      const array = defaults.map((one) => ({
        ...one,
        privileges: one.key === key ? [{ key: privilege }] : [{ key: 'viewElements' }],
      }))
      expect(expectRefused(await ask()('PUT', '/organizations/roles', array), 403).body.message).toBe(text)
      expect(await roles()).toEqual(defaults)
    })
  }

  test('the first administrator may not add system either (01 §3)', async () => {
    const { id } = await role('org', 'host')
    const answer = await as('host')('PUT', `/organizations/roles/${id}`, { privileges: [{ key: 'system' }] })
    expect(expectRefused(answer, 403).body.message).toBe("User can not add the 'system' privilege to any role.")
  })

  for (const [fact, body] of [
    ['no object', []],
    ['a text for the list', { privileges: 'viewElements' }],
    ['an entry without a key', { privileges: [{}] }],
  ] as const) {
    test(`${fact}: 400`, async () => {
      const { id } = await role('org')
      expectError(await ask()('PUT', `/organizations/roles/${id}`, body), 400)
      expect(await roles()).toEqual(defaults)
    })
  }
})
