import { XMLParser } from 'fast-xml-parser'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type ListeningSimulator,
  listenSimulator,
  queryParameter,
  testElement,
  testResource,
} from '../../test/support/simulator-listener.ts'
import type { Element, Parameter } from '../model/element.ts'

/** What the format allows beyond lists of JSON rows, each in the smallest element that shows it. */
const listeners: ListeningSimulator[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})

// biome-ignore lint/suspicious/noExplicitAny: wire bodies are read as a client would, the assertions are the schema
type Wire = any

interface Asked {
  status: number
  body: Wire
  text: string
  headers: Headers
}

async function serve(element: Partial<Element> & { configure?: Record<string, string> }) {
  const listener = await listenSimulator({
    elements: [
      testElement({
        authentication: { type: 'custom' },
        configure: { 'base.url': 'https://api.acme.test' },
        ...element,
      }),
    ],
  })
  listeners.push(listener)
  const ask = async (
    method: string,
    path: string,
    body?: RequestInit['body'],
    headers: Record<string, string> = {},
  ): Promise<Asked> => {
    const response = await listener.call(`/acme${path}`, { method, body, headers })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const parsed = /xml/.test(type) ? parser.parse(text) : /json/.test(type) && text !== '' ? JSON.parse(text) : text
    return { status: response.status, body: parsed, text, headers: response.headers }
  }
  return { ...listener, ask }
}

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', ignoreDeclaration: true })
const fixed = (place: string, vendorName: string, value: string): Parameter => ({
  ...{ name: value, type: 'value', vendorName, vendorType: place, source: 'request' },
})
const postHook = (body: string) => [{ type: 'postRequest', body }]
const JSON_BODY = { 'content-type': 'application/json' }

describe('one address for many things', () => {
  test('told apart by constants in the query: vendor paths that go on where the base ends', async () => {
    const { ask } = await serve({
      configure: { 'base.url': 'https://api.acme.test/query?apikey={KEY}' },
      resources: [
        testResource('GET', '/rates', '&function=RATE&from={from}', { rootKey: 'rates' }),
        testResource('GET', '/stocks', '&function=STOCK', { rootKey: 'stocks' }),
      ],
    })
    expect(Object.keys((await ask('GET', '/query?apikey=k&function=RATE&from=EUR')).body)).toEqual(['rates'])
    expect(Object.keys((await ask('GET', '/query?function=STOCK&apikey=k')).body)).toEqual(['stocks'])
  })

  test('by constants that are parameters, without any vendor path; rows are kept apart', async () => {
    const method = (value: string) => ({ parameters: [fixed('query', 'method', value)] })
    const { ask, simulator } = await serve({
      resources: [
        testResource('GET', '/accounts', '', { rootKey: 'result.accounts', ...method('account.list') }),
        testResource('GET', '/accounts/{id}', '', {
          rootKey: 'result',
          parameters: [
            fixed('query', 'method', 'account.get'),
            { name: 'id', type: 'path', vendorName: 'account_id', vendorType: 'query' },
          ],
        }),
        testResource('GET', '/shifts', '', { rootKey: 'result.shifts', ...method('shift.list') }),
      ],
    })
    expect((await ask('GET', '/?method=account.list')).body.result.accounts).toHaveLength(30)
    expect((await ask('GET', '/?method=account.get&account_id=7')).body.result.id).toBe(7)
    expect((await ask('GET', '/?method=shift.list')).body.result.shifts).toHaveLength(30)
    expect(Object.keys(simulator.inspect().acme?.resources ?? {})).toEqual(['accounts', 'shifts'])
  })

  test('by a header', async () => {
    const action = (value: string) => ({ parameters: [fixed('header', 'X-Action', value)] })
    const { ask } = await serve({
      resources: [
        testResource('POST', '/one', '/main', { rootKey: '|one', ...action('DoOne') }),
        testResource('POST', '/two', '/main', { rootKey: '|two', ...action('DoTwo') }),
      ],
    })
    expect(Object.keys((await ask('POST', '/main', '{}', { 'x-action': 'DoTwo' })).body)).toEqual(['two'])
  })

  test('an item by query parameter', async () => {
    const { ask } = await serve({
      resources: [
        testResource('GET', '/projects', '/workspaces.json', {
          rootKey: '|workspaces',
          parameters: [queryParameter('page', 'page')],
        }),
        testResource('GET', '/projects/{id}', '/workspaces.json?only={id}'),
      ],
    })
    expect((await ask('GET', '/workspaces.json')).body.workspaces).toHaveLength(25)
    expect((await ask('GET', '/workspaces.json?only=4')).body.id).toBe(4)
  })
})

describe('paths', () => {
  test('absolute vendor paths on other hosts have their own origins and paths', async () => {
    const { ask, simulator } = await serve({
      resources: [testResource('GET', '/users', 'https://auth.acme.test/v9/users')],
    })
    expect((await ask('GET', '/v9/users')).status).toBe(200)
    expect(simulator.origins('')['https://auth.acme.test']).toBe('/acme')
  })

  test('an address that the instance completes: whatever precedes the path', async () => {
    const { ask } = await serve({
      configure: { 'base.url': '{baseUrl}/{site}/api' },
      resources: [testResource('GET', '/users', '/users'), testResource('GET', '/users/{id}', '/users/{id}')],
    })
    for (const path of ['/live/api/users', '/some/prefix/live/api/users'])
      expect((await ask('GET', path)).body, path).toHaveLength(30)
    expect((await ask('GET', '/live/api/users/3')).body.id).toBe(3)
    expect((await ask('GET', '/live/api/nothing')).status).toBe(404)
  })

  test('generic objects: each has rows of its own', async () => {
    const { ask } = await serve({
      resources: [
        testResource('GET', '/{objectName}', '/sobjects/{object}', {
          parameters: [{ name: 'objectName', type: 'path', vendorName: 'object', vendorType: 'path' }],
        }),
        testResource('GET', '/{objectName}/{objectId}', '/sobjects/{objectName}/{objectId}'),
        testResource('POST', '/{objectName}', '/sobjects/{objectName}'),
      ],
    })
    const [cars, boats] = [(await ask('GET', '/sobjects/cars')).body, (await ask('GET', '/sobjects/boats')).body]
    expect(cars).not.toEqual(boats)
    expect((await ask('POST', '/sobjects/cars', '{"name":"T"}', JSON_BODY)).status).toBe(201)
    expect((await ask('GET', '/sobjects/cars')).body.length).toBe(cars.length + 1)
    expect((await ask('GET', '/sobjects/boats')).body).toEqual(boats)
    expect((await ask('GET', `/sobjects/cars/${cars[1].id}`)).body).toEqual(cars[1])
  })

  test('keys in parentheses', async () => {
    const { ask } = await serve({
      resources: [
        testResource('GET', '/deals', '/Deals', { rootKey: 'd.results' }),
        testResource('GET', '/deals/{id}', "/Deals(company={company},id='{id}')", { rootKey: 'd' }),
      ],
    })
    const [first] = (await ask('GET', '/Deals')).body.d.results
    expect((await ask('GET', "/Deals(company=1,id='1')")).body.d).toEqual(first)
  })

  test('an unfilled placeholder is no id', async () => {
    const { ask } = await serve({ resources: [testResource('GET', '/deals/{id}', '/deals/{id}')] })
    expect((await ask('GET', '/deals/%7Bid%7D')).status).toBe(404)
    expect((await ask('GET', '/deals/any-id')).body.id).toBe('any-id')
  })

  const moving = [{ type: 'preRequest', body: "done({request_vendor_path: '/a/b/' + object_name})" }]
  for (const [unknownPaths, expected] of [
    [undefined, 200],
    ['refuse', 404],
  ] as const) {
    test(`paths that a script builds: ${unknownPaths ?? 'by default'} ${expected}`, async () => {
      const listener = await listenSimulator({
        elements: [
          testElement({
            authentication: { type: 'custom' },
            configure: { 'base.url': 'https://api.acme.test' },
            resources: [
              testResource('GET', '/users', '/', { rootKey: 'value', hooks: moving }),
              testResource('GET', '/others', '/others'),
            ],
          }),
        ],
        simulations: new Map([['acme', unknownPaths ? { unknownPaths } : {}]]),
      })
      listeners.push(listener)
      const response = await listener.call('/acme/a/b/users')
      expect(response.status).toBe(expected)
      if (expected === 200) expect(Object.keys((await response.json()) as object)).toEqual(['value'])
    })
  }
})

describe('SOAP', () => {
  const envelope = (operation: string, content = '') =>
    `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><x:${operation} xmlns:x="urn:x">${content}</x:${operation}></soap:Body></soap:Envelope>`
  const call = (operation: string, rootKey: string, more = {}) => ({
    ...{ vendorMethod: 'POST', rootKey, ...more },
    parameters: [
      fixed('header', 'Soapaction', `http://acme.test/${operation}`),
      fixed('body', 'body', envelope(operation, '{body}')),
    ],
  })
  const element = {
    protocolType: 'soap',
    configure: { 'base.url': 'https://api.acme.test/service.asmx' },
    resources: [
      testResource('GET', '/things', '', call('ListThings', '|soap:Envelope.soap:Body')),
      testResource('POST', '/things', '', call('AddThing', '|soap:Envelope.soap:Body')),
      testResource('GET', '/deep', '', call('GetDeep', '|soap:Envelope.soap:Body.GetDeepResponse.GetDeepResult')),
      testResource('POST', '/login', '', {
        ...call('Login', '|soap:Envelope.soap:Body', { type: 'provisionAuthValidation' }),
        hooks: postHook("x = response_body.LoginResponse.LoginResult.split('<Key>')[1].split('</Key>')[0]"),
      }),
    ],
  }
  const XML = { 'content-type': 'text/xml' }
  const bodyOf = (asked: Asked) => asked.body['soap:Envelope']['soap:Body']

  test('is told apart by the action, or by the first element of the envelope', async () => {
    const { ask } = await serve(element)
    const byAction = await ask('POST', '/service.asmx', envelope('x'), {
      ...XML,
      soapaction: '"http://acme.test/ListThings"',
    })
    expect(byAction.headers.get('content-type')).toContain('text/xml')
    expect(bodyOf(byAction).ListThingsResponse.ListThingsResult.thing.length).toBeGreaterThan(1)
    const byElement = await ask('POST', '/service.asmx', envelope('GetDeep'), XML)
    expect(bodyOf(byElement).GetDeepResponse.GetDeepResult[0]).toMatchObject({ id: expect.anything() })
  })

  test('keeps what it is told', async () => {
    const { ask } = await serve(element)
    const added = await ask('POST', '/service.asmx', envelope('AddThing', '<name>Ada &amp; Co</name>'), XML)
    expect(bodyOf(added).AddThingResponse.AddThingResult.name).toBe('Ada & Co')
  })

  test('a login answers what the script takes from it', async () => {
    const { ask } = await serve(element)
    const text: string = bodyOf(await ask('POST', '/service.asmx', envelope('Login'), XML)).LoginResponse.LoginResult
    expect(/<Key>\w+<\/Key>/.test(text)).toBe(true)
  })

  test('refuses with a fault', async () => {
    const { ask, simulator } = await serve(element)
    simulator.addFault({ fault: 'status:500' })
    const refused = await ask('POST', '/service.asmx', envelope('ListThings'), XML)
    expect([refused.status, bodyOf(refused)['soap:Fault'].faultcode]).toEqual([500, 'soap:Server'])
  })
})

describe('XML', () => {
  const xml = { parameters: [fixed('header', 'Accept', 'application/xml')] }
  const resources = [
    testResource('GET', '/records', '/records', { rootKey: '|db.record' }),
    testResource('GET', '/plains', '/plains', { response: { contentType: 'application/json' } }),
    testResource('GET', '/feeds', '/feed', {
      hooks: postHook("response_body.feed.entry.forEach(e => e.category['@term'])"),
    }),
    testResource('POST', '/records', '/records'),
  ]

  test('is what an element gets that accepts it', async () => {
    const { ask } = await serve({ ...xml, resources })
    const accepts = { accept: 'application/xml' }
    expect((await ask('GET', '/records', undefined, accepts)).body.db.record).toHaveLength(30)
    expect((await ask('GET', '/plains', undefined, accepts)).body.plains.plain).toHaveLength(30)
    expect((await ask('GET', '/feed', undefined, accepts)).body.feed.entry[0].category['@term']).toBeTypeOf('string')
    const written = await ask('POST', '/records', '<record><name>Ada</name></record>', {
      ...accepts,
      'content-type': 'application/xml',
    })
    expect(written.text).toContain('<name>Ada</name>')
    expect((await ask('GET', '/nothing', undefined, accepts)).status).toBe(404)
  })

  test('the Accept header has the last word', async () => {
    const { ask } = await serve({ ...xml, resources })
    expect((await ask('GET', '/records', undefined, { accept: 'application/json' })).body.db.record).toHaveLength(30)
    const { ask: other } = await serve({ resources })
    expect((await other('GET', '/records', undefined, { accept: 'text/xml' })).text).toMatch(/^<\?xml/)
  })
})

describe('shapes of answers', () => {
  const rowModel = (name: string, definition: unknown, more = {}) => ({
    model: {
      name,
      swagger: { [name]: definition, row: { properties: { title: { type: 'string' } } }, ...more } as never,
    },
  })
  const list = { type: 'array', items: { type: 'row' } }

  for (const [fact, resource, expected] of [
    [
      'nested roots',
      { rootKey: 'result.data', ...rowModel('a', list) },
      { result: { data: expect.arrayContaining([{ id: 1, title: expect.any(String) }]) } },
    ],
    ['index steps', { rootKey: 'events[0].data.items' }, { events: [{ data: { items: expect.any(Array) } }] }],
    [
      'maps',
      { rootKey: '.things[*].row', ...rowModel('a', list) },
      { things: expect.arrayContaining([{ row: expect.anything() }]) },
    ],
    ['OData 2', { rootKey: 'd.results' }, { d: { results: expect.any(Array) } }],
    [
      'what the model shows around a list',
      rowModel('a', { properties: { items: list, total: { type: 'integer' } } }),
      { items: expect.any(Array), total: 30 },
    ],
    [
      'an object where the model is one',
      rowModel('a', { properties: { enabled: { type: 'boolean' } } }),
      { enabled: expect.any(Boolean) },
    ],
    [
      'an object where a script reads one',
      { hooks: postHook('response_body.meta.version') },
      expect.objectContaining({ meta: { version: expect.anything() } }),
    ],
    [
      'items of which the array was left out',
      rowModel('b', undefined, { bObject: { properties: { x: { enum: [5] } } } }),
      expect.arrayContaining([{ id: 1, x: 5 }]),
    ],
    [
      'samples of the author',
      { response: { sampleData: '[{"id":"a1","name":"Ada"}]' } },
      expect.arrayContaining([{ id: 'a1', name: 'Ada' }]),
    ],
  ] as const) {
    test(fact, async () => {
      const { ask } = await serve({ resources: [testResource('GET', '/things', '/things', resource as never)] })
      expect((await ask('GET', '/things')).body).toEqual(expected)
    })
  }

  test('writes answer a list of one where the model is a list', async () => {
    const { ask } = await serve({
      resources: [testResource('POST', '/things', '/things', { rootKey: 'things', ...rowModel('a', list) })],
    })
    expect((await ask('POST', '/things', '{"title":"New"}', JSON_BODY)).body).toEqual({
      things: [{ id: 31, title: 'New' }],
    })
  })

  test('a vendor GET reads, whatever the caller means to do in the end', async () => {
    const { ask, simulator } = await serve({
      resources: [
        testResource('PATCH', '/things/{id}', '/things/{id}', { vendorMethod: 'GET' }),
        testResource('GET', '/things', '/things'),
      ],
    })
    const before = simulator.rows('acme', 'things')
    expect((await ask('GET', '/things/3')).body).toEqual((await ask('GET', '/things')).body[2])
    expect(simulator.rows('acme', 'things')).toEqual(before)
  })

  test('a DELETE answers a body only where the element looks for one', async () => {
    const { ask } = await serve({
      resources: [
        testResource('DELETE', '/plain/{id}', '/plain/{id}'),
        testResource('DELETE', '/told/{id}', '/told/{id}', { rootKey: 'meta.deleted' }),
      ],
    })
    expect((await ask('DELETE', '/plain/1')).status).toBe(204)
    expect((await ask('DELETE', '/plain/1')).status).toBe(404)
    expect((await ask('DELETE', '/told/1')).body).toMatchObject({ meta: { deleted: { id: 1 } } })
  })

  test('no next page is promised that no parameter can ask for', async () => {
    const { ask } = await serve({
      configure: { 'base.url': 'https://api.acme.test', 'pagination.type': 'cursor' },
      resources: [testResource('GET', '/things', '/things', { rootKey: 'data', nextPageKey: 'body.next' })],
    })
    const { body } = await ask('GET', '/things')
    expect([body.data.length, body.next]).toEqual([30, undefined])
  })

  test('the next page as a Link header', async () => {
    const { ask } = await serve({
      resources: [
        testResource('GET', '/things', '/things', {
          nextPageKey: 'header.link?page',
          parameters: [queryParameter('page', 'page'), queryParameter('pageSize', 'per_page')],
        }),
      ],
    })
    const { headers } = await ask('GET', '/things?per_page=10')
    expect(headers.get('link')).toBe('<https://api.acme.test/things?per_page=10&page=2>; rel="next"')
  })
})

describe('bodies', () => {
  const resources = [
    testResource('POST', '/files', '/files'),
    testResource('GET', '/files/{id}', '/files/{id}'),
    testResource('GET', '/files/{id}/content', '/files/{id}/content', { response: { contentType: 'application/pdf' } }),
    testResource('PATCH', '/files/{id}', '/files/{id}'),
  ]

  test('a multipart form: fields and files become a row, contents are not kept', async () => {
    const { ask, simulator } = await serve({ resources })
    const form = new FormData()
    form.append('name', 'Plan')
    form.append('document', new Blob(['x'.repeat(300_000)], { type: 'application/pdf' }), 'plan.pdf')
    const { status, body } = await ask('POST', '/files', form)
    expect(status).toBe(201)
    expect(body).toMatchObject({
      name: 'plan.pdf',
      document: { name: 'plan.pdf', size: 300_000, type: 'application/pdf' },
    })
    expect(JSON.parse(simulator.requests().at(-1)?.body ?? '')).toEqual({
      fields: [{ name: 'name', value: 'Plan' }],
      files: [{ field: 'document', fileName: 'plan.pdf', contentType: 'application/pdf', sizeBytes: 300_000 }],
    })
    const { headers } = await ask('GET', `/files/${body.id}/content`)
    expect(headers.get('content-type')).toBe('application/pdf')
  })

  test('a file as the whole body', async () => {
    const { ask, simulator } = await serve({ resources })
    const { body } = await ask('POST', '/files', Buffer.alloc(70_000), {
      'content-type': 'image/png',
      'content-disposition': 'attachment; filename="cat.png"',
    })
    expect(body.file).toEqual({ name: 'cat.png', size: 70_000, type: 'image/png' })
    expect(simulator.requests().at(-1)?.body).toBe('(70000 bytes of image/png)')
  })

  test('a JSON patch', async () => {
    const { ask } = await serve({ resources })
    const patch = [
      { op: 'add', path: '/fields/System.Title', value: 'New' },
      { op: 'remove', path: '/email' },
      { op: 'test', path: '/x' },
      'nonsense',
    ]
    const { body } = await ask('PATCH', '/files/1', JSON.stringify(patch), {
      'content-type': 'application/json-patch+json',
    })
    expect(body).toMatchObject({ id: 1, fields: { 'System.Title': 'New' } })
    expect(body).not.toHaveProperty('email')
  })

  test('a JSON patch that creates is one row', async () => {
    const { ask } = await serve({ resources })
    const { body } = await ask('POST', '/files', '[{"op":"add","path":"/fields/Title","value":"New"}]', JSON_BODY)
    expect(body).toMatchObject({ id: 31, fields: { Title: 'New' } })
  })

  test('forms, texts, several rows at once, and what is no JSON', async () => {
    const { ask } = await serve({ resources })
    const form = new URLSearchParams({ name: 'Ada', tag: 'a' })
    form.append('tag', 'b')
    expect((await ask('POST', '/files', form)).body).toMatchObject({ name: 'Ada', tag: ['a', 'b'] })
    expect((await ask('POST', '/files', 'just words', { 'content-type': 'text/plain' })).body.content).toBe(
      'just words',
    )
    expect((await ask('POST', '/files', '[{"name":"A"},{"name":"B"}]', JSON_BODY)).body).toHaveLength(2)
    expect((await ask('POST', '/files', '{broken', JSON_BODY)).status).toBe(400)
  })
})

describe('provisioning', () => {
  test('captures and scripts find what they look for, headers too; tokens are good', async () => {
    const { ask } = await serve({
      authentication: { type: 'oauth2' },
      resources: [
        testResource('POST', '/exchange', 'https://login.acme.test/token', {
          type: 'oauthOnTokenExchange',
          parameters: [
            { name: 'site', type: 'configuration', vendorName: 'sites[0].id', vendorType: 'body', source: 'response' },
          ],
          hooks: postHook(
            "const r = response_body_map || response_body; y = r.instance_url; z = response_headers['x-csrf-token']",
          ),
        }),
        testResource('GET', '/things', '/things'),
      ],
    })
    const { status, body, headers } = await ask('POST', '/token', new URLSearchParams({ grant_type: 'urn:other' }))
    expect(status).toBe(200)
    expect(body).toMatchObject({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      expires_in: 3600,
    })
    expect(body).toMatchObject({
      sites: [{ id: expect.anything() }],
      instance_url: expect.stringContaining('https://'),
    })
    expect(headers.get('x-csrf-token')).toMatch(/\w+/)
    expect((await ask('GET', '/things', undefined, { authorization: `Bearer ${body.access_token}` })).status).toBe(200)
  })

  test('tokens from elsewhere are good where the element has no token address, until they are over', async () => {
    const acme = await serve({
      authentication: { type: 'oauth2' },
      resources: [testResource('GET', '/things', '/things')],
    })
    const get = async (token: string) =>
      (await acme.ask('GET', '/things', undefined, { authorization: `Bearer ${token}` })).status
    const issued = await acme.accessToken('acme')
    expect([await get('brought-along'), await get(issued), await get('')]).toEqual([200, 200, 401])
    acme.simulator.expireTokens()
    expect([await get('brought-along'), await get(issued)]).toEqual([200, 401])
  })

  test('webhooks are rows with keys of their own; cleaning up twice is no failure', async () => {
    const { ask } = await serve({
      resources: [
        testResource('POST', '/hooks', '/webhooks', {
          type: 'onProvision',
          parameters: [
            {
              name: 'key',
              type: 'configuration',
              vendorName: 'webhookKey',
              vendorType: 'bodyField',
              source: 'response',
            },
          ],
        }),
        testResource('POST', '/events', '/hooks', { type: 'onProvisionWebhook' }),
        testResource('DELETE', '/events', '/hooks/{id}', { type: 'onDeleteWebhook' }),
      ],
    })
    expect((await ask('POST', '/webhooks', '{}', JSON_BODY)).body.webhookKey).toBeDefined()
    const [one, two] = [await ask('POST', '/hooks', '{}', JSON_BODY), await ask('POST', '/hooks', '{}', JSON_BODY)]
    expect(one.body.id).not.toBe(two.body.id)
    expect((await ask('DELETE', `/hooks/${one.body.id}`)).status).toBe(204)
    expect((await ask('DELETE', `/hooks/${one.body.id}`)).status).toBe(204)
  })
})
