import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const BASE_URL = { key: 'base.url', name: 'Base URL', defaultValue: 'https://api.acme.test/v1' }
const minimal = (more: object = {}) => ({
  name: 'Acme DB element',
  description: 'Acme',
  authentication: { type: 'basic' },
  configuration: [BASE_URL],
  ...more,
})

async function created(body: object) {
  const answer = await hub.call('POST', '/elements', { body })
  expect(answer.text).toContain('"id"')
  expect(answer.status).toBe(200)
  return answer.body
}

describe('POST /elements (spec 10 §2.4)', () => {
  test('fills in what the body leaves open', async () => {
    const element = await created(minimal())
    expect(element).toMatchObject({
      key: 'acmedbelement',
      name: 'Acme DB element',
      hub: 'general',
      private: true,
      active: true,
      deleted: false,
      extended: false,
      typeOauth: false,
      image: 'elements/custom-element-default-logo.png',
      protocolType: 'http',
      authentication: { type: 'basic' },
      resources: [],
      parameters: [],
      hooks: [],
      objects: [],
      models: [],
    })
    expect(element.id).toBeGreaterThanOrEqual(10_000)
    const rows = Object.fromEntries(element.configuration.map((row: { key: string }) => [row.key, row]))
    expect(Object.keys(rows)).toEqual([
      'base.url',
      'username',
      'password',
      'pagination.type',
      'pagination.max',
      'filter.response.nulls',
      'event.vendor.type',
      'event.notification.enabled',
      'event.notification.callback.url',
      'event.notification.instance.finder',
    ])
    expect(rows).toMatchObject({
      'base.url': { type: 'TEXTFIELD_128', required: false, hideFromConsole: false, active: true },
      'pagination.max': { defaultValue: '100' },
      'event.notification.enabled': { defaultValue: 'false', type: 'BOOLEAN' },
      password: { type: 'PASSWORD', required: true },
    })
    for (const row of element.configuration) expect(row.id).toBeGreaterThan(0)
    expect((await hub.call('GET', '/elements/acmedbelement')).body).toEqual(element)
    expect((await hub.call('GET', `/elements/${element.id}`)).body).toEqual(element)
    expect((await hub.call('GET', '/elements/acmedbelement/configuration')).body).toEqual(element.configuration)
  })

  test('the same key again is a conflict', async () => {
    const again = await hub.call('POST', '/elements', { body: minimal() })
    expect(again).toMatchObject({ status: 409, body: { message: expect.stringContaining('"acmedbelement"') } })
  })

  test('paths go below the hub, which is made when nobody knows it; parts get ids, dates, owner and defaults', async () => {
    const element = await created(
      minimal({
        key: 'statuses',
        hub: 'Social2',
        parameters: [{ name: 'x', type: 'value', vendorName: 'X-A', vendorType: 'header' }],
        hooks: [{ type: 'preRequest', body: 'done({continue: true, x: request_body, c: configuration})' }],
        resources: [
          {
            method: 'GET',
            path: '/statuses',
            vendorPath: '/s',
            parameters: [{ name: 'a', type: 'query', vendorName: 'b', vendorType: 'query' }],
            hooks: [{ type: 'postRequest', body: 'nonsense ][' }],
            model: { name: 'statuses', swagger: { statuses: { type: 'object', properties: {} } } },
            odd: { kept: true },
          },
          { method: 'POST', path: 'statuses/', type: 'someOddType' },
        ],
      }),
    )
    expect(element.hub).toBe('social2')
    const [list, post] = element.resources
    expect(list).toMatchObject({
      path: '/hubs/social2/statuses',
      method: 'GET',
      vendorMethod: 'GET',
      type: 'api',
      response: { contentType: 'application/json' },
      odd: { kept: true },
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/),
      parameters: [{ source: 'request', required: false, resourceId: list.id }],
      hooks: [{ isLegacy: false, mimeType: 'application/javascript', resourceId: list.id }],
      model: { transform: false, resourceId: list.id },
    })
    expect(post).toMatchObject({ path: '/hubs/social2/statuses/', type: 'someOddType' })
    expect(element.hooks[0]).toMatchObject({ elementId: element.id, contextParams: 'request_body,configuration' })
    expect(element.parameters[0]).toMatchObject({ elementId: element.id, source: 'request' })
    const ids = [
      element.hooks,
      element.parameters,
      element.configuration,
      element.resources,
      list.parameters,
      list.hooks,
    ].flatMap((parts) => parts.map(({ id }: { id: number }) => id))
    expect(new Set(ids).size).toBe(ids.length)
    expect(list.ownerAccountId).toBeGreaterThan(1)
    expect((await hub.call('GET', '/hubs/social2')).body).toMatchObject({ key: 'social2', active: true })
    expect((await hub.call('GET', '/hubs/social2/elements')).body).toHaveLength(1)
  })

  test('one base.url whatever was sent, also after PUT', async () => {
    const twice = await created(
      minimal({ key: 'twice', configuration: [{ key: 'base.url', defaultValue: '' }, BASE_URL, BASE_URL] }),
    )
    const addresses = (element: { configuration: { key: string; defaultValue?: string }[] }) =>
      element.configuration.filter(({ key }) => key === 'base.url').map(({ defaultValue }) => defaultValue)
    expect(addresses(twice)).toEqual([BASE_URL.defaultValue])
    for (const configuration of [[], [{ key: 'base.url' }], [{ key: 'x' }]]) {
      const { body } = await hub.call('PUT', '/elements/twice', { body: minimal({ configuration }) })
      expect(addresses(body)).toEqual([BASE_URL.defaultValue])
    }
  })

  test('an order of configuration rows that is no number is kept, and counts as none', async () => {
    const displayOrder = { toString: 1, valueOf: 2 }
    const odd = { key: 'odd.order', name: 'Odd', displayOrder }
    const { configuration } = await created(minimal({ key: 'oddorder', configuration: [BASE_URL, odd] }))
    expect(configuration.find(({ key }: { key: string }) => key === 'odd.order')).toMatchObject({ displayOrder })
  })

  test('a database element keeps its protocol and address', async () => {
    const element = await created(
      minimal({
        key: 'jdbcthing',
        protocolType: 'jdbc',
        configuration: [{ key: 'base.url', defaultValue: 'jdbc:postgresql://h/db' }],
      }),
    )
    expect(element.protocolType).toBe('jdbc')
  })

  for (const [fact, body, message] of [
    ['an empty body', {}, /name/],
    ['a list that is none', minimal({ resources: {} }), /resources: expected a list/],
    ['a part that is no object', minimal({ hooks: [null] }), /hooks\[0\]: expected an object/],
    ['a resource without a path', minimal({ resources: [{ method: 'GET' }] }), /resources\[0\]\.path/],
    [
      'a number for text',
      minimal({ resources: [{ method: 'GET', path: 5 }] }),
      /resources\[0\]\.path: expected text, got 5/,
    ],
    ['a path word as key', minimal({ key: 'metadata' }), /path words/],
    ['a hub that cannot stand in a path', minimal({ hub: 'a/b' }), /hub/],
    ['a name without letters and no key', minimal({ name: '!!!' }), /key is required/],
  ] as const) {
    test(`${fact} is refused`, async () => {
      const answer = await hub.call('POST', '/elements', { body })
      expect(answer.status).toBe(400)
      expect(answer.body.message).toMatch(message)
    })
  }
})

describe('PUT, PATCH, active, DELETE', () => {
  test('PUT keeps ids of parts that are found again, replaces lists, leaves out nothing else', async () => {
    const before = await created(
      minimal({
        key: 'replaced',
        signupURL: 'https://signup.test',
        resources: [
          { method: 'GET', path: '/a', vendorPath: '/a', hooks: [{ type: 'preRequest', body: 'done()' }] },
          { method: 'GET', path: '/b' },
        ],
      }),
    )
    const [a, b] = before.resources
    const { body: after } = await hub.call('PUT', `/elements/${before.id}`, {
      body: {
        name: 'Replaced',
        resources: [
          { method: 'GET', path: '/c' },
          { id: b.id, method: 'GET', path: '/b2' },
          { id: 987_654, method: 'GET', path: '/hubs/general/a', vendorPath: '/x', hooks: a.hooks },
        ],
      },
    })
    expect(after).toMatchObject({ id: before.id, key: 'replaced', name: 'Replaced', signupURL: 'https://signup.test' })
    expect(after.configuration).toEqual(before.configuration)
    expect(after.resources.map(({ path }: { path: string }) => path)).toEqual([
      '/hubs/general/c',
      '/hubs/general/b2',
      '/hubs/general/a',
    ])
    expect(after.resources[1].id).toBe(b.id)
    expect(after.resources[2].id).toBe(a.id)
    expect(after.resources[2].hooks[0].id).toBe(a.hooks[0].id)
    const known = [a.id, b.id, ...before.configuration.map(({ id }: { id: number }) => id)]
    expect(known).not.toContain(after.resources[0].id)
  })

  test('PATCH changes single members only', async () => {
    await created(minimal({ key: 'patched' }))
    const { body } = await hub.call('PATCH', '/elements/patched', { body: { description: 'new', beta: true } })
    expect(body).toMatchObject({ key: 'patched', description: 'new', beta: true, name: 'Acme DB element' })
    const lists = await hub.call('PATCH', '/elements/patched', { body: { resources: [] } })
    expect(lists).toMatchObject({ status: 400, body: { message: expect.stringContaining('resources') } })
  })

  test('active is switched on and off with empty answers', async () => {
    await created(minimal({ key: 'switched' }))
    const active = async () => (await hub.call('GET', '/elements/switched')).body.active
    expect(await hub.call('DELETE', '/elements/switched/active')).toMatchObject({ status: 200, text: '' })
    expect(await active()).toBe(false)
    expect(await hub.call('PUT', '/elements/switched/active')).toMatchObject({ status: 200, text: '' })
    expect(await active()).toBe(true)
  })

  test('DELETE removes it, once', async () => {
    await created(minimal({ key: 'removed' }))
    expect(await hub.call('DELETE', '/elements/removed')).toMatchObject({ status: 200, text: '' })
    expect((await hub.call('GET', '/elements/removed')).status).toBe(404)
    expect((await hub.call('DELETE', '/elements/removed')).status).toBe(404)
  })

  test('a shipped element is nobody’s to change', async () => {
    for (const [method, path] of [
      ['PUT', '/elements/base'],
      ['PATCH', '/elements/base'],
      ['DELETE', '/elements/base'],
      ['PUT', '/elements/base/active'],
      ['DELETE', '/elements/base/active'],
      ['GET', '/elements/base/accounts'],
      ['PUT', '/elements/base/accounts/2'],
    ] as const) {
      const answer = await hub.call(method, path, ['PUT', 'PATCH'].includes(method) ? { body: { name: 'x' } } : {})
      expect([method, path, answer.status]).toEqual([method, path, 403])
    }
  })
})

describe('instances of private elements', () => {
  const provision = (key: string, more: object = {}) =>
    hub.call('POST', '/instances', {
      body: { name: key, element: { key }, configuration: { username: 'ada', password: 'hunter2' }, ...more },
    })

  test('provision, call, change under way, deletion refused while in use', async () => {
    await created(minimal({ key: 'inuse', resources: [{ method: 'GET', path: '/things', vendorPath: '/things' }] }))
    const instance = await provision('inuse')
    expect(instance.status).toBe(200)
    const token = instance.body.token
    const missing = await hub.call('GET', '/hubs/general/others', { token })
    expect(missing.status).toBe(400)
    const { body: resource } = await hub.call('POST', '/elements/inuse/resources', {
      body: { method: 'GET', path: '/others', vendorPath: '/things' },
    })
    expect(resource.path).toBe('/hubs/general/others')
    expect((await hub.call('GET', '/hubs/general/others', { token })).status).toBe(
      (await hub.call('GET', '/hubs/general/things', { token })).status,
    )
    const refused = await hub.call('DELETE', '/elements/inuse')
    expect(refused).toMatchObject({ status: 409, body: { message: expect.stringContaining('1 instances') } })
    await hub.call('DELETE', `/instances/${instance.body.id}`)
    expect((await hub.call('DELETE', '/elements/inuse')).status).toBe(200)
  })

  test('moves to a clone and back; a clone that sends credentials elsewhere wants them again', async () => {
    await created(minimal({ key: 'original' }))
    const { body: clone } = await hub.call('POST', '/elements/original/clone')
    expect(clone).toMatchObject({
      key: 'original-clone',
      name: 'Acme DB element-clone',
      cloneable: false,
      private: true,
    })
    const { body: instance } = await provision('original')
    const move = (element: object, configuration?: object) =>
      hub.call('PATCH', `/instances/${instance.id}`, { body: { element, ...(configuration ? { configuration } : {}) } })
    const moved = await move({ id: clone.id })
    expect(moved.body).toMatchObject({ id: instance.id, token: instance.token, element: { id: clone.id } })
    expect((await move({ key: 'original' })).body.element.key).toBe('original')

    await hub.call('PUT', '/elements/original-clone/configuration/base.url', {
      body: { defaultValue: 'https://elsewhere.test' },
    })
    const refused = await move({ id: clone.id })
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('password') } })
    expect((await move({ id: clone.id }, { password: 'hunter2' })).status).toBe(200)
  })

  test('no clone of what is not cloneable, no second one of the same key', async () => {
    expect((await hub.call('POST', '/elements/original-clone/clone')).status).toBe(403)
    expect((await hub.call('POST', '/elements/original/clone')).status).toBe(409)
  })

  test('a clone has no OAuth application of its own', async () => {
    const oauth = {
      authentication: { type: 'oauth2' },
      configuration: [BASE_URL, { key: 'oauth.api.key', defaultValue: 'k' }],
    }
    await created(minimal({ key: 'withapp', ...oauth }))
    const { body } = await hub.call('POST', '/elements/withapp/clone')
    expect(body.configuration.find(({ key }: { key: string }) => key === 'oauth.api.key').defaultValue).toBe('')
  })
})
