import { describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { ADMIN } from '../../support/hub.ts'
import { PASSWORD } from '../../support/people.ts'
import { idsOf, keysOf, SECRET, today, useStage } from './cast.ts'

/** An organization is signed up by the administrator of another, describes itself, and is deleted (spec 50 §3, §12, 01 §3). */
const { stage, as, expectRefused } = useStage()

describe('signing an organization up (§12, 01 §3)', () => {
  test('makes the organization, its default account and its first administrator', () => {
    const { organization, account, user } = stage.globex.body
    expect(organization).toMatchObject({ id: expect.any(Number), name: 'Globex', secret: expect.any(String) })
    expect(account).toMatchObject({
      id: expect.any(Number),
      name: 'Globex main',
      externalId: 'Globex-main',
      description: 'Of Globex',
      companyId: organization.id,
      defaultAccount: true,
      type: 'Default',
      active: true,
    })
    expect(user).toMatchObject({ id: expect.any(Number), email: stage.globex.admin.email, active: true })
    expect(user.secret).toMatch(SECRET)
    expect(keysOf(user.roles)).toContain('org-admin')
    expect(JSON.stringify(stage.globex.body)).not.toContain(PASSWORD)
  })

  test('the administrator signs in, and reads the secrets that the sign-up answered', async () => {
    const { body } = expectOk(await stage.people.signIn(stage.globex.admin.email, stage.globex.password))
    expect(body).toMatchObject({
      id: stage.globex.admin.id,
      username: stage.globex.admin.email,
      accountId: stage.globex.defaultAccount.id,
      accountName: 'Globex main',
      organizationId: stage.globex.id,
      organizationName: 'Globex',
      organizationAdmin: true,
      sysAdmin: false,
      lastLoginDate: today(),
    })
    for (const role of body.roles)
      expect(role).toMatchObject({ id: expect.any(Number), key: expect.any(String), privileges: expect.any(Array) })
    expect(keysOf(body.roles)).toContain('org-admin')
    const secrets = await stage.hub.call('GET', '/authentication/secrets', { authorization: `Bearer ${body.token}` })
    expect(expectOk(secrets).body).toEqual({
      userSecret: stage.globex.body.user.secret,
      organizationSecret: stage.globex.body.organization.secret,
    })
  })

  test('it begins with the first version of the object model, the hub’s own organization has the second', async () => {
    expect(expectOk(await as('admin')('GET', '/organizations/me')).body.vdrVersion).toBe('v1')
    expect(expectOk(await as('host')('GET', '/organizations/me')).body.vdrVersion).toBe('v2')
  })

  for (const who of ['admin', 'accountAdmin', 'office', 'easterner'] as const) {
    test(`not for ${who}: 403`, async () => {
      const body = {
        organization: { name: 'Nope' },
        account: { name: 'Nope', externalId: 'nope' },
        user: { firstName: 'No', lastName: 'Body', email: 'nope@example.com', password: PASSWORD },
      }
      expectRefused(await as(who)('POST', '/customers/signup', body), 403)
      expectRefused(await as(who)('POST', '/customers/signup', {}), 403)
    })
  }

  test('not for nobody: 401', async () => {
    expectRefused(await stage.hub.call('POST', '/customers/signup', { authorization: null, body: {} }), 401)
  })

  const whole = (email: string) => ({
    organization: { name: 'Umbrella' },
    account: { name: 'Umbrella', externalId: 'umbrella' },
    user: { firstName: 'Al', lastName: 'Bert', email, password: PASSWORD },
  })
  for (const [fact, status, body] of [
    ['nothing', 400, {}],
    ['no organization', 400, { ...whole('x@example.com'), organization: undefined }],
    ['no name of the organization', 400, { ...whole('x@example.com'), organization: {} }],
    ['no user', 400, { ...whole('x@example.com'), user: undefined }],
    ['a user without e-mail', 400, { ...whole('x@example.com'), user: { firstName: 'Al', lastName: 'Bert' } }],
    [
      'a password that is too simple',
      400,
      { ...whole('x@example.com'), user: { ...whole('x@example.com').user, password: 'simple' } },
    ],
    [
      'an unknown role',
      400,
      { ...whole('x@example.com'), user: { ...whole('x@example.com').user, roles: [{ key: 'czar' }] } },
    ],
    [
      'the role of the operator',
      403,
      { ...whole('x@example.com'), user: { ...whole('x@example.com').user, roles: [{ key: 'sys-admin' }] } },
    ],
    ['an e-mail that somebody has', 409, whole(ADMIN.email.toUpperCase())],
  ] as const) {
    test(`${fact}: ${status}, and nothing is left behind`, async () => {
      const before = idsOf(await as('host')('GET', '/customers/organizations'))
      expectRefused(await as('host')('POST', '/customers/signup', body), status)
      expect(idsOf(await as('host')('GET', '/customers/organizations'))).toEqual(before)
      expectError(await stage.people.signIn('x@example.com', PASSWORD), 401)
    })
  }

  test('roles of the organization may come with it', async () => {
    const roles = [{ key: 'default-user', privileges: [{ key: 'viewElements' }] }]
    const { admin } = await stage.people.signUp('Narrow', { organization: { roles } })
    const account = await stage.people.addAccount(admin, 'Narrow side')
    const user = await stage.people.addUser(admin, account.id)
    expectOk(await stage.people.as(user)('GET', '/elements/keys'))
    expectRefused(await stage.people.as(user)('POST', '/elements', { name: 'x' }), 403)
    expectOk(await as('easterner')('GET', '/elements/keys'))
  })
})

describe('the organization itself (§3)', () => {
  test('is shown to each of its users, with the secret', async () => {
    for (const who of ['admin', 'accountAdmin', 'office', 'easterner'] as const) {
      const { body } = expectOk(await as(who)('GET', '/organizations/me'))
      expect(body).toMatchObject({
        id: stage.globex.id,
        name: 'Globex',
        active: true,
        secret: stage.globex.body.organization.secret,
        vdrVersion: 'v1',
      })
    }
  })

  test('PUT changes the name and nothing else', async () => {
    const before = expectOk(await as('stranger')('GET', '/organizations/me')).body
    const change = {
      name: 'Initech Ltd',
      id: 1,
      secret: 'x',
      active: false,
      vdrVersion: 'v2',
      customerId: 7,
      status: 'x',
    }
    expectOk(await as('stranger')('PUT', '/organizations/me', change))
    const after = expectOk(await as('stranger')('GET', '/organizations/me')).body
    expect(after).toEqual({
      ...before,
      name: 'Initech Ltd',
      ...(after.updatedDate && { updatedDate: after.updatedDate }),
    })
    expectOk(await as('stranger')('PUT', '/organizations/me', { name: 'Initech' }))
  })

  test('its accounts are found below it', async () => {
    const path = `/organizations/${stage.globex.id}/accounts`
    const found = idsOf(await as('admin')('GET', path))
    expect(found).toEqual(expect.arrayContaining([stage.globex.defaultAccount.id, stage.east.id, stage.west.id]))
    expect(idsOf(await as('host')('GET', path)), 'customer administrators see them too').toEqual(found)
    expect(idsOf(await as('admin')('GET', `${path}?where=name='East'`))).toEqual([stage.east.id])
    expect(expectOk(await as('admin')('GET', `${path}/${stage.east.id}`)).body).toMatchObject({
      id: stage.east.id,
      name: 'East',
    })
    for (const id of ['-1', String(stage.initech.defaultAccount.id)])
      expectRefused(await as('admin')('GET', `${path}/${id}`), 404)
    expectRefused(await as('host')('GET', '/organizations/-1/accounts'), 404)
    for (const who of ['stranger', 'accountAdmin', 'office', 'easterner'] as const)
      expectRefused(await as(who)('GET', path), 403)
  })

  test('an account can be made below it', async () => {
    const made = await as('admin')('POST', `/organizations/${stage.globex.id}/accounts`, {
      externalId: 'below',
      name: 'Below',
    })
    expect(expectOk(made).body).toMatchObject({ name: 'Below', externalId: 'below', companyId: stage.globex.id })
    for (const who of ['stranger', 'accountAdmin', 'office'] as const)
      expectRefused(await as(who)('POST', `/organizations/${stage.globex.id}/accounts`, { externalId: 'nope' }), 403)
  })
})

describe('the end of organizations (01 §3)', () => {
  test('customer administrators see and delete them; their users are nobody then', async () => {
    const doomed = await stage.people.signUp('Doomed')
    const account = await stage.people.addAccount(doomed.admin, 'Doomed side')
    const user = await stage.people.addUser(doomed.admin, account.id)
    expectOk(await stage.people.as(user)('GET', '/organizations/me'))
    expect(idsOf(await as('host')('GET', '/customers/organizations'))).toEqual(
      expect.arrayContaining([stage.globex.id, doomed.id]),
    )
    expect(expectOk(await as('host')('GET', `/customers/organizations/${doomed.id}`)).body).toMatchObject({
      name: 'Doomed',
    })

    expectOk(await as('host')('DELETE', `/customers/organizations/${doomed.id}`))
    for (const person of [user, doomed.admin])
      expectError(await stage.people.as(person)('GET', '/organizations/me'), 401)
    expectError(await stage.people.signIn(doomed.admin.email, doomed.password), 401)
    expect(idsOf(await as('host')('GET', '/customers/organizations'))).not.toContain(doomed.id)
    expectError(await as('host')('DELETE', '/customers/organizations/-1'), 404)
    expectOk(await as('admin')('GET', '/organizations/me'))
  })
})
