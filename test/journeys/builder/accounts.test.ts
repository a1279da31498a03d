import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shippedKeys } from '../../support/base-catalog.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { addOrganization, addPerson, organizationSecretOf, type Person } from '../people.ts'

/** The administrator owns the element; a neighbour is of another account of the organization, a stranger of another organization. */
let hub: TestHub
let neighbour: Person
let stranger: Person
let element: { id: number; resources: { id: number }[] }
let extension: { id: number }

const BODY = {
  name: 'Acme',
  description: '',
  authentication: { type: 'custom' },
  configuration: [
    { key: 'base.url', name: 'Base URL', defaultValue: 'https://api.acme.test' },
    { key: 'secret.key', name: 'Key', type: 'PASSWORD' },
  ],
  parameters: [{ name: 'v', type: 'value', vendorName: 'X-V', vendorType: 'header' }],
  hooks: [{ type: 'preRequest', body: 'done()' }],
  resources: [
    {
      method: 'GET',
      path: '/things',
      vendorPath: '/things',
      parameters: [{ name: 'q', type: 'query', vendorName: 'q', vendorType: 'query' }],
      hooks: [{ type: 'postRequest', body: 'done()' }],
      model: { name: 'things', swagger: {} },
    },
  ],
  objects: [{ name: 'things', fields: [{ name: 'id' }] }],
  models: [{ name: 'thing' }],
}

beforeAll(async () => {
  hub = await startTestHub()
  neighbour = await addPerson(hub.hub.store, {
    organizationId: hub.hub.seeded.created ? hub.hub.seeded.organizationId : 0,
    organizationSecret: organizationSecretOf(hub.authorization),
    name: 'Neighbour',
  })
  stranger = await addOrganization(hub.hub.store, 'Stranger')
  element = (await hub.call('POST', '/elements', { body: BODY })).body
  extension = (
    await hub.call('POST', '/elements/base/resources', {
      body: {
        method: 'GET',
        path: '/contacts',
        vendorPath: '/v3/own',
        hooks: [{ type: 'preRequest', body: 'done()' }],
      },
    })
  ).body
})
afterAll(() => hub.close())

const as = (person: Person, method: string, path: string, body?: object) =>
  hub.call(method, path, { authorization: person.authorization, ...(body ? { body } : {}) })

/** Every route of the builder; `{id}` is the element, the others its parts. */
async function attacks(): Promise<[string, string, object?][]> {
  const whole = (await hub.call('GET', `/elements/${element.id}`)).body
  const [resource] = whole.resources
  const part = {
    name: 'x',
    key: 'x',
    type: 'value',
    vendorName: 'x',
    vendorType: 'header',
    method: 'GET',
    path: '/x',
    body: '',
  }
  const lists: [string, number | string][] = [
    ['configuration', 'base.url'],
    ['parameters', whole.parameters[0].id],
    ['hooks', whole.hooks[0].id],
    ['resources', resource.id],
    [`resources/${resource.id}/parameters`, resource.parameters[0].id],
    [`resources/${resource.id}/hooks`, resource.hooks[0].id],
    ['objects', whole.objects[0].id],
    [`objects/${whole.objects[0].id}/fields`, whole.objects[0].fields[0].id],
    ['models', whole.models[0].id],
  ]
  const model = `resources/${resource.id}/models`
  const paths: [string, string, object?][] = [
    ...lists.flatMap(([list, id]): [string, string, object?][] => [
      ['GET', list],
      ['POST', list, part],
      ['GET', `${list}/${id}`],
      ['PUT', `${list}/${id}`, part],
      ['DELETE', `${list}/${id}`],
    ]),
    ['GET', model],
    ['POST', model, part],
    ['PUT', model, part],
    ['DELETE', model],
    ['GET', ''],
    ['PUT', '', BODY],
    ['PATCH', '', { description: 'stolen' }],
    ['DELETE', ''],
    ['PUT', 'active'],
    ['DELETE', 'active'],
    ['POST', 'clone'],
    ['GET', 'export'],
    ['PUT', 'configurations', { configuration: [{ key: 'x' }] }],
    ['PUT', 'models', { name: 'x' }],
    ['PUT', `models/${whole.models[0].id}/fields`, { name: 'x' }],
    ['GET', 'accounts'],
    ['PUT', `accounts/${stranger.accountId}`],
    ['DELETE', `accounts/${neighbour.accountId}`],
  ]
  return paths.map(([method, path, body]) => [method, `/elements/${element.id}${path === '' ? '' : `/${path}`}`, body])
}

const READS = ['GET']
/** A copy is the copier's own. */
const COPIES = /\/clone$/

describe('what is not shared does not exist for others', () => {
  test('every route answers 404 to another organization, to another account, and 401 or 404 to nobody', async () => {
    const before = (await hub.call('GET', `/elements/${element.id}`)).body
    for (const [method, path, body] of await attacks()) {
      expect([method, path, (await as(stranger, method, path, body)).status]).toEqual([method, path, 404])
      expect([method, path, (await as(neighbour, method, path, body)).status]).toEqual([method, path, 404])
      const nobody = await hub.call(method, path, { authorization: null, ...(body ? { body } : {}) })
      expect([method, path, [401, 404].includes(nobody.status)]).toEqual([method, path, true])
    }
    expect((await hub.call('GET', `/elements/${element.id}`)).body).toEqual(before)
  })

  test('neither lists, keys, hubs nor provisioning know it', async () => {
    for (const person of [neighbour, stranger]) {
      expect((await as(person, 'GET', '/elements/keys')).body).toEqual(await shippedKeys())
      expect((await as(person, 'GET', `/elements?where=private='true'`)).status).toBe(404)
      expect((await as(person, 'POST', '/instances', { name: 'x', element: { id: element.id } })).status).toBe(404)
      expect((await as(person, 'GET', `/elements/${element.id}/oauth/url`)).status).toBe(404)
      expect((await as(person, 'GET', `/elements/${element.id}/instances`)).status).toBe(404)
    }
  })

  test('two accounts have elements of the same key, and each its own', async () => {
    const theirs = (await as(stranger, 'POST', '/elements', { ...BODY, name: 'Acme' })).body
    expect(theirs.key).toBe('acme')
    expect((await hub.call('GET', '/elements/acme')).body.id).toBe(element.id)
    expect((await as(stranger, 'GET', '/elements/acme')).body.id).toBe(theirs.id)
    expect((await as(stranger, 'DELETE', '/elements/acme')).status).toBe(200)
    expect((await hub.call('GET', '/elements/acme')).status).toBe(200)
  })

  test('hubs that an account made are its own', async () => {
    const hubBody = { name: 'Own Hub', key: 'OwnHub', description: 'd', videoLink: 'https://v.test', active: true }
    const made = await hub.call('POST', '/hubs', { body: hubBody })
    expect(made.body).toMatchObject({ key: 'ownhub', name: 'Own Hub', videoLink: 'https://v.test', active: true })
    expect((await hub.call('POST', '/hubs', { body: hubBody })).status).toBe(409)
    expect((await hub.call('POST', '/hubs', { body: { name: 'CRM', key: 'crm' } })).status).toBe(409)
    expect((await hub.call('GET', '/hubs/keys')).body).toContain('ownhub')
    for (const person of [neighbour, stranger]) {
      expect((await as(person, 'GET', '/hubs/keys')).body).not.toContain('ownhub')
      expect((await as(person, 'GET', '/hubs/ownhub')).status).toBe(404)
      expect((await as(person, 'DELETE', '/hubs/ownhub')).status).toBe(404)
    }
    expect((await hub.call('DELETE', '/hubs/crm')).status).toBe(403)
    expect((await hub.call('DELETE', '/hubs/ownhub')).status).toBe(200)
    expect((await hub.call('GET', '/hubs/ownhub')).status).toBe(404)
    for (const body of [{}, { name: 'x', key: 'keys' }, { name: 'a/b' }, { name: 5 }])
      expect((await hub.call('POST', '/hubs', { body })).status).toBe(400)
  })
})

describe('a shared element (spec 10 §2.2, accounts)', () => {
  const share = (method: 'PUT' | 'DELETE') => hub.call(method, `/elements/acme/accounts/${neighbour.accountId}`)

  test('is seen and provisioned by the account it is shared with, and changed by its owner only', async () => {
    expect((await hub.call('GET', '/elements/acme/accounts')).body).toEqual([])
    expect(await share('PUT')).toMatchObject({ status: 200, text: '' })
    expect((await hub.call('GET', `/elements/${element.id}/accounts`)).body).toEqual([neighbour.accountId])
    expect((await as(neighbour, 'GET', '/elements/acme')).body.id).toBe(element.id)
    expect((await as(neighbour, 'GET', '/elements/keys')).body).toEqual([...(await shippedKeys()), 'acme'])

    const before = (await hub.call('GET', `/elements/${element.id}`)).body
    for (const [method, path, body] of await attacks()) {
      if (COPIES.test(path)) continue
      const { status } = await as(neighbour, method, path, body)
      const expected = READS.includes(method) && !path.endsWith('/accounts') ? 200 : 403
      expect([method, path, status]).toEqual([method, path, expected])
      expect([method, path, (await as(stranger, method, path, body)).status]).toEqual([method, path, 404])
    }
    expect((await hub.call('GET', `/elements/${element.id}`)).body).toEqual(before)
  })

  test('is not taken away while instances need it; afterwards it is gone', async () => {
    const { body: instance } = await as(neighbour, 'POST', '/instances', { name: 'theirs', element: { key: 'acme' } })
    expect(instance.element.id).toBe(element.id)
    expect(await share('DELETE')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('1 instances') },
    })
    expect((await hub.call('DELETE', '/elements/acme')).status).toBe(409)
    expect((await as(neighbour, 'GET', '/elements/acme/instances')).body).toHaveLength(1)
    expect((await hub.call('GET', '/elements/acme/instances')).status).toBe(404)
    await as(neighbour, 'DELETE', `/instances/${instance.id}`)
    expect((await share('DELETE')).status).toBe(200)
    expect((await as(neighbour, 'GET', '/elements/acme')).status).toBe(404)
  })

  test('is seen by every account when it is the organization’s, also by one made later, and by no other organization', async () => {
    const give = (method: 'PUT' | 'DELETE') => hub.call(method, '/elements/acme/organization')
    expect((await as(neighbour, 'PUT', `/elements/${element.id}/organization`)).status).toBe(403)
    expect(await give('PUT')).toMatchObject({ status: 200, text: '' })
    const later = await addPerson(hub.hub.store, {
      organizationId: neighbour.organizationId,
      organizationSecret: organizationSecretOf(neighbour.authorization),
      name: 'Made Later',
    })
    for (const person of [neighbour, later]) {
      expect((await as(person, 'GET', '/elements/acme')).body.id).toBe(element.id)
      expect((await as(person, 'PATCH', '/elements/acme', { description: 'taken' })).status).toBe(403)
    }
    expect((await as(stranger, 'GET', '/elements/acme')).status).toBe(404)
    await hub.call('PATCH', '/elements/acme', { body: { description: 'seen at once' } })
    expect((await as(later, 'GET', '/elements/acme')).body.description).toBe('seen at once')

    const { body: instance } = await as(later, 'POST', '/instances', { name: 'theirs', element: { key: 'acme' } })
    expect(await give('DELETE')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('1 instances') },
    })
    await as(later, 'DELETE', `/instances/${instance.id}`)
    expect((await give('DELETE')).status).toBe(200)
    expect((await as(neighbour, 'GET', '/elements/acme')).status).toBe(404)
  })

  for (const account of ['0', '-1', '999999', '99999999999', 'x']) {
    test(`cannot be shared with the account "${account}"`, async () => {
      expect((await hub.call('PUT', `/elements/acme/accounts/${account}`)).status).toBe(404)
    })
  }

  test('cannot be shared with an account of another organization', async () => {
    expect((await hub.call('PUT', `/elements/acme/accounts/${stranger.accountId}`)).status).toBe(404)
  })
})

describe('an extended element (spec 10 §2.6)', () => {
  const resources = async (person?: Person, query = '') =>
    (await hub.call('GET', `/elements/base/resources${query}`, person ? { authorization: person.authorization } : {}))
      .body

  test('shows own resources beside the shipped ones, to the account only', async () => {
    const own = (await hub.call('GET', '/elements/base')).body
    const theirs = (await as(neighbour, 'GET', '/elements/base')).body
    expect(own.resources.length).toBe(theirs.resources.length + 1)
    expect(own).toMatchObject({ extended: true, private: false })
    expect(theirs).toMatchObject({ extended: false, private: false })
    expect(new Set(theirs.resources.map((it: { ownerAccountId: number }) => it.ownerAccountId))).toEqual(new Set([1]))
    expect((await resources()).filter((it: { ownerAccountId: number }) => it.ownerAccountId !== 1)).toMatchObject([
      { id: extension.id, path: '/hubs/crm/contacts', vendorPath: '/v3/own' },
    ])
    expect(await resources(undefined, '?accountOnly=true')).toMatchObject([{ id: extension.id }])
    expect(await resources(neighbour, '?accountOnly=true')).toEqual([])
  })

  test('lists say so, and filters find it', async () => {
    const listed = await hub.call('GET', `/elements?where=${encodeURIComponent("extended='true' AND abridged='true'")}`)
    expect(listed.body).toMatchObject([{ id: 201, key: 'base', extended: true, private: false }])
    expect((await as(neighbour, 'GET', `/elements?where=extended='true'`)).status).toBe(404)
    expect(
      (await hub.call('GET', `/elements?where=${encodeURIComponent("key = 'base'")}`)).body[0].resources[0].id,
    ).toBe(extension.id)
  })

  test('the own resource answers calls of the account’s instances, the shipped one those of others', async () => {
    const instance = await hub.provisionBase()
    const called = async () => {
      await hub.call('GET', '/hubs/crm/contacts', { token: instance.token })
      return hub.hub.simulator?.requests(1)[0]?.path
    }
    expect(await called()).toContain('/v3/own')
    await hub.call('PUT', `/elements/base/resources/${extension.id}`, { body: { vendorPath: '/v3/changed' } })
    expect(await called()).toContain('/v3/changed')
  })

  test('its parts are the account’s to change; shipped parts and other lists are not there for it', async () => {
    const own = `/elements/base/resources/${extension.id}`
    const hook = await hub.call('POST', `${own}/hooks`, { body: { type: 'postRequest', body: 'done()' } })
    expect(hook.body).toMatchObject({ resourceId: extension.id })
    expect((await hub.call('DELETE', `${own}/hooks/${hook.body.id}`)).status).toBe(200)
    expect(
      (await hub.call('POST', '/elements/base/resources', { body: { method: 'GET', path: '/contacts' } })).status,
    ).toBe(409)

    const shipped = (await resources(neighbour))[0]
    const part = {
      name: 'x',
      key: 'x',
      type: 'value',
      vendorName: 'x',
      vendorType: 'header',
      method: 'GET',
      path: '/x',
    }
    for (const [method, path] of [
      ['PUT', `resources/${shipped.id}`],
      ['DELETE', `resources/${shipped.id}`],
      ['POST', `resources/${shipped.id}/parameters`],
      ['PUT', `resources/${shipped.id}/parameters/${shipped.parameters[0].id}`],
      ['DELETE', `resources/${shipped.id}/parameters/${shipped.parameters[0].id}`],
      ['POST', `resources/${shipped.id}/hooks`],
      ['POST', `resources/${shipped.id}/models`],
      ['PUT', `resources/${shipped.id}/models`],
      ['DELETE', `resources/${shipped.id}/models`],
      ['POST', 'parameters'],
      ['POST', 'hooks'],
      ['POST', 'objects'],
      ['POST', 'models'],
      ['PUT', 'models'],
      ['POST', 'configuration'],
      ['PUT', 'configuration/base.url'],
      ['DELETE', 'configuration/base.url'],
    ] as const) {
      const answer = await hub.call(method, `/elements/base/${path}`, method === 'DELETE' ? {} : { body: part })
      expect([method, path, answer.status]).toEqual([method, path, 404])
    }
    for (const [method, path] of [
      ['PUT', `resources/${extension.id}`],
      ['DELETE', `resources/${extension.id}`],
    ] as const) {
      expect((await as(neighbour, method, `/elements/base/${path}`, method === 'PUT' ? part : undefined)).status).toBe(
        404,
      )
    }
  })

  test('an export of the additions only imports as the CLI does it', async () => {
    const { body: exported } = await hub.call('GET', '/elements/base/export?extendedOnly=true')
    expect(exported.resources).toHaveLength(1)
    expect(exported.resources[0]).not.toHaveProperty('ownerAccountId')
    const found = await as(neighbour, 'GET', `/elements?where=${encodeURIComponent("key = 'base'")}`)
    for (const resource of exported.resources)
      expect((await as(neighbour, 'POST', `/elements/${found.body[0].id}/resources`, resource)).status).toBe(200)
    const configured = await as(neighbour, 'PUT', `/elements/${found.body[0].id}/configurations`, exported)
    expect(configured.status).toBe(200)
    expect(configured.body.configuration).toEqual((await as(stranger, 'GET', '/elements/base')).body.configuration)
    const again = (await as(neighbour, 'GET', '/elements/base/export?extendedOnly=true')).body
    expect(again).toEqual(exported)
    await as(neighbour, 'DELETE', `/elements/base/resources/${(await resources(neighbour, '?accountOnly=true'))[0].id}`)
  })

  test('configuration can be changed but for the addresses, and secrets stay secret', async () => {
    const { body } = await as(neighbour, 'PUT', '/elements/base/configurations', {
      configuration: [
        { key: 'pagination.max', name: 'Max', defaultValue: '7' },
        { key: 'oauth.token.url', defaultValue: 'https://evil.example/token' },
        { key: 'base.url', defaultValue: 'https://evil.example' },
        { key: 'oauth.api.secret', type: 'TEXTFIELD_128' },
      ],
    })
    const row = (key: string) => body.configuration.find((it: { key: string }) => it.key === key)
    expect(row('pagination.max').defaultValue).toBe('7')
    expect(JSON.stringify(body)).not.toContain('evil.example')
    expect(row('oauth.api.secret').type).toBe('PASSWORD')
  })

  test('deleting the last addition gives the shipped element back', async () => {
    expect((await hub.call('DELETE', `/elements/base/resources/${extension.id}`)).status).toBe(200)
    expect((await hub.call('GET', '/elements/base')).body).toEqual((await as(stranger, 'GET', '/elements/base')).body)
  })
})

describe('secrets of instances', () => {
  test('a secret declaration stays while instances store something under it', async () => {
    const { body: instance } = await hub.call('POST', '/instances', {
      body: { name: 'x', element: { key: 'acme' }, configuration: { 'secret.key': 'hush' } },
    })
    const shown = async () => (await hub.call('GET', `/instances/${instance.id}`)).text
    for (const [method, path, body] of [
      ['PUT', '/elements/acme/configuration/secret.key', { type: 'TEXTFIELD_128' }],
      ['DELETE', '/elements/acme/configuration/secret.key', undefined],
      ['PUT', '/elements/acme', { ...BODY, configuration: BODY.configuration.slice(0, 1) }],
      ['PUT', '/elements/acme/configurations', { configuration: [{ key: 'secret.key', type: 'TEXTAREA' }] }],
    ] as const) {
      const answer = await hub.call(method, path, body ? { body } : {})
      expect([method, path, answer.status]).toEqual([method, path, 409])
      expect(await shown()).not.toContain('hush')
    }
    await hub.call('DELETE', `/instances/${instance.id}`)
  })

  test('the organization’s OAuth secrets do not go to addresses that an account wrote', async () => {
    const oauth = {
      name: 'Trap',
      description: '',
      authentication: { type: 'oauth2' },
      configuration: [
        { key: 'base.url', defaultValue: 'https://trap.example' },
        { key: 'oauth.authorization.url', defaultValue: 'https://trap.example/authorize' },
        { key: 'oauth.token.url', defaultValue: 'https://trap.example/token' },
      ],
    }
    await hub.call('POST', '/elements', { body: oauth })
    await hub.call('POST', '/elements/oauthProxies', { body: { name: 'proxy', apiKey: 'k', apiSecret: 'org-secret' } })
    const provision = (more: object) =>
      hub.call('POST', '/instances', {
        body: { name: 'x', element: { key: 'trap' }, providerData: { code: 'c' }, ...more },
      })
    const byProxy = await provision({ oauthProxy: { isOauthProxy: true, oauthProxyName: 'proxy' } })
    expect(byProxy).toMatchObject({ status: 400, body: { message: expect.stringContaining('OAuth proxy') } })

    const application = { apiKey: 'k', apiSecret: 'org-secret', callbackUrl: 'https://app.test/cb' }
    expect((await hub.call('PUT', '/elements/trap/oauth/application', { body: application })).status).toBe(200)
    await hub.call('PUT', '/elements/trap/configurations', {
      body: { configuration: [{ key: 'oauth.token.url', defaultValue: 'https://other.example/token' }] },
    })
    const byApplication = await provision({})
    expect(byApplication).toMatchObject({ status: 400, body: { message: expect.stringContaining('have changed') } })
    expect(hub.hub.simulator?.requests(50).some((request) => JSON.stringify(request).includes('org-secret'))).toBe(
      false,
    )
  })
})
