import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_PREFIX } from '../../src/http/dispatch.ts'
import { type ListedRoute, listRoutes } from '../../src/http/list-routes.ts'
import type { UsageTables } from '../../src/usage/usage-table.ts'
import { EXPOSED_HEADERS, expectError, expectOk } from '../support/expect-answer.ts'
import { exchange, type RawAnswer } from '../support/fuzz/exchange.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { sendBytes, sendRaw } from '../support/raw-request.ts'

/** HTTP itself, at every path: methods that are not there, preflights, and connections that are used in unusual ways (spec 00 §11, §12). */
const routes = await listRoutes()
let hub: TestHub
const logged: string[] = []

beforeAll(async () => {
  hub = await startTestHub({}, { log: pino({ level: 'warn' }, { write: (line: string) => logged.push(line) }) })
})
afterAll(() => hub.close())

const CALLS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const OTHERS = ['HEAD', 'TRACE', 'OPTIONS', 'PROPFIND', 'QUERY', 'LOCK']
const ORIGIN = 'https://app.example.com'

/** Every path that some route names, with its parameters filled in by what no literal path has. */
const paths = [
  ...new Set(routes.filter(({ url }) => !url.includes('*')).map(({ url }) => url.replace(/:\w+/g, 'any-1'))),
]

/** Routes that answer at a path, whichever of their segments are parameters. */
function methodsAt(path: string): string[] {
  const fits = ({ url }: ListedRoute) =>
    !url.includes('*') && new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`).test(path)
  return [...CALLS, 'HEAD'].filter((method) => routes.some((route) => route.method === method && fits(route)))
}

const allowed = ({ headers }: Answer) => (headers.get('allow') ?? '').split(', ').toSorted()
const signed = (method: string, path: string) => {
  const headers = { authorization: hub.authorization, 'content-type': 'application/json' }
  return sendRaw(hub, { method, path, headers })
}

describe('methods that a path does not have: 405, and Allow says which it has', () => {
  test.each(paths)('%s', async (path) => {
    const expected = methodsAt(path).toSorted()
    // below a hub, and outside of the platform's roots, a vendor may have any; of bulk calls the platform knows which there are
    const isCall =
      /\/hubs\/[^/]+\/(?!bulk\/)./.test(path) || /^\/(?:models|objects)\//.test(path.slice(API_PREFIX.length))
    for (const method of [...CALLS, ...OTHERS].filter((one) => !expected.includes(one))) {
      if (isCall && CALLS.includes(method)) continue
      const answer = await signed(method, path)
      if (method === 'HEAD') expect(answer).toMatchObject({ status: 405, text: '' })
      else expectError(answer, 405)
      expect(allowed(answer), method).toEqual(isCall ? CALLS.toSorted() : expected)
    }
  })

  test('a path that is not there is 404, whatever the method', async () => {
    for (const method of OTHERS.filter((one) => one !== 'HEAD'))
      for (const path of ['/nothere', `${API_PREFIX}/instances/1/nothere`, API_PREFIX, '/', '*'])
        expectError(await signed(method, path), 404)
  })

  test('CONNECT is answered, and the connection ends', async () => {
    for (const target of ['vendor.example:443', `${API_PREFIX}/instances`]) {
      const answer = expectError(await sendBytes(hub, `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`), 405)
      expect(allowed(answer)).toEqual(CALLS.toSorted())
    }
  })
})

describe('a preflight is answered at every path, without credentials', () => {
  test.each(paths)('%s', async (path) => {
    const headers = {
      origin: ORIGIN,
      'access-control-request-method': methodsAt(path)[0] ?? 'GET',
      'access-control-request-headers': 'authorization,content-type,elements-version',
    }
    const answer = expectOk(await sendRaw(hub, { method: 'OPTIONS', path, headers }))
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers': headers['access-control-request-headers'],
      'access-control-expose-headers': EXPOSED_HEADERS,
    })
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
  })
})

describe('the request line and head', () => {
  test('Host is needed, once; HTTP/1.0 may go without', async () => {
    const head = `GET ${API_PREFIX}/hubs/keys HTTP/1.1\r\nConnection: close\r\n`
    expectError(await sendBytes(hub, `${head}\r\n`), 400)
    expectError(await sendBytes(hub, `${head}Host: a\r\nhost: b\r\n\r\n`), 400)
    expectOk(await sendBytes(hub, `${head}HOST: a\r\n\r\n`))
    expectOk(await sendBytes(hub, `GET ${API_PREFIX}/hubs/keys HTTP/1.0\r\n\r\n`))
  })

  test('an expectation that nobody knows is ignored', async () => {
    for (const expectation of ['200-maybe', ''])
      expectOk(await sendRaw(hub, { path: `${API_PREFIX}/hubs/keys`, headers: { Expect: expectation } }))
  })

  test('a body may be waited for with 100 Continue', async () => {
    const body = JSON.stringify({ username: 'ada@example.com', password: 'wrong' })
    const head = `POST ${API_PREFIX}/authentication HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}`
    const bytes = Buffer.from(`${head}\r\nExpect: 100-continue\r\n\r\n${body}`)
    const { answers } = await exchange(new URL(hub.hub.url), bytes, 'POST', { timeoutMs: 5_000 })
    expect(answers.map(({ status }) => status)).toEqual([401])
  })

  test('a packed body is 415, not text that is no JSON', async () => {
    for (const encoding of ['gzip', 'br', 'identity, gzip']) {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
      expectError(
        await sendRaw(hub, { method: 'POST', path: `${API_PREFIX}/authentication`, headers, body: '{}' }),
        415,
      )
    }
    const headers = { authorization: hub.authorization, 'content-encoding': 'gzip' }
    expectOk(await sendRaw(hub, { path: `${API_PREFIX}/elements/oauthProxies`, headers }))
  })

  test('what is wrong with JSON is said without a word of it', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const body of [
      '{"password":hunter2}',
      'hunter2',
      `${'x'.repeat(50)}hunter2`,
      '{"username":"a",\n"password":"b"hunter2}',
    ]) {
      const { text } = expectError(
        await sendRaw(hub, { method: 'POST', path: `${API_PREFIX}/authentication`, headers, body }),
        400,
      )
      expect(text).not.toMatch(/hunter2|xxx/)
      expect(text).toContain('not valid JSON: ')
    }
  })
})

describe('one connection, several requests', () => {
  const GET = `GET ${API_PREFIX}/hubs/keys HTTP/1.1\r\nHost: x\r\n\r\n`
  const LAST = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const post = (path: string, body: string, lines = '') =>
    `POST ${API_PREFIX}${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`
  const answersTo = async (text: string): Promise<RawAnswer[]> => {
    const { answers, rest, timedOut } = await exchange(new URL(hub.hub.url), Buffer.from(text), 'GET', {
      timeoutMs: 5_000,
    })
    expect({ rest, timedOut }).toEqual({ rest: '', timedOut: false })
    return answers
  }

  test('pipelined ones are answered in their order, each with an id of its own', async () => {
    const bad = `GET ${API_PREFIX}/elements/%zz HTTP/1.1\r\nHost: x\r\n\r\n`
    const missing = `GET ${API_PREFIX}/hubs/nothere HTTP/1.1\r\nHost: x\r\n\r\n`
    const answers = await answersTo(GET + missing + bad + post('/instances', '{}') + GET + LAST)
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 400, 401, 200, 200])
    const ids = answers.map(({ headers }) => headers.get('elements-request-id'))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('after a body that is wrong, but whole, the connection goes on or ends; it never reads the body as a request', async () => {
    const body = `${LAST}{`
    for (const lines of ['', 'Content-Encoding: gzip\r\n', 'Expect: x\r\n']) {
      const answers = await answersTo(post('/authentication', body, lines) + LAST)
      expect(answers.length).toBeLessThanOrEqual(2)
      expect([400, 415]).toContain(answers[0]?.status)
      expect([undefined, 200]).toContain(answers[1]?.status)
    }
  })

  test('a length and chunks together are refused', async () => {
    const head = `POST ${API_PREFIX}/authentication HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`
    const answers = await answersTo(`${head}0\r\n\r\n${LAST}`)
    expect(answers.map(({ status }) => status)).toEqual([400])
  })

  test('whoever hangs up in the middle of a body leaves no trace in the log', async () => {
    for (const type of [
      'application/json',
      '',
      'text/xml',
      'multipart/form-data; boundary=x',
      'application/x-anything',
    ])
      for (const path of ['/authentication', '/instances', '/elements/convert']) {
        const head = `POST ${API_PREFIX}${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${hub.authorization}\r\nContent-Type: ${type}`
        const bytes = Buffer.from(`${head}\r\nContent-Length: 5000\r\n\r\n{"name":`)
        await exchange(new URL(hub.hub.url), bytes, 'POST', { timeoutMs: 5_000, endAfterMs: 20 })
      }
    expectOk(await hub.call('GET', '/hubs/keys'))
    expect(logged).toEqual([])
  })

  test('a call that is refused before it is known whose it is has the address of the caller in the usage log', async () => {
    const { token, id } = await hub.provisionBase()
    const secrets = `Authorization: ${hub.authorization}, Element ${token}`
    const head = `GET ${API_PREFIX}/hubs/crm/contacts HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close`
    expectError(await sendBytes(hub, `${head}\r\n${secrets}\r\n\r\n`), 400)
    const db = hub.hub.store.db.withTables<UsageTables>()
    const noted = () => db.selectFrom('usage_records').select(['ip', 'status']).where('instance_id', '=', id).execute()
    await expect.poll(noted, { timeout: 5_000 }).toEqual([{ status: 400, ip: expect.stringMatching(/127\.0\.0\.1$/) }])
    expect(logged).toEqual([])
  })
})
