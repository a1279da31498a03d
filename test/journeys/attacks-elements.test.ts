import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../support/hub.ts'

/** What the author of an element, or its vendor, would try against the hub: every case was possible once. */
let hub: TestHub
let vendor: Server
let vendorUrl = ''
const received: string[] = []
const plainAnswer: RequestListener = (_request, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}')
let answer = plainAnswer

beforeAll(async () => {
  vendor = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`)
    request.resume().on('end', () => answer(request, response))
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  const { port } = vendor.address() as AddressInfo
  vendorUrl = `http://127.0.0.1:${port}`
  hub = await startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: `127.0.0.1:${port}` })
})
afterAll(async () => {
  await hub.close()
  vendor.closeAllConnections()
  await new Promise((resolve) => vendor.close(resolve))
})
afterEach(() => {
  answer = plainAnswer
  received.length = 0
})

let made = 0
const RESOURCE = { method: 'GET', path: '/x', vendorPath: '/x' }

/** An element with one resource, and an instance of it. */
async function provision(resource: object, { baseUrl = vendorUrl } = {}): Promise<{ id: number; token: string }> {
  made++
  const element = await hub.call('POST', '/elements', {
    body: {
      name: `Acme ${made}`,
      authentication: { type: 'custom' },
      configuration: [{ key: 'base.url', defaultValue: baseUrl }],
      resources: [{ ...RESOURCE, ...resource }],
    },
  })
  expect(element.status).toBe(200)
  const instance = await hub.call('POST', '/instances', { body: { name: 'Acme', element: { id: element.body.id } } })
  expect(instance.status).toBe(200)
  return instance.body
}
const hook = (type: string, body: string, resource: object = {}) => provision({ ...resource, hooks: [{ type, body }] })
const call = (token: string, path = '/hubs/general/x') => hub.call('GET', path, { token })

describe('names that every object answers to are names like others', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const parameter = (type: string, vendorType: string) => ({ name, type, vendorName: name, vendorType })
    test.each<[string, object, string]>([
      ['a placeholder of the path', { vendorPath: `/x/{${name}}/y` }, `/x/%7B${name}%7D/y`],
      ['a query parameter', { parameters: [parameter('query', 'query')] }, '/x'],
      ['a header', { parameters: [parameter('header', 'query')] }, '/x'],
      ['a configuration key', { parameters: [parameter('configuration', 'query')] }, '/x'],
      [
        'a template',
        { parameters: [{ name: `CE.b64(\${${name}})`, type: 'value', vendorName: 'q', vendorType: 'query' }] },
        '/x',
      ],
    ])(`${name} as %s`, async (_place, resource, url) => {
      const { token } = await provision(resource)
      expect((await call(token)).status).toBe(200)
      expect(received).toEqual([`GET ${url}`])
    })

    test(`${name} in the base address and as path variable`, async () => {
      const { token } = await provision(
        { path: `/x/{${name}}`, vendorPath: `/x/{${name}}` },
        { baseUrl: `${vendorUrl}/{${name}}` },
      )
      expect((await call(token, '/hubs/general/x/7')).status).toBe(200)
      expect(received).toEqual([`GET /%7B${name}%7D/x/7`])
    })
  }
})

describe('what scripts hand back', () => {
  test.each([
    'request_vendor_headers: { a: { toString: 1 } }',
    'request_vendor_headers: { a: [{ toString: 1 }, [{ toString: 1 }]] }',
    'request_vendor_parameters: { a: [{ toString: 1 }, [[{ toString: 1 }]]] }',
    'response_headers: { a: { toString: 1 }, b: [{ toString: 1 }] }',
  ])('an object without a text is written as JSON: %s', async (member) => {
    const { token } = await hook('preRequest', `done({ ${member} })`)
    expect((await call(token)).status).toBe(200)
  })

  test('configuration that no database takes is stored without it', async () => {
    const { id, token } = await hook('preRequest', `done({ configuration: { 'a\\u0000': '\\u0000b\\ud800' } })`)
    expect((await call(token)).status).toBe(200)
    const { body } = await hub.call('GET', `/instances/${id}`)
    expect(body.configuration).toMatchObject({ 'a\ufffd': '\ufffdb\ufffd' })
  })

  test('a captured value that no database takes is stored without it', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":"x\\u0000\\ud800"}')
    const parameter = { name: 'seen', type: 'configuration', vendorName: 'a', vendorType: 'body', source: 'response' }
    const { id, token } = await provision({ parameters: [parameter] })
    expect((await call(token)).status).toBe(200)
    expect((await hub.call('GET', `/instances/${id}`)).body.configuration).toMatchObject({ seen: 'x\ufffd\ufffd' })
  })

  test('a header of the answer cannot begin another one', async () => {
    const { token } = await hook(
      'postRequest',
      `done({ response_status_code: 429, response_headers: { 'retry-after': '1\\r\\nset-cookie: a\\u20ac' } })`,
    )
    const { status, headers, body } = await call(token)
    expect(status).toBe(429)
    expect(headers.get('retry-after')).toBe('1??set-cookie: a?')
    expect(headers.get('set-cookie')).toBeNull()
    expect(body).toMatchObject({ requestId: expect.any(String), message: 'Request failed' })
  })

  test.each(['content-length', 'Content-Length', 'transfer-encoding'])(
    '%s does not end the answer early, so that the rest passes for the next one',
    async (name) => {
      const second = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'
      answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end(second)
      const { token } = await hook('postRequest', `done({ response_headers: { '${name}': '0' } })`, {
        path: '/x/{id}',
      })
      const answered = await fetchRaw('/hubs/general/x/1', token)
      expect(answered).toMatch(/^HTTP\/1\.1 200 OK/)
      expect(answered.toLowerCase()).toMatch(/\r\ntransfer-encoding: chunked\r\n/)
      expect(answered.toLowerCase().split('\r\n\r\n', 1)[0]).not.toContain('content-length')
      expect(answered).toMatch(/\r\n0\r\n\r\n$/)
    },
  )

  test('a cursor that no header can carry is a failure of the vendor', async () => {
    const { token } = await hook(
      'postRequest',
      `done({ response_body: [1], response_headers: { 'elements-next-page-token': 'x'.repeat(20000) } })`,
    )
    const { status, body } = await call(token)
    expect(status).toBe(502)
    expect(body.message).toContain('20000 characters')
  })
})

/** The bytes of an answer, as a proxy would read them. */
function fetchRaw(path: string, token: string): Promise<string> {
  return answerTo(
    `GET /elements/api-v2${path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\nauthorization: ${hub.authorization}, Element ${token}\r\n\r\n`,
  )
}

function answerTo(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(hub.hub.url).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(text)).on('error', reject)
    socket.write(request)
  })
}

describe('elements that would take the time of everybody', () => {
  test.each<[string, object]>([
    ['a root key of brackets', { rootKey: `${'[1]'.repeat(30_000)}x` }],
    ['a next page key of brackets', { nextPageKey: `${'[1]'.repeat(30_000)}x` }],
    ['a next resource of blanks', { nextResource: `GET:/${' '.repeat(100_000)}x` }],
    ['a path of slashes', { path: `/x${'/'.repeat(100_000)}y` }],
    [
      'a body field of 200 000 levels',
      {
        vendorMethod: 'POST',
        parameters: [{ name: 'x', type: 'value', vendorName: `${'a.'.repeat(200_000)}b`, vendorType: 'bodyField' }],
      },
    ],
  ])('%s', async (_what, resource) => {
    const started = performance.now()
    const { token } = await provision(resource)
    expect((await call(token)).status).toBeLessThan(500)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

test('a form of equal names takes no time of others', async () => {
  const { token } = await provision({ method: 'POST' })
  const started = performance.now()
  const { status } = await fetch(`${hub.api}/hubs/general/x`, {
    method: 'POST',
    headers: {
      authorization: `${hub.authorization}, Element ${token}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'a=1&'.repeat(2_000_000),
  })
  expect(status).toBe(413)
  expect(performance.now() - started).toBeLessThan(1_000)
})

describe('what a stranger sends is not read', () => {
  const head = (path: string, lines: string[]) =>
    [`POST /elements/api-v2${path} HTTP/1.1`, 'host: hub', 'connection: close', ...lines, '', ''].join('\r\n')
  const json = 'content-type: application/json'
  const nobody = 'authorization: User nobody, Organization nobody'

  test.each([
    ['a large body', '/hubs/general/x', [json, 'content-length: 9000000']],
    ['one without length', '/hubs/general/x', [json, 'transfer-encoding: chunked']],
    ['one of an unknown user', '/elements', [json, nobody, 'content-length: 9000000']],
    ['one for no route', '/nowhere', [json, 'content-length: 9000000']],
  ])('%s', async (_what, path, lines) => {
    // the body never comes: whoever waits for it does not answer
    expect(await answerTo(head(path, lines))).toMatch(/^HTTP\/1\.1 401 /)
  })

  test.each(['/authentication', '/elements/base/oauth/url'])('more than a form needs at %s', async (path) => {
    expect(await answerTo(head(path, [json, 'content-length: 70000']))).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('what fits, also in chunks, is read', async () => {
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"username":"nobody@example.com","password":"x"}'))
        controller.close()
      },
    })
    const signIn = { method: 'POST', headers: { 'content-type': 'application/json' }, body: chunks, duplex: 'half' }
    const { status } = await fetch(`${hub.api}/authentication`, signIn as RequestInit)
    expect(status).toBe(401)
  })
})

test('a list that becomes a query', async () => {
  const { token } = await provision({
    method: 'POST',
    parameters: [{ name: 'ids', type: 'bodyField', vendorName: 'id', vendorType: 'query' }],
    hooks: [{ type: 'preRequest', body: 'done({ request_vendor_parameters })' }],
  })
  const started = performance.now()
  const { status, body } = await hub.call('POST', '/hubs/general/x', { token, body: { ids: Array(200_000).fill(1) } })
  expect(status).toBe(400)
  expect(body.message).toContain('200000 query parameters')
  expect(performance.now() - started).toBeLessThan(3_000)
})

test('a path of slashes costs a stranger no time of ours', async () => {
  const started = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => fetch(`${hub.api}${'/'.repeat(15_000)}x`).then(({ status }) => status)),
  )
  expect(new Set(answers)).toEqual(new Set([401]))
  expect(performance.now() - started).toBeLessThan(1_000)
})

describe('documents that would take the time of everybody', () => {
  const many = <T extends object>(count: number, part: (at: number) => T) =>
    Array.from({ length: count }, (_, at) => part(at))
  const within = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
    const started = performance.now()
    const result = await work()
    expect(performance.now() - started).toBeLessThan(ms)
    return result
  }
  const create = (document: object) => {
    made++
    return hub.call('POST', '/elements', {
      body: { name: `Acme ${made}`, authentication: { type: 'custom' }, resources: [RESOURCE], ...document },
    })
  }
  const script = 'a b '.repeat(100_000)

  test.each<[string, object]>([
    ['parts', { parameters: many(30_001, () => ({ type: 'x' })) }],
    ['parts inside of parts', { models: many(1_000, (at) => ({ name: `${at}`, fields: many(31, () => ({})) })) }],
    ['resources', { resources: many(5_001, (at) => ({ ...RESOURCE, path: `/x${at}` })) }],
    ['configuration rows', { configuration: many(1_001, (at) => ({ key: `k${at}` })) }],
    [
      'parameters in resources',
      {
        resources: many(1_000, (at) => ({ ...RESOURCE, path: `/x${at}` })),
        parameters: many(51, () => ({ type: 'x' })),
      },
    ],
  ])('too many %s are refused', async (_what, document) => {
    const { status, body } = await within(2_000, () => create(document))
    expect(body.message).toMatch(/more than \d+$/)
    expect(status).toBe(413)
  })

  test('many small changes do not make more of it than one large one', async () => {
    const { body } = await create({ models: many(29_500, (at) => ({ name: `m${at}` })) })
    const more = many(1_000, (at) => ({ name: `new${at}` }))
    expect((await within(3_000, () => hub.call('PUT', `/elements/${body.id}/models`, { body: more }))).status).toBe(413)
    const rows = many(1_001, (at) => ({ key: `k${at}` }))
    expect((await hub.call('PUT', `/elements/${body.id}/configurations`, { body: rows })).status).toBe(413)
  })

  test('equal parts, and parts that are found by name, are found at once', async () => {
    const { body } = await create({
      parameters: many(10_000, () => ({ type: 'x' })),
      models: many(15_000, (at) => ({ name: `m${at}` })),
    })
    const same = { parameters: many(10_000, () => ({ type: 'x' })) }
    expect((await within(3_000, () => hub.call('PUT', `/elements/${body.id}`, { body: same }))).status).toBe(200)
    const models = many(1_000, (at) => ({ name: `m${14_999 - at}`, vendorName: 'v' }))
    const changed = await within(3_000, () => hub.call('PUT', `/elements/${body.id}/models`, { body: models }))
    expect(changed.status).toBe(200)
    expect(changed.body.map(({ name }: { name: string }) => name)).toEqual(models.map(({ name }) => name))
  })

  test('a hook of the whole element is looked through once', async () => {
    const element = await create({
      configuration: [{ key: 'base.url', defaultValue: vendorUrl }],
      hooks: [{ type: 'preRequest', body: `${script};done()` }],
      resources: many(1_000, (at) => ({ ...RESOURCE, path: `/x${at}` })),
    })
    const body = { name: 'Acme', element: { id: element.body.id } }
    expect((await within(3_000, () => hub.call('POST', '/instances', { body }))).status).toBe(200)
  })
})
