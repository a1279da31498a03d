import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import type { Ask } from '../../support/people.ts'
import { type Cast, meetCast } from './levels-cast.ts'

/** Transformations by the classic endpoints (spec 20 §4). */
let cast: Cast
let owner: Ask
let made = 0
/** defined at organization level with the fields `code` and `days` */
let name: string
beforeAll(async () => {
  cast = await meetCast()
  owner = cast.owner
})
afterAll(() => cast.close())
beforeEach(async () => {
  name = `my-partner-${++made}`
  const fields = [{ path: 'code' }, { path: 'days', type: 'number' }]
  expectOk(await owner('POST', `/organizations/objects/${name}/definitions`, { fields }))
})

const NOTHING = /^No (.*) found$/
const BODY = {
  vendorName: 'contacts',
  configuration: [
    { type: 'passThrough', properties: { fromVendor: false, toVendor: false } },
    { type: 'addToDocumentation' },
    { type: 'somethingNew', properties: { kept: [1] } },
  ],
  fields: [
    { path: 'code', vendorPath: 'last_name', vendorType: 'string', configuration: [{ type: 'remove' }], own: 'kept' },
    { path: 'days', vendorPath: 'custom.days' },
    { path: 'undefined.anywhere', vendorPath: 'title', type: 'boolean' },
  ],
  script: { body: 'done(transformedObject);' },
}
const path = (prefix = '/organizations/elements/base') => `${prefix}/transformations`

const FORMS: readonly [form: string, url: () => string, level: string, token?: () => string][] = [
  ['organizations', () => path(), 'organization'],
  ['organizations, by id', () => path('/organizations/elements/201'), 'organization'],
  ['accounts', () => path('/accounts/elements/base'), 'account'],
  ['accounts/{id}', () => path(`/accounts/${cast.organization.defaultAccount.id}/elements/201`), 'account'],
  ['instances/{id}', () => path(`/instances/${cast.instance.id}`), 'instance'],
  ['instances by token', () => path('/instances'), 'instance', () => cast.instance.token],
]

for (const [form, url, level, token] of FORMS) {
  test(`${form}: map, read, replace, delete`, async () => {
    const ask = (method: string, below = '', body?: unknown) => {
      const { authorization } = cast.organization.admin
      const header = token ? `${authorization}, Element ${token()}` : authorization
      return cast.hub.call(method, `${url()}${below}`, { authorization: header, body })
    }
    expect(expectError(await ask('GET', `/${name}`), 404).body.message).toMatch(NOTHING)
    expect(expectError(await ask('PUT', `/${name}`, BODY), 404).body.message).toMatch(NOTHING)
    expect(expectError(await ask('DELETE', `/${name}`), 404).body.message).toMatch(NOTHING)
    expect(expectError(await ask('POST', '/nobody-defined-it', BODY), 404).body.message).toMatch(NOTHING)
    expect(expectError(await ask('GET'), 404).body.message).toBe('No transformations found')

    const created = expectOk(await ask('POST', `/${name}`, BODY)).body
    expect(created).toMatchObject({
      ...{ level, objectName: name, vendorName: 'contacts', isLegacy: false, elementId: 201, elementKey: 'base' },
      configuration: BODY.configuration,
      fields: [
        { ...BODY.fields[0], type: 'string', level },
        { path: 'days', type: 'number', level },
        { path: 'undefined.anywhere', type: 'boolean', level },
      ],
      script: { body: BODY.script.body, mimeType: 'application/javascript', filterEmptyResponse: false },
    })
    expect(created.startDate).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/)
    expect(created.elementInstanceId).toBe(level === 'instance' ? cast.instance.id : undefined)
    expectError(await ask('POST', `/${name}`, BODY), 409)
    expect(expectOk(await ask('GET', `/${name}`)).body).toEqual(created)
    expect(expectOk(await ask('GET')).body).toEqual({ [name]: created })

    const next = { vendorName: 'leads', fields: [{ path: 'code', vendorPath: 'name' }] }
    const replaced = expectOk(await ask('PUT', `/${name}`, next)).body
    expect(replaced).toMatchObject({ id: created.id, vendorName: 'leads', configuration: BODY.configuration })
    expect(replaced.fields.map(({ id, path }: { id: number; path: string }) => [id, path])).toEqual([
      [created.fields[0].id, 'code'],
    ])
    expect(replaced.script.body).toBe(BODY.script.body)
    expect(expectOk(await ask('PUT', `/${name}`, { script: null, configuration: null })).body).toMatchObject({
      vendorName: 'leads',
      configuration: [],
    })
    expect(expectOk(await ask('GET', `/${name}`)).body.script).toBe(undefined)

    expect(expectOk(await ask('DELETE', `/${name}`)).text).toBe('')
    expect(expectError(await ask('GET', `/${name}`), 404).body.message).toMatch(NOTHING)
    expectOk(await ask('POST', `/${name}`, BODY))
    expectOk(await ask('DELETE'))
    expect(expectError(await ask('DELETE'), 404).body.message).toMatch(NOTHING)
  })
}

describe('what is tolerated', () => {
  test('a vendor name alone, nothing at all, a dictionary, which maps nothing and still is in the way', async () => {
    const url = `${path(`/instances/${cast.instance.id}`)}/${name}`
    for (const body of [{ vendorName: 'Lead' }, {}, { [name]: BODY }]) {
      const { body: created } = expectOk(await owner('POST', url, body))
      expect(created).toMatchObject({ vendorName: 'vendorName' in body ? 'Lead' : '', fields: [], configuration: [] })
      expectOk(await owner('DELETE', url))
    }
    expectOk(await owner('POST', `${path()}/${name}`, { [name]: BODY }))
    expectError(await owner('DELETE', `/organizations/objects/${name}/definitions`), 409)
  })

  test('a whole v2 export of somebody else: ids, owners and levels are the path’s', async () => {
    const foreign = {
      ...{ id: 1, companyId: 2, accountId: 3, userId: 4, elementId: 5, elementKey: 'sfdc', mappedElementIds: [6] },
      ...{ createdDate: '2020-01-01', associatedId: 7, level: 'instance', objectName: 'other', vendorName: 'contacts' },
      configuration: [{ type: 'inherit', level: 'account', associatedId: 8 }],
      fields: [
        { id: 9, vdrFieldId: 10, path: 'code', type: 'date', vendorPath: 'a', level: 'account', associatedId: 11 },
      ],
      scripts: [
        { body: 'of the account', level: 'account', associatedId: 12 },
        { body: 'of the organization', level: 'organization' },
      ],
    }
    const { body } = expectOk(await owner('POST', `${path()}/${name}`, foreign))
    const { id } = cast.organization
    expect(body).toMatchObject({
      ...{ level: 'organization', associatedId: id, elementId: 201, elementKey: 'base', objectName: name },
      configuration: [{ type: 'inherit', level: 'organization', associatedId: id }],
      fields: [{ path: 'code', type: 'string', vendorPath: 'a', level: 'organization', associatedId: id }],
      script: { body: 'of the organization', level: 'organization' },
    })
    expect([body.id, body.fields[0].id]).not.toEqual([1, 9])
    expect(body.fields[0].vdrFieldId).toBe(undefined)
    for (const member of ['companyId', 'userId', 'mappedElementIds']) expect(body[member]).toBe(undefined)
  })

  test('a script without body is none', async () => {
    const body = { vendorName: 'contacts', script: { mimeType: 'application/javascript' } }
    expect(expectOk(await owner('POST', `${path()}/${name}`, body)).body.script).toBe(undefined)
  })

  test('an unknown element is not found, another account’s private one is not either', async () => {
    expectError(await owner('POST', `${path('/organizations/elements/nothere')}/${name}`, BODY), 404)
    const element = { ...{ name: 'Own', key: 'own-of-second', description: 'x' }, authentication: { type: 'custom' } }
    const configuration = [{ key: 'base.url', name: 'x', defaultValue: 'https://api.own.example' }]
    expectOk(await cast.admin('POST', '/elements', { ...element, configuration }))
    expectError(await owner('POST', `${path('/organizations/elements/own-of-second')}/${name}`, BODY), 404)
    const own = `${path('/accounts/elements/own-of-second')}/${name}`
    expectOk(await cast.admin('POST', own, BODY))
    // it goes with the element
    expectOk(await cast.admin('DELETE', '/elements/own-of-second'))
    expectError(await cast.admin('GET', own), 404)
    expect(expectOk(await cast.admin('GET', `/common-resources/${name}`)).body.mappedElementIds).toEqual([])
  })
})

test('a script cannot go back to the first engine', async () => {
  const url = `${path()}/${name}`
  expectOk(await owner('POST', url, { ...BODY, isLegacy: true }))
  expectOk(await owner('PUT', url, { isLegacy: true }))
  expectOk(await owner('PUT', url, { isLegacy: false }))
  expectOk(await owner('PUT', url, { isLegacy: false }))
  expectError(await owner('PUT', url, { isLegacy: true }), 400)
  expectOk(await owner('DELETE', url))
  expectOk(await owner('POST', url, BODY))
  expectError(await owner('PUT', url, { isLegacy: true }), 400)
})

test('who inherits shows what he inherits, each field with its level', async () => {
  const line = (path: string) => ({ path, vendorPath: path.toUpperCase() })
  const inherit = [{ type: 'inherit' }]
  const script = { body: 'of the organization' }
  const at = [`${path()}/${name}`, `${path('/accounts/elements/base')}/${name}`, `/instances/${cast.instance.id}`]
  expectOk(await owner('POST', at[0] as string, { vendorName: 'contacts', fields: [line('code')], script }))
  expectOk(await owner('POST', at[1] as string, { fields: [line('a')], configuration: inherit }))
  const ofInstance = `${path(at[2])}/${name}`
  expectOk(await owner('POST', ofInstance, { vendorName: 'leads', fields: [line('code')], configuration: inherit }))
  const levels = (body: { fields: { path: string; level: string }[] }) =>
    Object.fromEntries(body.fields.map(({ path, level }) => [path, level]))
  expect(levels(expectOk(await owner('GET', at[1] as string)).body)).toEqual({ code: 'organization', a: 'account' })
  const { body } = expectOk(await owner('GET', ofInstance))
  expect(levels(body)).toEqual({ code: 'instance', a: 'account' })
  expect(body).toMatchObject({ vendorName: 'leads', script: { ...script, level: 'organization' } })
  expect(body.scripts).toHaveLength(1)
  expectOk(await owner('PUT', at[1] as string, { configuration: [] }))
  expect(levels(expectOk(await owner('GET', ofInstance)).body)).toEqual({ code: 'instance', a: 'account' })
  expectOk(await owner('PUT', ofInstance, { configuration: [{ type: 'inherit', properties: { bool: 'false' } }] }))
  expect(levels(expectOk(await owner('GET', ofInstance)).body)).toEqual({ code: 'instance' })
})

describe('deletion at all levels', () => {
  test('of the caller’s: what he may write', async () => {
    const ofInstance = `${path(`/instances/${cast.secondInstance.id}`)}/${name}`
    const ofAccount = `${path('/accounts/elements/base')}/${name}`
    expectOk(await owner('POST', `${path()}/${name}`, BODY))
    expectOk(await cast.admin('POST', ofAccount, BODY))
    expectOk(await cast.clerk('POST', ofInstance, BODY))
    expectOk(await cast.clerk('DELETE', `${ofInstance}?propagate=true`))
    expectError(await cast.admin('GET', ofInstance), 404)
    expectOk(await cast.admin('GET', ofAccount))
    expectOk(await cast.clerk('POST', ofInstance, BODY))
    expectOk(await cast.admin('DELETE', `${ofInstance}?propagate=TRUE`))
    expectError(await cast.admin('GET', ofAccount), 404)
    expectOk(await owner('GET', `${path()}/${name}`))
    expectOk(await owner('DELETE', `${path()}/${name}?propagate=true`))
    expectError(await owner('GET', `${path()}/${name}`), 404)
    expectError(await owner('DELETE', `${path()}/${name}?propagate=true`), 404)
  })
})

describe('PUT /transformations (spec 20 §4.2)', () => {
  const put = (ask: Ask, body: Record<string, unknown>) => ask('PUT', '/transformations', { objectName: name, ...body })
  const SPREAD = {
    vendorName: 'companies',
    fields: [
      { type: 'string', path: 'code', vendorPath: 'number', associatedLevel: 'organization' },
      { type: 'string', path: 'nick', vendorPath: 'alias', associatedLevel: 'instance' },
    ],
    configuration: [{ type: 'inherit' }],
  }

  test('each field goes to its level; the instance shows all of them', async () => {
    const elementInstanceId = cast.instance.id
    const { body } = expectOk(await put(owner, { ...SPREAD, level: 'instance', elementInstanceId }))
    const shown = { code: 'organization', nick: 'instance' }
    const levels = (one: { fields: { path: string; level: string }[] }) =>
      Object.fromEntries(one.fields.map(({ path, level }) => [path, level]))
    expect(levels(body)).toEqual(shown)
    expect(body).toMatchObject({ level: 'instance', instanceId: elementInstanceId, vendorName: 'companies' })
    const ofInstance = `${path(`/instances/${elementInstanceId}`)}/${name}`
    expect(levels(expectOk(await owner('GET', ofInstance)).body)).toEqual(shown)
    expect(levels(expectOk(await owner('GET', `${path()}/${name}`)).body)).toEqual({ code: 'organization' })
  })

  test('what is the same needs no right to it, what differs does', async () => {
    const { user, instance } = cast
    const whole = { ...SPREAD, level: 'instance', elementInstanceId: instance.id }
    expectError(await put(user, whole), 403)
    expectError(await user('GET', `${path(`/instances/${instance.id}`)}/${name}`), 404)
    expectOk(await put(owner, whole))
    const [ofOrganization] = SPREAD.fields
    const more = { path: 'more', vendorPath: 'x', associatedLevel: 'instance' }
    expectOk(await put(user, { ...whole, fields: [ofOrganization, more] }))
    expectError(await put(user, { ...whole, fields: [{ ...ofOrganization, vendorPath: 'other' }, more] }), 403)
  })

  test('whatever differs is stored: types, words that nobody here knows, kinds of scripts', async () => {
    const whole = (type: string, word: string) => ({
      ...{ level: 'organization', elementKey: 'base', vendorName: 'contacts' },
      fields: [{ path: 'free', vendorPath: 'name', type, displayName: word }],
      configuration: [{ type: 'theirs', word }],
      script: { body: 'done()', mimeType: `text/${word}` },
    })
    for (const body of [whole('string', 'one'), whole('date', 'two')]) {
      expect(expectOk(await put(owner, body)).body).toMatchObject({
        ...{ fields: body.fields, configuration: body.configuration, script: body.script },
      })
    }
  })

  test('other levels take the element of the instance, or the one that is named', async () => {
    const body = { vendorName: 'contacts', fields: [] }
    expectOk(await put(owner, { ...body, level: 'account', elementInstanceId: cast.instance.id }))
    expectOk(await put(owner, { ...body, level: 'organization', elementKey: 'base' }))
    expectOk(await owner('GET', `${path('/accounts/elements/base')}/${name}`))
    expectOk(await owner('GET', `${path()}/${name}`))
    const changed = { vendorName: 'leads', level: 'organization', elementId: 201 }
    expectError(await put(cast.clerk, changed), 403)
    expectOk(await put(owner, changed))
  })

  test('is refused without what it takes', async () => {
    const elementInstanceId = cast.instance.id
    for (const [body, status] of [
      [{ level: 'instance' }, 400],
      [{ level: 'everywhere', elementInstanceId }, 400],
      [{ objectName: undefined, elementInstanceId }, 400],
      [{ level: 'instance', elementInstanceId: 'x' }, 400],
      [{ level: 'instance', elementInstanceId: -1 }, 404],
      [{ level: 'instance', elementInstanceId: 999_999 }, 404],
      [{ level: 'instance', elementInstanceId: cast.secondInstance.id }, 403],
      [{ objectName: 'nobody-defined-it', elementInstanceId }, 404],
      [{ level: 'organization', elementKey: 'nothere' }, 404],
    ] as const) {
      const answer = await put(owner, { vendorName: 'contacts', ...body })
      expect(answer.status, `${JSON.stringify(body)}: ${answer.text}`).toBe(status)
    }
  })
})

describe('where an object is mapped', () => {
  test('by level and element, as far as the account sees', async () => {
    expectOk(await owner('POST', `${path()}/${name}`, BODY))
    expectOk(await cast.clerk('POST', `${path(`/instances/${cast.secondInstance.id}`)}/${name}`, { vendorName: 'x' }))
    const url = `/organizations/objects/${name}/transformations`
    const { body } = expectOk(await owner('GET', url))
    const { id, externalId } = cast.organization.defaultAccount as unknown as { id: number; externalId: string }
    expect(body).toMatchObject([
      {
        ...{ name, level: 'organization', account: { id, externalId, defaultAccount: true } },
        element: { id: 201, key: 'base', hub: 'crm', typeOauth: true, trialAccount: false },
      },
    ])
    expect(expectOk(await cast.clerk('GET', url)).body).toHaveLength(2)
    const ofAccount = `/accounts/${cast.second.id}/objects/${name}/transformations`
    const seen = expectOk(await owner('GET', ofAccount)).body
    expect(seen.map(({ level, account }: { level: string; account: { id: number } }) => [level, account.id])).toEqual([
      ['organization', id],
      ['instance', cast.second.id],
    ])
    expectError(await owner('GET', '/organizations/objects/nobody-defined-it/transformations'), 404)
    expectError(await cast.foreigner('GET', url), 404)
    expectError(await cast.foreigner('GET', ofAccount), 403)
  })
})

describe('what is refused', () => {
  for (const [what, body] of [
    ['a vendor name that is no text', { vendorName: 7 }],
    ['fields that are no list', { fields: 'code' }],
    ['a line without path', { fields: [{ vendorPath: 'x' }] }],
    ['a configuration entry without type', { configuration: [{ properties: {} }] }],
    ['a script that is no object', { script: 'done()' }],
    ['a script longer than any', { script: { body: 'x'.repeat(250_001) } }],
    ['isLegacy that is no switch', { isLegacy: 'maybe' }],
  ] as const) {
    test(what, async () => {
      expectError(await owner('POST', `${path()}/${name}`, body), 400)
    })
  }
})

test('what an instance says goes with it to a clone of its element', async () => {
  const clone = expectOk(await owner('POST', '/elements/base/clone')).body
  const { id } = await cast.people.provision(cast.organization.admin, 'Moving')
  const url = `${path(`/instances/${id}`)}/${name}`
  expectOk(await owner('POST', url, BODY))
  expectOk(await owner('PATCH', `/instances/${id}`, { element: { id: clone.id } }))
  const moved = expectOk(await owner('GET', url)).body
  expect(moved).toMatchObject({ elementId: clone.id, elementKey: clone.key, vendorName: 'contacts' })
  expect(expectOk(await owner('GET', `/common-resources/${name}`)).body.mappedElementIds).toEqual([clone.id])
  expectOk(await owner('PATCH', `/instances/${id}`, { element: { id: 201 } }))
  expect(expectOk(await owner('GET', url)).body.elementId).toBe(201)
})
