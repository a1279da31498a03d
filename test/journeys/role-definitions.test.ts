import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BUILT_IN_ROLES } from '../../src/accounts/roles/built-in-roles.ts'
import { PRIVILEGE_KEYS } from '../../src/accounts/roles/privileges.ts'
import type { AuditTables } from '../../src/audit/audit-table.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { addColleague, addOrganization, organizationSecretOf, type Person } from './people.ts'

/** What the roles of an organization are, and who may say so (spec 50 §6, §7). */
let hub: TestHub
let stranger: Person
/** of the default account, without a role; may configure roles where a test says so */
let member: Person

interface Role {
  id: number
  key: string
  name: string
  description: string
  active: boolean
  privileges: { key: string }[]
}

const PATH = '/organizations/roles'
const as = ({ authorization }: Person) => ({ authorization })
const list = async (caller = {}): Promise<Role[]> => expectOk(await hub.call('GET', PATH, caller)).body
const named = async (key: string): Promise<Role> => {
  const role = (await list()).find((one) => one.key === key)
  if (!role) throw new Error(`no role ${key}`)
  return role
}
const keysOf = ({ privileges }: Role) => privileges.map(({ key }) => key)
const toKeys = (keys: readonly string[]) => keys.map((key) => ({ key }))
const define = async (key: string, body: unknown, caller = {}) =>
  hub.call('PUT', `${PATH}/${(await named(key)).id}`, { ...caller, body })
const without = async (key: string, privilege: string) =>
  toKeys(keysOf(await named(key)).filter((one) => one !== privilege))
const reset = async () => expectOk(await hub.call('PUT', `${PATH}/reset`))

beforeAll(async () => {
  hub = await startTestHub()
  const own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization), accountId: 2 }
  stranger = await addOrganization(hub.hub.store, 'Stranger')
  member = await addColleague(hub.hub.store, { ...own, name: 'Member' })
})
afterAll(() => hub.close())

describe('reading', () => {
  test('the built-in roles, with their privileges', async () => {
    const roles = await list()
    expect(roles.map(({ key }) => key)).toEqual(BUILT_IN_ROLES.map(({ key }) => key))
    for (const [index, role] of roles.entries()) expect(keysOf(role)).toEqual(BUILT_IN_ROLES[index]?.privileges)
    const foreign = await list(as(stranger))
    expect(foreign.map(({ id }) => id)).not.toEqual(roles.map(({ id }) => id))
  })

  test('the privileges that can be put into them', async () => {
    const { body } = expectOk(await hub.call('GET', '/organizations/privileges'))
    expect(body.map(({ key }: { key: string }) => key)).toEqual(PRIVILEGE_KEYS)
    expect(body[0]).toEqual({
      id: 1,
      key: 'viewFormulas',
      name: 'View formulas',
      description: 'View formulas',
      category: 'formulas',
      active: true,
      hide: false,
    })
  })

  test('needs configureRoles, like everything here', async () => {
    const { id } = await named('org')
    for (const [method, path, body] of [
      ['GET', PATH],
      ['GET', '/organizations/privileges'],
      ['PUT', PATH, []],
      ['PUT', `${PATH}/${id}`, {}],
      ['PUT', `${PATH}/-1`, {}],
      ['PUT', `${PATH}/reset`],
      ['POST', PATH, {}],
      ['DELETE', `${PATH}/${id}`],
    ] as const) {
      expectError(await hub.call(method, path, { ...as(member), body }), 403)
    }
  })
})

describe('changing', () => {
  test('a role takes what is named and keeps the rest; it counts on the very next request', async () => {
    const before = await named('org')
    const { body } = expectOk(await define('org', { privileges: [{ key: 'viewElements' }, 'viewElements'] }))
    expect(body).toEqual({ ...before, privileges: [before.privileges.find(({ key }) => key === 'viewElements')] })
    expectError(await hub.call('POST', '/elements', { ...as(member), body: {} }), 403)
    expectOk(await define('org', { privileges: [{ key: 'createElements' }] }))
    expectError(await hub.call('POST', '/elements', { ...as(member), body: {} }), 400)
    expectError(await hub.call('GET', '/elements', as(member)), 403)
    await reset()
  })

  test('a list that was read is sent back with changes, and answered whole', async () => {
    const roles = await list()
    const changed = roles.map((role) => (role.key === 'org' ? { ...role, privileges: [] } : role))
    expect(expectOk(await hub.call('PUT', PATH, { body: changed })).body).toEqual(changed)
    expect(expectOk(await hub.call('PUT', PATH, { body: [{ key: 'org', name: 'Staff' }] })).body).toHaveLength(5)
    expect(await named('org')).toMatchObject({ name: 'Staff', privileges: [] })
    await reset()
  })

  test('a role that is not active gives nothing', async () => {
    expectOk(await define('org', { active: false }))
    expectError(await hub.call('GET', '/elements', as(member)), 403)
    await reset()
    expectOk(await hub.call('GET', '/elements', as(member)))
  })

  test('reset gives back what the server ships', async () => {
    const before = await list()
    expectOk(await define('org', { name: 'X', description: 'Y', active: false, privileges: ['modifySecurity'] }))
    expectOk(await define('admin', { privileges: [] }))
    expect(await list()).not.toEqual(before)
    expect((await reset()).body).toEqual(before)
    expect(await list()).toEqual(before)
  })

  const SYSTEM = "User can not add the 'system' privilege to any role."
  const INTELLIGENCE = "User can not add the 'intelligence' privilege to the 'default-user' role."
  for (const [name, change, status, message] of [
    ['system', { key: 'org', privileges: [{ key: 'system' }] }, 403, SYSTEM],
    ['system beside one that does not exist', { key: 'admin', privileges: ['nothing', 'system'] }, 403, SYSTEM],
    ['intelligence', { key: 'default-user', privileges: [{ key: 'intelligence' }] }, 403, INTELLIGENCE],
    ['one that does not exist', { key: 'org', privileges: ['flyToTheMoon'] }, 400, /"flyToTheMoon"/],
    ['one that every object has', { key: 'org', privileges: ['constructor'] }, 400, /"constructor"/],
    ['an unknown role', { id: 99_999, privileges: [] }, 404, /no role with id 99999/],
    ['a role without id and key', { privileges: [] }, 404, /no role without id and key/],
    ['a privilege that is no object', { key: 'org', privileges: [5] }, 400, /privileges/],
    ['an empty name', { key: 'org', name: '' }, 400, /name/],
  ] as [string, object, number, string | RegExp][]) {
    test(`${name}: ${status}, and nothing of the list is changed`, async () => {
      const before = await list()
      const body = [{ key: 'account', name: 'First', privileges: [] }, change]
      const answer = expectError(await hub.call('PUT', PATH, { body }), status)
      expect(answer.body.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
      expect(await list()).toEqual(before)
    })
  }

  test('one role alone has the same limits', async () => {
    expect(expectError(await define('org', { privileges: ['system'] }), 403).body.message).toBe(SYSTEM)
    for (const id of ['-1', '0', '99999999999999', 'org', '99999'])
      expectError(await hub.call('PUT', `${PATH}/${id}`, { body: { privileges: [] } }), 404)
    const [foreign] = await list(as(stranger))
    expectError(await hub.call('PUT', `${PATH}/${foreign?.id}`, { body: { privileges: [] } }), 404)
    for (const body of [[], 'x', { privileges: {} }]) expectError(await define('org', body), 400)
    expectError(await hub.call('PUT', PATH, { body: {} }), 400)
  })
})

describe('nobody locks everybody out', () => {
  test('configureRoles stays with the last role that gives it to an administrator', async () => {
    const privileges = await without('org-admin', 'configureRoles')
    for (const body of [{ privileges }, { active: false }]) {
      const refused = expectError(await define('org-admin', body), 409)
      expect(refused.body.message).toMatch(/^Nobody would be left who can administer the organization/)
    }
    const made = expectOk(await hub.call('POST', PATH, { body: { key: 'keeper', privileges: ['configureRoles'] } }))
    expectError(await define('org-admin', { privileges }), 409)
    expectOk(await hub.call('PUT', '/accounts/2/roles/keeper'))
    expectOk(await define('org-admin', { privileges }))
    expectError(await hub.call('DELETE', '/accounts/2/roles/keeper'), 409)
    await reset()
    expectOk(await hub.call('DELETE', '/accounts/2/roles/keeper'))
    expectOk(await hub.call('DELETE', `${PATH}/${made.body.id}`))
  })
})

describe('roles of the organization’s own', () => {
  test('are made, granted, changed, and deleted when nobody holds them', async () => {
    const body = { key: 'auditor', name: 'Auditor', description: 'Reads logs', privileges: toKeys(['viewLogsOrg']) }
    const made = expectOk(await hub.call('POST', PATH, { body })).body
    expect(made).toMatchObject({ ...body, id: expect.any(Number), active: true })
    expect((await list()).at(-1)).toEqual(made)
    expectError(await hub.call('POST', PATH, { body }), 409)

    expectOk(await hub.call('PUT', `/users/${member.userId}/roles/auditor`))
    expectError(await hub.call('GET', '/elements', as(member)), 403)
    expectOk(await define('auditor', { privileges: toKeys(['viewElements']) }))
    expectOk(await hub.call('GET', '/elements', as(member)))
    await reset()
    expect(keysOf(await named('auditor')), 'reset is about built-in roles').toEqual(['viewElements'])

    expect(expectError(await hub.call('DELETE', `${PATH}/${made.id}`), 409).body.message).toMatch(/1 users/)
    expectOk(await hub.call('DELETE', `/users/${member.userId}/roles/auditor`))
    expectOk(await hub.call('PUT', '/accounts/2/roles/auditor'))
    expect(expectError(await hub.call('DELETE', `${PATH}/${made.id}`), 409).body.message).toMatch(/1 accounts/)
    expectOk(await hub.call('DELETE', '/accounts/2/roles/auditor'))
    expect(expectOk(await hub.call('DELETE', `${PATH}/${made.id}`)).text).toBe('')
    expectError(await hub.call('DELETE', `${PATH}/${made.id}`), 404)
    expectError(await hub.call('PUT', `/users/${member.userId}/roles/auditor`), 400)
  })

  test('a role that is granted and deleted at once is never held without being there', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { body } = expectOk(await hub.call('POST', PATH, { body: { key: 'fleeting', privileges: [] } }))
      const [granted, deleted] = await Promise.all([
        hub.call('PUT', `/users/${member.userId}/roles/fleeting`),
        hub.call('DELETE', `${PATH}/${body.id}`),
      ])
      expect([granted.status, deleted.status]).toEqual(granted.status === 200 ? [200, 409] : [400, 200])
      if (granted.status !== 200) continue
      expectOk(await hub.call('DELETE', `/users/${member.userId}/roles/fleeting`))
      expectOk(await hub.call('DELETE', `${PATH}/${body.id}`))
    }
  })

  for (const [name, body, status] of [
    ['without a key', { name: 'X' }, 400],
    ['with a key that is none', { key: 'no key', privileges: [] }, 400],
    ['with the key of a built-in role', { key: 'admin', privileges: [] }, 409],
    ['with the key of a role of the server', { key: 'sys-admin', privileges: [] }, 409],
    ['with a forbidden privilege', { key: 'evil', privileges: ['system'] }, 403],
    ['with an unknown privilege', { key: 'odd', privileges: ['fly'] }, 400],
    ['of nothing', undefined, 400],
  ] as const) {
    test(`${name}: ${status}`, async () => {
      const before = await list()
      expectError(await hub.call('POST', PATH, { body }), status)
      expect(await list()).toEqual(before)
    })
  }

  test('built-in roles cannot be deleted', async () => {
    for (const { id } of await list()) expectError(await hub.call('DELETE', `${PATH}/${id}`), 403)
    const [foreign] = await list(as(stranger))
    expectError(await hub.call('DELETE', `${PATH}/${foreign?.id}`), 404)
  })
})

describe('who configures roles and is no administrator', () => {
  test('gives and takes only what he may himself, and may give back defaults', async () => {
    expectOk(await define('org', { privileges: ['configureRoles', 'viewElements'] }))
    expect(await list(as(member))).toEqual(await list())
    expectOk(await hub.call('PUT', PATH, { ...as(member), body: await list() }))
    for (const [key, privileges] of [
      ['org', ['configureRoles', 'modifySecurity']],
      ['account', ['modifySecurity']],
      ['admin', []],
      ['org-admin', await without('org-admin', 'modifySecurity')],
    ] as const) {
      expectError(await define(key, { privileges }, as(member)), 403)
    }
    expectError(await define('account', { active: false }, as(member)), 403)
    expectError(await hub.call('POST', PATH, { ...as(member), body: { key: 'up', privileges: ['viewLogsOrg'] } }), 403)
    const made = await hub.call('POST', PATH, { ...as(member), body: { key: 'side', privileges: ['viewElements'] } })
    expectOk(await hub.call('DELETE', `${PATH}/${expectOk(made).body.id}`, as(member)))
    expectOk(await define('org', { privileges: ['configureRoles', 'viewElements', 'createElements'] }, as(member)))
    expectOk(await hub.call('PUT', `${PATH}/reset`, as(member)))
    expectError(await hub.call('GET', PATH, as(member)), 403)
  })
})

test('changes are in the audit log, each with what it changed', async () => {
  const made = expectOk(await hub.call('POST', PATH, { body: { key: 'seen', privileges: ['viewLogsOrg'] } })).body
  expectOk(await define('seen', { privileges: ['viewElements'] }))
  expectOk(await hub.call('DELETE', `${PATH}/${made.id}`))
  const records = await hub.hub.store.db
    .withTables<AuditTables>()
    .selectFrom('audit_logs')
    .select(['id', 'action', 'before', 'after'])
    .where('entity_type', '=', 'role')
    .where('entity_id', '=', String(made.id))
    .orderBy('id')
    .execute()
  expect(records.map(({ action }) => action)).toEqual(['create', 'update', 'delete'])
  expect(JSON.parse(records[1]?.before ?? '')).toEqual({ privileges: ['viewLogsOrg'] })
  expect(JSON.parse(records[1]?.after ?? '')).toEqual({ privileges: ['viewElements'] })
})
