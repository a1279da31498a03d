import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import type { Ask } from '../../support/people.ts'
import { type Cast, meetCast } from './levels-cast.ts'

/** `/common-resources`: all levels of a name at once (spec 20 §5). */
let cast: Cast
let owner: Ask
let made = 0
let name: string
beforeAll(async () => {
  cast = await meetCast()
  owner = cast.owner
})
afterAll(() => cast.close())
beforeEach(() => {
  name = `my-resource-${++made}`
})

const put = (ask: Ask, body: Record<string, unknown>) => ask('PUT', '/common-resources', { name, ...body })
const read = async (ask: Ask) => expectOk(await ask('GET', `/common-resources/${name}`)).body
const field = (path: string, associatedLevel: string, more = {}) => ({ type: 'string', path, associatedLevel, ...more })
const shown = (body: { fields: { path: string; associatedLevel: string }[] }) =>
  Object.fromEntries(body.fields.map(({ path, associatedLevel }) => [path, associatedLevel]))
const BASE = '/organizations/elements/base/transformations'

test('none is an empty list', async () => {
  expect(expectOk(await cast.foreigner('GET', '/common-resources')).body).toEqual([])
  expect(expectError(await owner('GET', '/common-resources/nothing'), 404).body.message).toMatch(/^No (.*) found$/)
})

test('made at several levels at once, read by the classic endpoints, one level each', async () => {
  const { instance, organization } = cast
  const { body } = expectOk(
    await put(owner, {
      elementInstanceIds: [instance.id],
      mappedElementIds: [201],
      fields: [
        field('code', 'organization', { associatedId: 999_999 }),
        field('days', 'account', { type: 'number' }),
        field('tag', 'instance'),
        { path: 'plain' },
      ],
    }),
  )
  expect(body).toMatchObject({ name, elementInstanceIds: [instance.id], mappedElementIds: [] })
  expect(body.fields.map(({ id, ...rest }: { id: number }) => rest)).toEqual([
    { type: 'string', path: 'code', associatedLevel: 'organization', associatedId: organization.id },
    { type: 'string', path: 'plain', associatedLevel: 'organization', associatedId: organization.id },
    { type: 'number', path: 'days', associatedLevel: 'account', associatedId: organization.defaultAccount.id },
    { type: 'string', path: 'tag', associatedLevel: 'instance', associatedId: instance.id },
  ])
  expect(await read(owner)).toEqual(body)
  expect(expectOk(await owner('GET', '/common-resources')).body).toContainEqual(body)
  for (const [prefix, paths] of [
    ['/organizations', ['code', 'plain']],
    ['/accounts', ['days']],
    [`/instances/${instance.id}`, ['tag']],
  ] as const) {
    const definition = expectOk(await owner('GET', `${prefix}/objects/${name}/definitions`)).body
    expect(definition.fields.map(({ path }: { path: string }) => path)).toEqual(paths)
  }
  // of another account: the organization's alone
  expect(shown(await read(cast.clerk))).toEqual({ code: 'organization', plain: 'organization' })
  expectError(await cast.foreigner('GET', `/common-resources/${name}`), 404)
})

test('fields that the list lacks are removed, ids of the others stay', async () => {
  const before = expectOk(
    await put(owner, { fields: [field('a', 'organization'), field('b', 'organization'), field('c', 'account')] }),
  ).body
  const after = expectOk(await put(owner, { fields: [field('b', 'organization')] })).body
  expect(after.fields).toEqual([before.fields[1]])
  expectError(await owner('GET', `/accounts/objects/${name}/definitions`), 404)
  const nothing = expectOk(await put(owner, { fields: [] })).body
  expect(nothing.fields).toEqual([])
  expect(await read(owner)).toEqual(nothing)
})

test('a body without fields leaves them as they are', async () => {
  const before = expectOk(await put(owner, { fields: [field('a', 'organization'), field('b', 'account')] })).body
  expect(expectOk(await put(owner, {})).body).toEqual(before)
  const changedFields = [{ path: 'c', oldPath: 'a', associatedLevel: 'organization' }]
  const after = expectOk(await put(owner, { changedFields })).body
  expect(shown(after)).toEqual({ c: 'organization', b: 'account' })
  expect(after.fields[0].id).toBe(before.fields[0].id)
})

test('one without fields is legal', async () => {
  expect(expectOk(await put(owner, {})).body).toMatchObject({ name, fields: [] })
  expectOk(await put(owner, {}))
  expect(expectOk(await owner('GET', `/organizations/objects/${name}/definitions`)).body.fields).toEqual([])
})

test('changedFields rename paths in transformations too', async () => {
  const line = (path: string) => ({ path, vendorPath: path.toUpperCase() })
  const fields = [field('old', 'organization'), field('stays', 'organization')]
  const before = expectOk(await put(owner, { fields })).body
  const transformations = [`${BASE}/${name}`, `/instances/${cast.instance.id}/transformations/${name}`]
  for (const url of transformations) {
    expectOk(await owner('POST', url, { vendorName: 'contacts', fields: [line('old'), line('stays')] }))
  }
  const changedFields = [{ type: 'string', path: 'new', oldPath: 'old', associatedLevel: 'organization' }]
  const renamed = [field('new', 'organization'), field('stays', 'organization')]
  const after = expectOk(await put(owner, { fields: renamed, changedFields })).body
  expect(after.fields[0]).toMatchObject({ path: 'new', id: before.fields[0].id })
  for (const url of transformations) {
    const { body } = expectOk(await owner('GET', url))
    expect(body.fields.map(({ path, vendorPath }: Record<string, string>) => [path, vendorPath])).toEqual([
      ['new', 'OLD'],
      ['stays', 'STAYS'],
    ])
  }
})

describe('what a caller may not write', () => {
  test('is 403 when it would change, and fine when it does not', async () => {
    const { user, instance } = cast
    expectError(await put(user, { fields: [field('a', 'organization')] }), 403)
    expectError(await put(user, { fields: [field('a', 'account')] }), 403)
    expectOk(await put(owner, { fields: [field('a', 'organization')] }))
    const own = field('mine', 'instance', { associatedId: instance.id })
    expectOk(await put(user, { fields: [field('a', 'organization'), own] }))
    expect(shown(await read(user))).toEqual({ a: 'organization', mine: 'instance' })
    expectError(await put(user, { fields: [own] }), 403)
    expectError(await put(user, { fields: [field('a', 'organization', { type: 'int' }), own] }), 403)
    expectError(await user('DELETE', `/common-resources/${name}`), 403)
    expectError(await user('PATCH', `/common-resources/${name}`, { name: 'x' }), 403)
    expectError(await put(user, { fields: [field('a', 'instance', { associatedId: cast.secondInstance.id })] }), 403)
    expectError(await put(user, { fields: [field('a', 'instance', { associatedId: 999_999 })] }), 404)
    expectError(await put(user, { fields: [field('a', 'instance')] }), 400)
    expectError(await put(user, { fields: [field('a', 'everywhere')] }), 400)
  })

  test('privileges', async () => {
    const { organization, people } = cast
    const role = { name: 'Editors', key: `editors-${made}`, privileges: [{ key: 'editCommonObjects' }] }
    expectOk(await owner('POST', '/organizations/roles', role))
    const editor = await people.addUser(organization.admin, organization.defaultAccount.id)
    expectOk(await owner('PUT', `/users/${editor.id}/roles/${role.key}`))
    const own = field('mine', 'instance', { associatedId: cast.instance.id })
    expectError(await put(people.as(editor), { fields: [own] }), 403)
    expectOk(await put(cast.user, { fields: [own] }))
    expectOk(await put(people.as(editor), { fields: [{ ...own, type: 'int' }] }))
    expectError(await people.as(editor)('GET', '/common-resources'), 403)
    expectError(await people.as(editor)('DELETE', `/common-resources/${name}`), 403)
  })
})

test('a rename takes all levels along', async () => {
  const other = `${name}-renamed`
  const fields = [field('a', 'organization'), field('b', 'account')]
  const before = expectOk(await put(owner, { fields })).body
  expectOk(await owner('POST', `${BASE}/${name}`, { vendorName: 'contacts' }))
  const { body } = expectOk(await owner('PATCH', `/common-resources/${name}`, { name: other }))
  expect(body).toEqual({ ...before, name: other, mappedElementIds: [201] })
  expectError(await owner('GET', `/common-resources/${name}`), 404)
  expectError(await owner('GET', `${BASE}/${name}`), 404)
  expectOk(await owner('GET', `${BASE}/${other}`))
  expectOk(await put(owner, { fields: [] }))
  expectError(await owner('PATCH', `/common-resources/${other}`, { name }), 409)
  expectError(await owner('PATCH', `/common-resources/${other}`, { name: 'a/b' }), 400)
  expectError(await owner('PATCH', '/common-resources/nothing', { name: 'x' }), 404)
})

test('a rename leaves what other accounts have', async () => {
  expectOk(await put(owner, { fields: [field('a', 'organization')] }))
  expectOk(await cast.admin('POST', `/accounts/objects/${name}/definitions`, { fields: [{ path: 'theirs' }] }))
  expectOk(await owner('PATCH', `/common-resources/${name}`, { name: `${name}-2` }))
  expect(shown(await read(cast.admin))).toEqual({ theirs: 'account' })
})

test('deletion is refused while it is mapped, and forced', async () => {
  expectOk(await put(owner, { fields: [field('a', 'organization')] }))
  expectOk(await owner('POST', `${BASE}/${name}`, { vendorName: 'contacts' }))
  expectOk(await owner('POST', `/instances/transformations/${name}`, {}, { token: cast.instance.token, ...own() }))
  expect((await read(owner)).mappedElementIds).toEqual([201])
  expectError(await owner('DELETE', `/common-resources/${name}`), 409)
  const gone = expectOk(await owner('DELETE', `/common-resources/${name}?force=true`))
  expect(gone.text).toBe('')
  for (const url of [`/common-resources/${name}`, `${BASE}/${name}`, `/organizations/objects/${name}/definitions`]) {
    expectError(await owner('GET', url), 404)
  }
  expectError(await owner('DELETE', `/common-resources/${name}?force=true`), 404)
})

const own = () => ({ authorization: `${cast.organization.admin.authorization}, Element ${cast.instance.token}` })

test('lists of instances show what is mapped for each', async () => {
  const rows = async (ask: Ask) => {
    const { body } = expectOk(await ask('GET', '/instances'))
    const [row] = body
    return row.transformationData?.filter(({ objectName }: { objectName: string }) => objectName === name)
  }
  expectOk(await put(owner, { fields: [field('a', 'organization')] }))
  expect(await rows(owner)).toEqual(expect.not.arrayContaining([expect.anything()]))
  expectOk(await owner('POST', `${BASE}/${name}`, { vendorName: 'contacts' }))
  expectOk(await owner('POST', `/instances/${cast.instance.id}/transformations/${name}`, { vendorName: 'leads' }))
  expect(await rows(owner)).toEqual([{ objectName: name, vendorName: 'leads' }])
  expect(await rows(cast.clerk)).toEqual([{ objectName: name, vendorName: 'contacts' }])
  const slim = expectOk(await owner('GET', '/instances?hydrate=false')).body
  expect(slim[0].transformationData).toBe(undefined)
})

test('no formulas use it yet', async () => {
  expectOk(await put(owner, {}))
  expect(expectOk(await owner('GET', `/common-resources/${name}/usages`)).body).toEqual({ formulaUsages: [] })
  expectError(await owner('GET', '/common-resources/nothing/usages'), 404)
})

describe('who goes takes his levels along', () => {
  test('an instance', async () => {
    const { id, token } = await cast.people.provision(cast.organization.admin, 'Doomed')
    expectOk(await owner('POST', `/instances/${id}/objects/${name}/definitions`, { fields: [{ path: 'a' }] }))
    expectOk(await owner('POST', `/instances/${id}/transformations/${name}`, { vendorName: 'contacts' }))
    expect((await read(owner)).elementInstanceIds).toEqual([id])
    expectOk(await owner('DELETE', `/instances/${id}`, undefined, { token }))
    expectError(await owner('GET', `/common-resources/${name}`), 404)
    expectError(await owner('POST', `/instances/${id}/objects/${name}/definitions`, { fields: [] }), 404)
  })

  test('an account, with its instances', async () => {
    const { people, organization } = cast
    const account = await people.addAccount(organization.admin, `Doomed ${name}`)
    const clerk = await people.addUser(organization.admin, account.id)
    const { id } = await people.provision(clerk, 'Doomed')
    expectOk(await owner('POST', `/accounts/${account.id}/objects/${name}/definitions`, { fields: [{ path: 'a' }] }))
    expectOk(await people.as(clerk)('POST', `/instances/${id}/objects/${name}/definitions`, { fields: [] }))
    expectOk(await owner('DELETE', `/accounts/${account.id}`))
    expect(await rowsOf(name)).toEqual([])
    expectError(await owner('POST', `/accounts/${account.id}/objects/${name}/definitions`, { fields: [] }), 404)
  })

  test('an organization', async () => {
    const { people, hub } = cast
    const doomed = await people.signUp(`Doomed ${name}`)
    expectOk(await people.as(doomed.admin)('PUT', '/common-resources', { name, fields: [field('a', 'organization')] }))
    expect(await rowsOf(name)).toHaveLength(1)
    expectOk(await hub.call('DELETE', `/customers/organizations/${doomed.id}`))
    expect(await rowsOf(name)).toEqual([])
  })
})

async function rowsOf(objectName: string) {
  const { store } = cast.hub.hub
  const db = store.db.withTables<{ common_resources: { object_name: string } }>()
  return db.selectFrom('common_resources').select('object_name').where('object_name', '=', objectName).execute()
}

test('every change is in the audit log, under the name', async () => {
  expectOk(await put(owner, { fields: [field('a', 'organization')] }))
  expectOk(await owner('POST', `${BASE}/${name}`, { vendorName: 'contacts' }))
  expectOk(await owner('PUT', `${BASE}/${name}`, { vendorName: 'leads' }))
  expectOk(await owner('DELETE', `${BASE}/${name}`))
  expectOk(await owner('DELETE', `/common-resources/${name}`))
  const { body } = expectOk(await owner('GET', `/audit-logs/common-resources/${name}`))
  expect(body.map(({ action }: { action: string }) => action)).toEqual([
    ...['delete', 'deleteTransformation', 'updateTransformation', 'createTransformation', 'create'],
  ])
  expect(body[2]).toMatchObject({ before: { vendorName: 'contacts' }, after: { vendorName: 'leads' } })
  expectError(await owner('DELETE', `/organizations/objects/${name}/definitions`), 404)
  await expect
    .poll(async () => expectOk(await owner('GET', `/audit-logs/common-resources/${name}`)).body[0])
    .toMatchObject({ action: 'delete', status: 404 })
})

test('the list is answered in pages', async () => {
  const ask = cast.people.as((await cast.people.signUp(`Paging ${name}`)).admin)
  for (const letter of ['a', 'b', 'c']) expectOk(await ask('PUT', '/common-resources', { name: `${name}-${letter}` }))
  const first = expectOk(await ask('GET', '/common-resources?pageSize=2'))
  expect(['elements-returned-count', 'elements-total-count'].map((header) => first.headers.get(header))).toEqual([
    '2',
    '3',
  ])
  const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
  const second = expectOk(await ask('GET', `/common-resources?pageSize=2&nextPage=${token}`))
  expect([...first.body, ...second.body].map((one) => one.name.slice(-1))).toEqual(['a', 'b', 'c'])
  expect(second.headers.get('elements-next-page-token')).toBe(null)
})

test('metrics count what was made', async () => {
  const { people } = cast
  const counting = await people.signUp(`Counting ${name}`)
  const ask = people.as(counting.admin)
  for (const suffix of ['a', 'b']) expectOk(await ask('PUT', '/common-resources', { name: `${name}${suffix}` }))
  const query = `from=2026-01-01&to=2036-01-01&interval=year&orgIds[]=${counting.id}`
  const { body } = expectOk(await ask('GET', `/metrics/vdrs-created?${query}`))
  expect(JSON.stringify(body)).toMatch(/:2\b/)
})

test('an organization has no more common resources than there is room for', async () => {
  const { people } = cast
  const { id, admin } = await people.signUp(`Full ${name}`)
  const full = people.as(admin)
  expectOk(await full('POST', '/organizations/objects/r7/definitions', { fields: [] }))
  await sql`insert into common_resources (organization_id, object_name)
    select ${id}, 'other ' || number from generate_series(2, 1000) as number`.execute(cast.hub.hub.store.db)
  expectError(await full('POST', '/organizations/objects/one-more/definitions', { fields: [] }), 409)
  expectOk(await full('POST', '/accounts/objects/r7/definitions', { fields: [] }))
})
