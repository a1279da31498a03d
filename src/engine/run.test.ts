import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import {
  answer,
  callOf,
  elementOf,
  failureOf,
  NOW,
  parameter,
  resource,
  row,
  runCall,
} from '../../test/support/engine.ts'
import { ValenceError } from '../errors.ts'
import type { Element, Resource } from '../model/element.ts'
import type { ResourceReply, VendorReply } from '../model/exchange.ts'

const paged = (parts: Partial<Resource> = {}, configuration: [string, string][] = []): Element =>
  elementOf({
    configuration: [
      row('base.url', 'https://api.acme.test/v1'),
      ...configuration.map(([key, value]) => row(key, value)),
    ],
    resources: [
      resource('GET', '/contacts', {
        parameters: [
          parameter('query page', 'query page'),
          parameter('query pageSize', 'query per_page'),
          parameter('query where', 'query converter:toQueryParameters'),
        ],
        ...parts,
      }),
    ],
  })

const rows = (count: number, from = 1) => Array.from({ length: count }, (_, index) => ({ id: from + index }))
const tokenOf = (reply: ResourceReply) => reply.headers['elements-next-page-token']
const searchOf = (url: string | undefined) => Object.fromEntries(new URL(url ?? '').searchParams)

describe('a rejected token is renewed once (spec 10 §5.6)', () => {
  const element = elementOf({
    authentication: { type: 'oauth2' },
    resources: [resource('GET', '/x'), resource('POST', '/x')],
  })
  const configuration = {
    'oauth.user.token': 'stale',
    'oauth.user.refresh_token': 'r',
    'oauth.token.url': 'https://v.test/token',
  }
  const bearers = (requests: { headers: Record<string, string> }[]) =>
    requests.map(({ headers }) => headers['authorization'])

  test('401, renewed, answered', async () => {
    const { reply, requests, refreshes } = await runCall(
      element,
      callOf('GET /x'),
      [answer(401), answer(200, { id: 1 })],
      { configuration },
    )
    expect(reply).toMatchObject({ status: 200, body: { id: 1 } })
    expect(bearers(requests)).toEqual(['Bearer stale', 'Bearer fresh'])
    expect(refreshes).toEqual([1])
  })

  test('a POST that was not let in did nothing and goes again', async () => {
    const { requests } = await runCall(element, callOf('POST /x'), [answer(401), answer(200, {})], { configuration })
    expect(bearers(requests)).toEqual(['Bearer stale', 'Bearer fresh'])
  })

  test('what a chain captured before is still there, and is stored', async () => {
    const chained = elementOf({
      authentication: { type: 'oauth2' },
      resources: [
        resource('POST', '/session', {
          nextResource: 'GET:/rows',
          parameters: [
            parameter('configuration session.id', 'body id', { source: 'response' }),
            parameter('configuration oauth.user.token', 'body token', { source: 'response' }),
          ],
        }),
        resource('GET', '/rows', { parameters: [parameter('configuration session.id', 'query session')] }),
      ],
    })
    const { requests, saved } = await runCall(
      chained,
      callOf('POST /session'),
      [answer(200, { id: 's1', token: 'older' }), answer(401), answer(200, [])],
      { configuration },
    )
    expect(requests.map(({ url }) => searchOf(url))).toEqual([{}, { session: 's1' }, { session: 's1' }])
    expect(bearers(requests)).toEqual(['Bearer stale', 'Bearer older', 'Bearer fresh'])
    expect(saved).toEqual({ 'session.id': 's1' })
  })

  test('credentials that are newer in another secret only are no fresh token', async () => {
    const asked: number[] = []
    const refreshCredentials = async (id: number, version: number) => {
      asked.push(version)
      const token = asked.length === 1 ? 'stale' : 'fresh'
      return {
        id,
        accountId: 3,
        configuration: { ...configuration, 'base.url': 'https://api.acme.test/v1', 'oauth.user.token': token },
        credentialsVersion: version + 1,
      }
    }
    const { requests } = await runCall(element, callOf('GET /x'), [answer(401), answer(200, {})], {
      configuration,
      ports: { refreshCredentials },
    })
    expect([bearers(requests), asked]).toEqual([
      ['Bearer stale', 'Bearer fresh'],
      [1, 2],
    ])
  })

  test('a second 401 is the answer', async () => {
    const { error, run } = await failureOf(
      runCall(element, callOf('GET /x'), [answer(401), answer(401, { no: 1 })], { configuration }),
    )
    expect(error).toMatchObject({
      code: 'VENDOR_FAILED',
      status: 401,
      message: 'Request failed',
      providerMessage: '{"no":1}',
    })
    expect([run.requests.length, run.refreshes]).toEqual([2, [1]])
  })

  test('without a refresh token 401 is the answer', async () => {
    const { error, run } = await failureOf(
      runCall(element, callOf('GET /x'), [answer(401)], { configuration: { 'oauth.user.token': 't' } }),
    )
    expect([error.status, run.refreshes]).toEqual([401, []])
  })

  test('a refresh that fails is the answer', async () => {
    const failed = new ValenceError('REFRESH_FAILED', 'no longer granted')
    const { error } = await failureOf(
      runCall(element, callOf('GET /x'), [answer(401)], {
        configuration,
        ports: { refreshCredentials: () => Promise.reject(failed) },
      }),
    )
    expect(error).toBe(failed)
  })

  test('a token that has run out is renewed before the call', async () => {
    const old = { ...configuration, 'oauth.user.refresh_time': String(+NOW - 3_600_000) }
    const { requests, refreshes } = await runCall(element, callOf('GET /x'), [answer(200, {})], { configuration: old })
    expect([bearers(requests), refreshes]).toEqual([['Bearer fresh'], [1]])
  })
})

describe('trying again', () => {
  const element = elementOf({
    resources: ['GET', 'POST', 'PATCH', 'DELETE']
      .map((method) => resource(method, '/x'))
      .concat(resource('PATCH', '/put', { vendorMethod: 'PUT' })),
  })
  const refused = new ValenceError('VENDOR_UNREACHABLE', 'api.acme.test refused the connection')
  const reset = new ValenceError('VENDOR_UNREACHABLE', 'the connection broke')
  const limited = () => answer(429, '', { 'retry-after': '1' })
  for (const [name, line, vendor, count, waits] of [
    ['429 waits as the vendor asks', 'GET /x', [limited(), answer(200, {})], 2, [1075]],
    ['503 twice', 'GET /x', [answer(503), answer(503), answer(200, {})], 3, [113, 225]],
    ['a broken connection', 'DELETE /x', [reset, answer(200, {})], 2, [113]],
    ['a POST that was refused the connection', 'POST /x', [refused, answer(200, {})], 2, [113]],
    ['the verb that the vendor sees counts', 'PATCH /put', [answer(503), answer(200, {})], 2, [113]],
  ] as [string, string, (VendorReply | Error)[], number, number[]][]) {
    test(`${name}: again`, async () => {
      const run = await runCall(element, callOf(line), vendor)
      expect([run.reply.status, run.requests.length, run.waits]).toEqual([200, count, waits])
    })
  }
  for (const [name, line, vendor, count, status] of [
    ['POST is not repeated', 'POST /x', [answer(503)], 1, 502],
    ['nor is POST on 429', 'POST /x', [limited()], 1, 429],
    ['nor a POST whose connection broke', 'POST /x', [reset], 1, 502],
    ['nor PATCH', 'PATCH /x', [answer(503)], 1, 502],
    ['three times is the end', 'GET /x', [answer(503), answer(503), answer(503)], 3, 502],
    ['a long wait is left to the caller', 'GET /x', [answer(429, '', { 'retry-after': '60' })], 1, 429],
    ['500 is an answer', 'GET /x', [answer(500)], 1, 502],
    ['a refused address is not tried again', 'GET /x', [new ValenceError('EGRESS_REFUSED', 'private')], 1, 400],
  ] as [string, string, (VendorReply | Error)[], number, number][]) {
    test(name, async () => {
      const { error, run } = await failureOf(runCall(element, callOf(line), vendor))
      expect([error.status, run.requests.length]).toEqual([status, count])
    })
  }

  for (const [name, line, vendor, count] of [
    ['a busy vendor', 'DELETE /x', [answer(503)], 1],
    ['a connection that broke', 'DELETE /x', [reset], 1],
    ['a refused connection, which never reached it', 'DELETE /x', [refused, reset], 2],
  ] as [string, string, (VendorReply | Error)[], number][]) {
    test(`a call that is sent once knows of one request: ${name}`, async () => {
      const { error, run } = await failureOf(runCall(element, callOf(line, { isSentOnce: true }), vendor))
      expect([error.status, run.requests.length]).toEqual([502, count])
    })
  }

  test('whoever calls may end what is on its way to the vendor', async () => {
    const { signal } = new AbortController()
    const { requests } = await runCall(element, callOf('GET /x', { signal }), [answer(503), answer(200, {})])
    expect(requests.map((request) => request.signal)).toEqual([signal, signal])
  })

  test('a failure keeps the status that the vendor sent', async () => {
    const { error } = await failureOf(runCall(element, callOf('POST /x'), [answer(503, 'tired')]))
    expect(error).toMatchObject({ status: 502, vendorStatus: 503, providerMessage: 'tired' })
  })

  test('every attempt has a signature of its own: a nonce counts once (RFC 5849 §3.3)', async () => {
    const element = elementOf({ authentication: { type: 'oauth1' }, resources: [resource('GET', '/x')] })
    const configuration = { 'oauth.user.token': 't', 'oauth.request.authorization.type': 'query' }
    let count = 0
    const { requests } = await runCall(element, callOf('GET /x'), [answer(503), answer(503), answer(200, {})], {
      configuration,
      ports: { random: () => ++count / 100 },
    })
    const nonces = requests.map(({ url }) => new URL(url).searchParams.getAll('oauth_nonce'))
    expect(nonces.map((found) => found.length)).toEqual([1, 1, 1])
    expect(new Set(nonces.flat()).size).toBe(3)
  })

  test('Retry-After reaches the caller (spec 00 §7)', async () => {
    const { error } = await failureOf(
      runCall(element, callOf('GET /x'), [answer(429, 'slow', { 'retry-after': '60' })]),
    )
    expect(error).toMatchObject({ status: 429, headers: { 'retry-after': '60' }, providerMessage: 'slow' })
  })

  test('an error that is ours is not hidden', async () => {
    const bug = new TypeError('x is undefined')
    await expect(runCall(element, callOf('GET /x'), [bug])).rejects.toBe(bug)
  })
})

describe('what is not there', () => {
  const element = elementOf({
    resources: [resource('GET', '/x'), resource('GET', '/built-in', { kind: 'java' })],
  })
  for (const [line, code, status, message] of [
    ['GET /nothing', 'RESOURCE_UNKNOWN', 400, 'Acme has no resource /nothing'],
    ['DELETE /x', 'METHOD_NOT_ALLOWED', 405, 'Acme answers /x to GET, not to DELETE'],
    ['GET /built-in', 'RESOURCE_NOT_EXECUTABLE', 400, 'This API is not currently supported for this element'],
  ] as const) {
    test(`${line}: ${code}`, async () => {
      const { error, run } = await failureOf(runCall(element, callOf(line)))
      expect(error).toMatchObject({ code, status, message })
      expect(run.requests).toEqual([])
    })
  }
})

describe('the answer', () => {
  const element = (configuration: [string, string][] = [], parts: Partial<Resource> = {}) =>
    elementOf({
      configuration: [
        row('base.url', 'https://api.acme.test'),
        ...configuration.map(([key, value]) => row(key, value)),
      ],
      resources: [resource('GET', '/x/{id}', parts), resource('GET', '/x', parts), resource('DELETE', '/x/{id}')],
    })
  const record = { id: 1, name: null, address: { city: null } }
  for (const [name, given, line, vendor, expected] of [
    ['nulls go by default', element(), 'GET /x/1', answer(200, record), { id: 1, address: {} }],
    [
      'nulls stay when the instance says so',
      element([['filter.response.nulls', 'false']]),
      'GET /x',
      answer(200, [record]),
      [record],
    ],
    ['201 is 200', element(), 'GET /x/1', answer(201, { id: 1 }), { id: 1 }],
    [
      'the root is taken out',
      element([], { rootKey: '|data' }),
      'GET /x/1',
      answer(200, { data: { id: 1 }, meta: 1 }),
      { id: 1 },
    ],
    [
      'a root that is not there changes nothing',
      element([], { rootKey: '|data' }),
      'GET /x/1',
      answer(200, { id: 1 }),
      { id: 1 },
    ],
    [
      'rows in envelopes',
      element([], { rootKey: '|items[*].data' }),
      'GET /x',
      answer(200, { items: [{ data: { id: 1 } }] }),
      [{ id: 1 }],
    ],
    ['text is text', element(), 'GET /x/1', answer(200, 'plain', { 'content-type': 'text/plain' }), 'plain'],
    ['JSON that does not say so', element(), 'GET /x/1', answer(200, '{"id":1}'), { id: 1 }],
    ['no content', element(), 'DELETE /x/1', answer(204), undefined],
    [
      'fields are the vendor’s affair',
      element(),
      'GET /x?fields=id',
      answer(200, [{ id: 1, a: 2 }]),
      [{ id: 1, a: 2 }],
    ],
    [
      'unless the element leaves them to us',
      element([['allow.select.fields', 'true']]),
      'GET /x?fields=id,%20b.c',
      answer(200, [{ id: 1, a: 2, b: { c: 3, d: 4 } }]),
      [{ id: 1, b: { c: 3 } }],
    ],
    [
      'fields are for lists',
      element([['allow.select.fields', 'true']]),
      'GET /x/1?fields=id',
      answer(200, { id: 1, a: 2 }),
      { id: 1, a: 2 },
    ],
  ] as [string, Element, string, VendorReply, unknown][]) {
    test(name, async () => {
      const { reply } = await runCall(given, callOf(line), [vendor])
      expect(reply.status).toBe(200)
      expect(reply.body === undefined ? undefined : JSON.parse(JSON.stringify(reply.body))).toEqual(expected)
    })
  }

  for (const [name, given, vendor] of [
    [
      'bytes',
      element(),
      answer(200, 'PNG', {
        'content-type': 'image/png',
        'content-length': '3',
        'content-disposition': 'attachment; filename="a.png"',
        'x-secret': '1',
      }),
    ],
    [
      'JSON that nothing would change',
      element([['filter.response.nulls', 'false']]),
      answer(200, '{"id":null}', { 'content-type': 'application/json' }),
    ],
  ] as const) {
    test(`${name} pass through as they arrive`, async () => {
      const { reply } = await runCall(given, callOf('GET /x/1'), [vendor])
      expect(reply.body).toBeInstanceOf(Readable)
      expect(reply.body).toBe(vendor.body)
      expect(reply.headers['content-type']).toBe(vendor.headers['content-type'])
      expect(reply.headers).not.toHaveProperty('x-secret')
    })
  }

  test('a file that nobody gets gives its connection back', async () => {
    const hooked = elementOf({
      resources: [resource('GET', '/x/{id}', { hooks: [{ type: 'postRequest', body: 'done()', isLegacy: false }] })],
    })
    const broken = new ValenceError('SCRIPT_FAILED', 'x is not defined')
    for (const runScript of [
      () => Promise.reject(broken),
      async () => ({ value: { response_status_code: 404 }, returnedAsGiven: [], console: [] }),
      async () => ({ value: { response_body: { id: 1 } }, returnedAsGiven: [], console: [] }),
    ]) {
      const file = answer(200, 'pdf', { 'content-type': 'application/pdf' })
      await runCall(hooked, callOf('GET /x/1'), [file], { ports: { runScript } }).catch(() => undefined)
      expect(file.body.destroyed).toBe(true)
    }
  })

  test('a file keeps its name and length', async () => {
    const headers = { 'content-type': 'application/pdf', 'content-length': '3', 'content-disposition': 'attachment' }
    const { reply } = await runCall(element(), callOf('GET /x/1'), [answer(200, 'PDF', headers)])
    expect(reply.headers).toEqual(headers)
  })

  test('an error is read even when it is no text, and its secrets are masked', async () => {
    const text = '{"error":"bad key s3cret-key"}'
    const { error } = await failureOf(
      runCall(element(), callOf('GET /x/1'), [answer(422, text, { 'content-type': 'application/octet-stream' })], {
        configuration: { 'oauth.api.key': 's3cret-key' },
      }),
    )
    expect(error).toMatchObject({
      code: 'VENDOR_FAILED',
      status: 400,
      message: 'Request failed',
      providerMessage: '{"error":"bad key ********"}',
    })
  })

  test('an error without a word', async () => {
    const { error } = await failureOf(runCall(element(), callOf('GET /x/1'), [answer(404)]))
    expect(error).toMatchObject({ status: 404, providerMessage: 'HTTP 404' })
  })

  test('malformed JSON in a success is the vendor’s failure', async () => {
    const { error } = await failureOf(
      runCall(element(), callOf('GET /x'), [answer(200, '{"id":', { 'content-type': 'application/json' })]),
    )
    expect(error).toMatchObject({ code: 'VENDOR_REPLY_INVALID', status: 502, providerMessage: '{"id":' })
  })
})

describe('paging (spec 21 §5)', () => {
  test('a full page has a successor, the token alone leads to it', async () => {
    const element = paged()
    const first = await runCall(element, callOf("GET /contacts?pageSize=2&where=name='Ada'"), [answer(200, rows(2))])
    expect(searchOf(first.requests[0]?.url)).toEqual({ name: 'Ada', page: '1', per_page: '2' })
    expect(first.reply.headers).toMatchObject({ 'elements-returned-count': '2' })
    const second = await runCall(element, callOf(`GET /contacts?nextPage=${tokenOf(first.reply)}`), [
      answer(200, rows(1, 3)),
    ])
    expect(searchOf(second.requests[0]?.url)).toEqual({ name: 'Ada', page: '2', per_page: '2' })
    expect(tokenOf(second.reply)).toBeUndefined()
  })

  test('the token wins over page; an explicit pageSize is allowed', async () => {
    const first = await runCall(paged(), callOf('GET /contacts?pageSize=2'), [answer(200, rows(2))])
    const { requests } = await runCall(
      paged(),
      callOf(`GET /contacts?page=9&pageSize=3&nextPage=${tokenOf(first.reply)}`),
    )
    expect(searchOf(requests[0]?.url)).toEqual({ page: '2', per_page: '3' })
  })

  for (const word of ['', 'null', 'undefined']) {
    test(`nextPage=${word} is the first page`, async () => {
      const { requests } = await runCall(paged(), callOf(`GET /contacts?nextPage=${word}`))
      expect(searchOf(requests[0]?.url)).toEqual({ page: '1', per_page: '200' })
    })
  }

  for (const [query, message] of [
    ['pageSize=0', 'pageSize: expected a whole number from 1, got "0"'],
    ['pageSize=ten', 'pageSize: expected a whole number from 1, got "ten"'],
    ['page=-1', 'page: expected a whole number from 1, got "-1"'],
    ['page=1.5', 'page: expected a whole number from 1, got "1.5"'],
    ['nextPage=%21', /^nextPage: it is damaged/],
  ] as const) {
    test(`${query} is refused`, async () => {
      const { error, run } = await failureOf(runCall(paged(), callOf(`GET /contacts?${query}`)))
      expect(error.status).toBe(400)
      expect(error.message).toMatch(message)
      expect(run.requests).toEqual([])
    })
  }

  test('a page that is too large is cut and said so', async () => {
    const element = paged({}, [['pagination.max', '100']])
    const { reply, requests } = await runCall(element, callOf('GET /contacts?pageSize=5000'), [answer(200, rows(100))])
    expect(searchOf(requests[0]?.url)).toMatchObject({ per_page: '100' })
    expect(reply.headers['elements-error']).toBe(
      'pageSize 5000 is more than the maximum of this element (100); 100 was used',
    )
    expect(tokenOf(reply)).toBeDefined()
  })

  test('no warning, no header', async () => {
    const { reply } = await runCall(paged(), callOf('GET /contacts'), [answer(200, rows(1))])
    expect(reply.headers).toEqual({ 'elements-returned-count': '1' })
  })

  test('an empty answer to a list is an empty list', async () => {
    const { reply } = await runCall(paged(), callOf('GET /contacts'), [answer(204)])
    expect(reply).toMatchObject({ body: [], headers: { 'elements-returned-count': '0' } })
  })

  test('offsets', async () => {
    const element = paged({}, [
      ['pagination.type', 'offset'],
      ['pagination.page.startindex', '0'],
    ])
    const { requests } = await runCall(element, callOf('GET /contacts?page=3&pageSize=20'))
    expect(searchOf(requests[0]?.url)).toEqual({ page: '40', per_page: '20' })
  })

  test('cursors: to the parameter nextPage, and nothing on the first page', async () => {
    const element = paged(
      {
        nextPageKey: 'body.next',
        rootKey: '|data',
        parameters: [parameter('query nextPage', 'query after'), parameter('query pageSize', 'query limit')],
      },
      [['pagination.type', 'cursor']],
    )
    const first = await runCall(element, callOf('GET /contacts?pageSize=2'), [
      answer(200, { data: rows(1), next: 'c/1' }),
    ])
    expect(searchOf(first.requests[0]?.url)).toEqual({ limit: '2' })
    const second = await runCall(element, callOf(`GET /contacts?nextPage=${tokenOf(first.reply)}`), [
      answer(200, { data: rows(2), next: null }),
    ])
    expect(searchOf(second.requests[0]?.url)).toEqual({ after: 'c/1', limit: '2' })
    expect(tokenOf(second.reply)).toBeUndefined()
  })

  test('cursors: to page when nextPage is not declared; a short page may have a successor', async () => {
    const element = paged({ nextPageKey: 'next?page', rootKey: '|data' })
    const first = await runCall(element, callOf('GET /contacts'), [answer(200, { data: rows(1), next: '/x?page=2' })])
    const second = await runCall(element, callOf(`GET /contacts?nextPage=${tokenOf(first.reply)}`), [
      answer(200, { data: [] }),
    ])
    expect(searchOf(second.requests[0]?.url)).toMatchObject({ page: '2' })
    expect([second.reply.body, tokenOf(second.reply)]).toEqual([[], undefined])
  })

  for (const [name, parts] of [
    [
      'a cursor that nothing takes back',
      { nextPageKey: 'next', rootKey: '|data', parameters: [parameter('query pageSize', 'query limit')] },
    ],
    [
      'a page that only hooks would read',
      {
        rootKey: '|data',
        parameters: [parameter('query page', 'no-op page'), parameter('query pageSize', 'no-op pageSize')],
      },
    ],
    ['NO_PAGINATION', { rootKey: '|data', paginationType: 'NO_PAGINATION' }],
  ] as [string, Partial<Resource>][]) {
    test(`${name} promises no next page`, async () => {
      const { reply } = await runCall(paged(parts), callOf('GET /contacts'), [
        answer(200, { data: rows(200), next: 'c1' }),
      ])
      expect(tokenOf(reply)).toBeUndefined()
    })
  }

  test('NO_PAGINATION ignores page parameters and returns everything', async () => {
    const { reply, requests } = await runCall(
      paged({ paginationType: 'NO_PAGINATION' }),
      callOf('GET /contacts?page=2&pageSize=1&nextPage=x'),
      [answer(200, rows(3))],
    )
    expect(searchOf(requests[0]?.url)).toEqual({})
    expect([reply.body, reply.headers]).toEqual([rows(3), { 'elements-returned-count': '3' }])
  })

  test('VENDOR_NOT_SUPPORTED: everything is fetched, pages are cut here, one by one', async () => {
    const element = paged({ paginationType: 'VENDOR_NOT_SUPPORTED' })
    const seen: unknown[] = []
    let query = 'pageSize=2'
    for (let count = 0; query !== ''; count++) {
      const { reply, requests } = await runCall(element, callOf(`GET /contacts?${query}`), [answer(200, rows(5))])
      expect(searchOf(requests[0]?.url)).toEqual({})
      expect(reply.headers['elements-total-count']).toBe('5')
      seen.push((reply.body as unknown[]).length)
      const token = tokenOf(reply)
      query = token ? `nextPage=${token}` : ''
      expect(count).toBeLessThan(5)
    }
    expect(seen).toEqual([2, 2, 1])
  })

  test('VENDOR_NOT_SUPPORTED: who wants the whole list gets it with one call', async () => {
    const element = paged({ paginationType: 'VENDOR_NOT_SUPPORTED' })
    const call = callOf('GET /contacts', { isWhole: true })
    const { reply, requests } = await runCall(element, call, [answer(200, rows(500))])
    expect([reply.body, reply.headers, requests.length]).toEqual([rows(500), { 'elements-returned-count': '500' }, 1])
  })

  test('VENDOR_NOT_SUPPORTED: page works too, after the end is an empty list', async () => {
    const element = paged({ paginationType: 'VENDOR_NOT_SUPPORTED' })
    const bodies = []
    for (const page of [2, 4]) {
      bodies.push(
        (await runCall(element, callOf(`GET /contacts?page=${page}&pageSize=2`), [answer(200, rows(5))])).reply.body,
      )
    }
    expect(bodies).toEqual([rows(2, 3), []])
  })

  test('two pages are one of twice the size', async () => {
    const vendor = (request: { url: string }) => {
      const { page, per_page } = searchOf(request.url)
      const start = (Number(page) - 1) * Number(per_page)
      return answer(200, rows(10).slice(start, start + Number(per_page)))
    }
    const list = async (query: string) =>
      (await runCall(paged(), callOf(`GET /contacts?${query}`), vendor)).reply.body as unknown[]
    expect([...(await list('page=1&pageSize=3')), ...(await list('page=2&pageSize=3'))]).toEqual(
      await list('page=1&pageSize=6'),
    )
  })
})

describe('where', () => {
  test('an expression that cannot be read is the caller’s mistake', async () => {
    const { error, run } = await failureOf(runCall(paged(), callOf('GET /contacts?where=name%3D%27')))
    expect(error).toMatchObject({
      code: 'QUERY_INVALID',
      status: 400,
      message: expect.stringContaining('Error parsing query'),
    })
    expect(run.requests).toEqual([])
  })

  test('a required one that is missing is named', async () => {
    const element = paged({ parameters: [parameter('query where', 'query q', { required: true })] })
    const { error } = await failureOf(runCall(element, callOf('GET /contacts')))
    expect(error).toMatchObject({ code: 'PARAMETER_MISSING', message: 'GET /contacts: "where" is required' })
  })
})
