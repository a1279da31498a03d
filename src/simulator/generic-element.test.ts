import { afterEach, describe, expect, test } from 'vitest'
import {
  type ListeningSimulator,
  listenSimulator,
  queryParameter,
  testElement,
  testResource,
} from '../../test/support/simulator-listener.ts'
import type { Element } from '../model/element.ts'
import { singular } from './resource-plan.ts'
import type { SimulatorOptions } from './simulator.ts'

/** Elements without simulation.yaml: everything is read from the element. */
const listeners: ListeningSimulator[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})
async function serve(element: Element, more: Partial<SimulatorOptions> = {}): Promise<ListeningSimulator> {
  const listener = await listenSimulator({ elements: [element], ...more })
  listeners.push(listener)
  return listener
}

// biome-ignore lint/suspicious/noExplicitAny: wire bodies are read as a client would, the assertions are the schema
type Wire = any

const BASIC = { authorization: `Basic ${Buffer.from('key:').toString('base64')}` }

async function get(
  listener: ListeningSimulator,
  path: string,
  headers: Record<string, string> = BASIC,
): Promise<{ status: number; body: Wire; headers: Headers }> {
  const response = await listener.call(path, { headers })
  return { status: response.status, body: await response.json(), headers: response.headers }
}

const model = {
  name: 'deals',
  swagger: {
    deals: { type: 'array', items: { type: 'deal' } },
    deal: {
      properties: {
        id: { type: 'string' },
        title: { type: 'string' },
        amount: { type: 'number' },
        owner: { type: 'owner' },
        created_at: { type: 'string', format: 'date-time' },
      },
    },
    owner: { properties: { email: { type: 'string' }, kind: { type: 'string', enum: ['person'] } } },
  },
}

const offsetElement = testElement({
  authentication: { type: 'basic' },
  configure: { 'base.url': 'https://{site}.acme.test/api/', 'pagination.type': 'offset', 'pagination.max': '50' },
  resources: [
    testResource('GET', '/deals', '/opportunities', {
      rootKey: 'data.rows',
      model,
      parameters: [
        queryParameter('page', 'offset'),
        queryParameter('pageSize', 'limit'),
        queryParameter('orderBy', 'order'),
      ],
    }),
    testResource('POST', '/deals', 'opportunities', { rootKey: 'deal|deal' }),
    testResource('GET', '/deals/{id}', '/opportunities/{oid}', { rootKey: '|deal' }),
    testResource('PATCH', '/deals/{id}', '/opportunities/{oid}', { rootKey: 'deal|deal' }),
    testResource('DELETE', '/deals/{id}', '/opportunities/{oid}/trash', { vendorMethod: 'POST' }),
    testResource('GET', '/deals/{id}/notes', '/opportunities/{id}/notes'),
    testResource('GET', '/deals/search', '/opportunities/search', { vendorMethod: 'POST', rootKey: 'data.rows' }),
  ],
})

describe('offset paging and basic authentication', () => {
  test('rows have the fields of the model, text ids, and the envelope of the root key', async () => {
    const { status, body } = await get(await serve(offsetElement), '/acme/api/opportunities?limit=2')
    expect(status).toBe(200)
    expect(body.data.rows).toHaveLength(2)
    expect(body.data.rows[0]).toMatchObject({
      id: '1',
      title: expect.any(String),
      amount: expect.any(Number),
      owner: { email: expect.stringContaining('@example.'), kind: 'person' },
    })
    expect(body.data.rows[0].created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('the offset counts rows', async () => {
    const acme = await serve(offsetElement)
    const ids = async (query: string) =>
      (await get(acme, `/acme/api/opportunities?${query}`)).body.data.rows.map((row: Wire) => row.id)
    expect(await ids('limit=2&offset=3')).toEqual(['4', '5'])
    expect(await ids('limit=1000')).toHaveLength(30)
    expect(await ids('limit=2&order=-amount')).toHaveLength(2)
    expect(await ids('offset=30')).toEqual([])
  })

  test('a query parameter that is a field filters', async () => {
    const acme = await serve(offsetElement)
    const { title } = (await get(acme, '/acme/api/opportunities?limit=1')).body.data.rows[0]
    const rows = (await get(acme, `/acme/api/opportunities?title=${encodeURIComponent(title)}`)).body.data.rows
    expect(rows.every((row: Wire) => row.title === title)).toBe(true)
    expect((await get(acme, '/acme/api/opportunities?unknown=1&limit=5')).body.data.rows).toHaveLength(5)
  })

  test('create, read, change, delete: the platform method says what a vendor POST means', async () => {
    const acme = await serve(offsetElement)
    const send = async (method: string, path: string, body?: unknown) => {
      const response = await acme.call(`/acme/api${path}`, {
        method,
        headers: { ...BASIC, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    }
    expect(await send('POST', '/opportunities', { deal: { title: 'New', extra: 1 } })).toMatchObject({
      status: 201,
      body: { deal: { id: '31', title: 'New', extra: 1 } },
    })
    expect(await send('PATCH', '/opportunities/31', { deal: { title: 'Newer' } })).toMatchObject({
      status: 200,
      body: { deal: { id: '31', title: 'Newer', extra: 1 } },
    })
    expect(await send('GET', '/opportunities/31')).toMatchObject({ status: 200, body: { deal: { title: 'Newer' } } })
    expect(await send('POST', '/opportunities/search', { title: 'Newer' })).toMatchObject({
      status: 200,
      body: { data: { rows: [{ id: '31' }] } },
    })
    expect((await send('POST', '/opportunities/31/trash')).status).toBe(204)
    expect(await send('GET', '/opportunities/31')).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect((await send('POST', '/opportunities', '[broken')).status).toBe(201)
  })

  test('rows below a row belong to it', async () => {
    const acme = await serve(offsetElement)
    expect((await get(acme, '/acme/api/opportunities/1/notes')).body.length).toBeGreaterThan(0)
    const [one, two] = await Promise.all(
      ['1', '2'].map(async (id) => (await get(acme, `/acme/api/opportunities/${id}/notes`)).body),
    )
    expect(one).not.toEqual(two)
    await acme.call('/acme/api/opportunities/1/trash', { method: 'POST', headers: BASIC })
    expect((await get(acme, '/acme/api/opportunities/1/notes')).status).toBe(404)
  })

  for (const [name, headers] of [
    ['none', {}],
    ['no user', { authorization: `Basic ${Buffer.from(':x').toString('base64')}` }],
    ['another scheme', { authorization: 'Bearer x' }],
  ] as const) {
    test(`credentials are needed: ${name} is 401`, async () => {
      expect(
        (await get(await serve(offsetElement), '/acme/api/opportunities', headers as Record<string, string>)).status,
      ).toBe(401)
    })
  }

  test('a placeholder in the host is any name', async () => {
    expect((await serve(offsetElement)).simulator.origins('http://127.0.0.1:1')).toEqual({
      'https://*.acme.test': 'http://127.0.0.1:1/acme',
      'https://acme.simulator.test': 'http://127.0.0.1:1/acme',
    })
  })
})

describe('other pagings', () => {
  const element = (
    type: string,
    nextPageKey: string,
    parameters = [queryParameter('nextPage', 'cursor'), queryParameter('pageSize', 'limit')],
    rootKey = '|data',
  ) =>
    testElement({
      authentication: { type: 'basic' },
      configure: { 'base.url': 'https://api.acme.test', 'pagination.type': type },
      resources: [testResource('GET', '/people', '/people', { rootKey, nextPageKey, parameters })],
    })

  async function walk(
    acme: ListeningSimulator,
    next: (reply: { body: Wire; headers: Headers }) => string | undefined,
  ): Promise<number[]> {
    const seen: number[] = []
    let query: string | undefined = 'limit=12'
    for (let pages = 0; query !== undefined && pages < 10; pages++) {
      const reply = await get(acme, `/acme/people?${query}`)
      const rows = Array.isArray(reply.body) ? reply.body : reply.body.data
      seen.push(...rows.map((row: Wire) => row.id))
      query = next(reply)
    }
    return seen
  }
  const all = Array.from({ length: 30 }, (_, index) => index + 1)

  test('a cursor in the body', async () => {
    const acme = await serve(element('cursor', 'body.paging.next'))
    expect(await walk(acme, ({ body }) => body.paging?.next && `limit=12&cursor=${body.paging.next}`)).toEqual(all)
    expect((await get(acme, '/acme/people?cursor=garbage')).status).toBe(400)
  })

  test('a link in the body', async () => {
    const acme = await serve(element('cursor', 'body.links.next?cursor'))
    expect(await walk(acme, ({ body }) => body.links?.next && new URL(body.links.next).search.slice(1))).toEqual(all)
  })

  test('a cursor in a header', async () => {
    const acme = await serve(element('cursor', 'header.x-next', undefined, ''))
    expect(
      await walk(acme, ({ headers }) =>
        headers.get('x-next') ? `limit=12&cursor=${headers.get('x-next')}` : undefined,
      ),
    ).toEqual(all)
  })

  test('pages from 0', async () => {
    const acme = await serve(element('page 0', '', [queryParameter('page', 'p'), queryParameter('pageSize', 'limit')]))
    expect((await get(acme, '/acme/people?p=0&limit=3')).body.data.map((row: Wire) => row.id)).toEqual([1, 2, 3])
    expect((await get(acme, '/acme/people?p=1&limit=3')).body.data.map((row: Wire) => row.id)).toEqual([4, 5, 6])
  })

  test('a list that the vendor does not page comes whole', async () => {
    const acme = await serve(element('page', '', []))
    expect((await get(acme, '/acme/people')).body.data).toHaveLength(30)
  })
})

test('an API key is expected where the element puts it', async () => {
  const acme = await serve(
    testElement({
      authentication: { type: 'apiKey' },
      configure: { 'base.url': 'https://api.acme.test' },
      parameters: [{ name: 'api.key', vendorName: 'X-Acme', type: 'configuration', vendorType: 'header' }],
      resources: [
        testResource('GET', '/people', '/people'),
        testResource('GET', '/people/me', '/people/me'),
        testResource('GET', '/ping', '/ping'),
      ],
    }),
  )
  expect((await get(acme, '/acme/people', {})).status).toBe(401)
  expect((await get(acme, '/acme/people', { 'x-other-key': 'x' })).status).toBe(401)
  expect((await get(acme, '/acme/people', { 'x-acme': 'x' })).status).toBe(200)
  expect((await get(acme, '/acme/people/me', { 'x-acme': 'x' })).body).toMatchObject({ id: 1 })
  expect((await get(acme, '/acme/ping', { 'x-acme': 'x' })).body).toMatchObject({ id: 1 })
})

test('a login call answers what the element captures', async () => {
  const capture = {
    name: 'token',
    type: 'configuration',
    vendorName: 'auth.token',
    vendorType: 'body',
    source: 'response',
  }
  const acme = await serve(
    testElement({
      authentication: { type: 'custom' },
      configure: { 'base.url': 'https://api.acme.test' },
      resources: [testResource('POST', '/login', '/login', { type: 'provisionAuthValidation', parameters: [capture] })],
    }),
  )
  const response = await acme.call('/acme/login', { method: 'POST' })
  expect(await response.json()).toMatchObject({ auth: { token: expect.any(String) } })
})

test('several vendors answer below their keys only', async () => {
  const other = testElement({
    key: 'other',
    authentication: { type: 'basic' },
    configure: { 'base.url': 'https://api.other.test' },
    resources: [testResource('GET', '/x', '/things')],
  })
  const acme = await serve(offsetElement, { elements: [offsetElement, other] })
  expect((await get(acme, '/other/things')).status).toBe(200)
  expect((await get(acme, '/things')).status).toBe(404)
  expect((await get(acme, '/other')).status).toBe(404)
})

describe('OAuth 1', () => {
  const element = testElement({
    authentication: { type: 'oauth1' },
    configure: {
      'base.url': 'https://api.acme.test',
      'oauth.request.url': 'https://api.acme.test/oauth/request',
      'oauth.authorization.url': 'https://api.acme.test/oauth/authorize',
      'oauth.token.url': 'https://api.acme.test/oauth/access',
    },
    resources: [testResource('GET', '/people', '/people')],
  })
  const signed = (more: Record<string, string>) => {
    const given = {
      oauth_consumer_key: 'ck',
      oauth_signature_method: 'HMAC-SHA1',
      oauth_signature: 's',
      oauth_timestamp: '1',
      oauth_nonce: 'n',
      ...more,
    }
    return {
      authorization: `OAuth ${Object.entries(given)
        .map(([name, value]) => `${name}="${encodeURIComponent(value)}"`)
        .join(', ')}`,
    }
  }
  const post = async (acme: ListeningSimulator, path: string, more: Record<string, string>) => {
    const response = await acme.call(path, { method: 'POST', headers: signed(more) })
    return { status: response.status, body: new URLSearchParams(await response.text()) }
  }

  test('request token, authorize, access token, signed call', async () => {
    const acme = await serve(element, { consent: 'auto' })
    const request = await post(acme, '/acme/oauth/request', { oauth_callback: 'http://127.0.0.1:1/cb' })
    expect(request.body.get('oauth_callback_confirmed')).toBe('true')
    const oauth_token = request.body.get('oauth_token') ?? ''
    const back = new URL(
      (await acme.call(`/acme/oauth/authorize?oauth_token=${oauth_token}`)).headers.get('location') ?? '',
    )
    const oauth_verifier = back.searchParams.get('oauth_verifier') ?? ''
    expect((await post(acme, '/acme/oauth/access', { oauth_token, oauth_verifier: 'wrong' })).status).toBe(401)
    const access = await post(acme, '/acme/oauth/access', { oauth_token, oauth_verifier })
    expect(access.status).toBe(200)
    expect((await post(acme, '/acme/oauth/access', { oauth_token, oauth_verifier })).status).toBe(401)
    const token = access.body.get('oauth_token') ?? ''
    expect((await get(acme, '/acme/people', signed({ oauth_token: token }))).status).toBe(200)
    expect((await get(acme, '/acme/people', { authorization: `Bearer ${token}` })).status).toBe(401)
  })

  test('unsigned requests and strange callbacks are refused', async () => {
    const acme = await serve(element)
    expect((await acme.call('/acme/oauth/request', { method: 'POST' })).status).toBe(401)
    expect((await post(acme, '/acme/oauth/request', { oauth_callback: 'javascript:1' })).status).toBe(401)
    expect((await acme.call('/acme/oauth/authorize?oauth_token=%3Cscript%3E')).status).toBe(400)
  })
})

test('words for one row', () => {
  for (const [many, one] of [
    ['contacts', 'contact'],
    ['companies', 'company'],
    ['addresses', 'address'],
    ['statuses', 'status'],
    ['people', 'people'],
    ['lead_sources', 'lead_source'],
  ]) {
    expect(singular(many ?? '')).toBe(one)
  }
})
