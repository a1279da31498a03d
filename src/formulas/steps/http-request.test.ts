import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { stepCall } from '../../../test/support/step-call.ts'
import { ownPath } from '../../http/own-path.ts'
import type { PlatformRequest } from '../../model/platform-call.ts'
import { createUpstream } from '../../upstream/send.ts'
import type { FormulaContext } from '../context.ts'
import { HTTP_REQUEST } from './http-request.ts'

const upstream = createUpstream({ allow: ['127.0.0.1'], originMap: new Map() })
let vendor: Server
let origin: string
const seen: { method?: string; url?: string; headers: IncomingMessage['headers']; body: Buffer }[] = []
const own: PlatformRequest[] = []
const context = {
  send: upstream.send,
  ownPath: (address: string) => ownPath(address, 'https://hub.test'),
  async callOwn(request: PlatformRequest) {
    own.push(request)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":1}', isCut: false }
  },
} as unknown as FormulaContext

beforeAll(async () => {
  vendor = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers, body: await buffer(request) })
    if (url.startsWith('/long')) {
      response.end(Buffer.alloc(6 * 1024 * 1024, 'x'))
    } else if (url.startsWith('/busy')) {
      response.writeHead(503).end('later')
    } else if (url.startsWith('/moved')) {
      response.writeHead(302, { location: '/there' }).end()
    } else {
      response.writeHead(200, { 'content-type': 'application/json', 'X-Total': '3', 'set-cookie': ['a=1', 'b=2'] })
      response.end('{"ok":true}')
    }
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`
})
afterAll(async () => {
  await upstream.close()
  vendor.close()
})
beforeEach(() => {
  seen.length = 0
  own.length = 0
})

async function run(properties: Record<string, unknown>, more: Parameters<typeof stepCall>[1] = {}) {
  const outcome = await HTTP_REQUEST.run(context, stepCall({ method: 'GET', ...properties }, more))
  // biome-ignore lint/suspicious/noExplicitAny: values of steps have any shape
  return { outcome, value: outcome.value as any }
}

describe('a request to anywhere', () => {
  test('goes out as its properties say, and what it asked is shown without secrets', async () => {
    const { outcome, value } = await run({
      method: 'POST',
      url: `${origin}/x?access_token=abc&a=1`,
      query: { 'b c': 'd&e', api_key: 'k' },
      headers: { Authorization: 'Basic c2VjcmV0', 'X-Own': '1' },
      body: { name: 'Ada' },
    })
    expect(outcome.status).toBe('success')
    expect(seen).toMatchObject([
      {
        ...{ method: 'POST', url: '/x?access_token=abc&a=1&b%20c=d%26e&api_key=k' },
        headers: { authorization: 'Basic c2VjcmV0', 'x-own': '1', 'content-type': 'application/json' },
      },
    ])
    expect(String(seen[0]?.body)).toBe('{"name":"Ada"}')
    expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => name.startsWith('elements-'))).toEqual([])
    expect(value).toEqual({
      request: {
        ...{ method: 'POST', url: `${origin}/x` },
        headers: { Authorization: '********', 'X-Own': '1', 'Content-Type': 'application/json' },
        query: { access_token: '********', a: '1', 'b c': 'd&e', api_key: '********' },
        ...{ path: {}, body: { name: 'Ada' } },
      },
      response: {
        code: 200,
        headers: expect.objectContaining({ 'x-total': '3', 'set-cookie': ['a=1', 'b=2'] }),
        body: { ok: true },
      },
    })
  })

  test('a form that is urlencoded', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await run({ method: 'POST', url: origin, headers, body: { a: 'x y', b: [1, 2] } })
    expect(String(seen[0]?.body)).toBe('a=x+y&b=1&b=2')
  })

  test('a bad status fails it', async () => {
    const { outcome, value } = await run({ url: `${origin}/busy`, retry: 'true', retryAttempts: 1, retryDelay: 1 })
    expect([outcome.status, seen.length]).toEqual(['failed', 2])
    expect(value).toMatchObject({ request: { 'retry-attempt': 1 }, response: { code: 503, body: 'later' } })
  })

  test('redirects of what only reads are followed', async () => {
    const { value } = await run({ url: `${origin}/moved` })
    expect([value.response.code, seen.map(({ url }) => url)]).toEqual([200, ['/moved', '/there']])
  })

  test('no more of an answer is read than a step can hold', async () => {
    const { outcome, value } = await run({ url: `${origin}/long` })
    expect(outcome.error).toMatch(/^the answer is longer than the 5242880 bytes that a step reads/)
    expect(value.response).toMatchObject({ code: 200 })
    expect(value.response.body).toBeUndefined()
  })

  for (const [name, url, error] of [
    ['a private address', 'http://10.0.0.1/', /^Requests to "10.0.0.1" are refused/],
    ['a path', '/elements/api-v2/formulas', /is not an absolute http: or https: address$/],
    ['another scheme', 'file:///etc/passwd', /^Only http: and https: addresses/],
    ['a port where nobody listens', 'http://127.0.0.1:1/', /^127\.0\.0\.1:1 cannot be reached/],
    ['a user and a password', 'https://ada:pa55word@api.example.com/', /holds a user name or password/],
  ] as const)
    test(`${name} fails it`, async () => {
      const { outcome, value } = await run({ url })
      expect(outcome).toMatchObject({ status: 'failed', isFailure: true, error: expect.stringMatching(error) })
      expect(value.error).toBe(outcome.error)
      expect(JSON.stringify(outcome)).not.toContain('pa55word')
      expect(own).toEqual([])
    })

  test('it ends with its execution', async () => {
    const end = new AbortController()
    const why = new Error('cancelled')
    end.abort(why)
    await expect(run({ url: origin }, { signal: end.signal })).rejects.toBe(why)
  })
})

test('what goes to our own API needs no socket, and carries its own credentials', async () => {
  const { value } = await run(
    {
      method: 'POST',
      url: 'https://hub.test/elements/api-v2/contacts?a=1',
      headers: { authorization: 'User u, Organization o, Element e', 'Elements-Formula-Chain': '0' },
      body: { name: 'Ada' },
    },
    { execution: { chain: 3, depth: 1 } },
  )
  expect(own).toMatchObject([
    {
      ...{ method: 'POST', path: '/contacts?a=1', depth: 1 },
      headers: {
        authorization: 'User u, Organization o, Element e',
        'Content-Type': 'application/json',
        'elements-formula-chain': '4',
      },
    },
  ])
  expect(String(own[0]?.body)).toBe('{"name":"Ada"}')
  expect(Object.keys(own[0]?.headers ?? {})).not.toContain('Elements-Formula-Chain')
  expect(value.response).toMatchObject({ code: 200, body: { id: 1 } })
  expect(value.request.headers.authorization).toBe('********')
  expect(seen).toEqual([])
})
