import { Readable } from 'node:stream'
import { fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { PlatformRequest } from '../model/platform-call.ts'
import { createCallPlatform } from './call-platform.ts'
import { createPlatformCredentials } from './platform-credentials.ts'
import { DEPTH_HEADER, urlOf } from './stream-platform.ts'

const CALLER = { userId: 7, accountId: 3, organizationId: 2 } as Caller
const INSTANCE = { id: 11, accountId: 3 } as Instance
const credentials = createPlatformCredentials()
const app = fastify()
const call = createCallPlatform({
  inject: (request) => app.inject(request),
  credentials,
  publicUrl: () => 'https://hub.test:8443/valence',
})
/** what the last call showed */
let seen: { headers: Record<string, unknown>; url: string; body: unknown; again: unknown }
let url: string
/** an answer without an end */
let endless: Readable

beforeAll(async () => {
  app.all('/elements/api-v2/echo', async (request, reply) => {
    const grant = credentials.grantOf(request)
    seen = { headers: request.headers, url: request.url, body: request.body, again: credentials.grantOf(request) }
    if (!grant) return reply.code(401).send({})
    return { method: request.method, user: grant.caller.userId, instance: grant.instance?.id, depth: grant.depth }
  })
  app.get('/elements/api-v2/fails', async (_request, reply) => reply.code(404).send({ message: 'nothing here' }))
  app.get('/elements/api-v2/endless', async (_request, reply) => {
    const chunk = Buffer.alloc(65_536, 'x')
    endless = new Readable({
      read() {
        this.push(chunk)
      },
    })
    return reply.send(endless)
  })
  app.get('/elements/api-v2/silent', () => new Promise(() => undefined))
  app.get('/elements/api-v2/dripping', async (_request, reply) => {
    const dripping = new Readable({ read: () => undefined })
    const drip = setInterval(() => dripping.push('.'), 20)
    dripping.on('close', () => clearInterval(drip))
    return reply.send(dripping)
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => app.close())

const echo = (request: Partial<PlatformRequest> = {}, instance: Instance | undefined = undefined) =>
  call(CALLER, instance, { method: 'get', path: '/echo', ...request })

describe('a call from inside', () => {
  for (const path of ['/silent', '/dripping'])
    test(`ends, whatever it waits for: ${path}`, async () => {
      const impatient = createCallPlatform({
        ...{ inject: (request) => app.inject(request), credentials, publicUrl: () => 'https://hub.test' },
        longestMs: 200,
      })
      await expect(impatient(CALLER, undefined, { method: 'GET', path })).rejects.toMatchObject({
        code: 'VENDOR_TIMEOUT',
        message: `${path} did not answer in time`,
      })
    })

  test('is one of the caller, without secrets', async () => {
    const reply = await echo()
    expect({ status: reply.status, body: JSON.parse(reply.body) }).toEqual({
      status: 200,
      body: { method: 'GET', user: 7, depth: 0 },
    })
    expect(seen.headers['authorization']).toMatch(/^User vpc-[\w-]{43}, Organization vpc-[\w-]{43}$/)
    expect(seen.headers).toMatchObject({ host: 'hub.test:8443', [DEPTH_HEADER]: '1' })
    expect(seen.again).toBeDefined()
  })

  test('carries the instance where there is one', async () => {
    expect(JSON.parse((await echo({}, INSTANCE)).body)).toMatchObject({ instance: 11 })
    expect(seen.headers['authorization']).toMatch(/, Element vpc-/)
  })

  test('a body that is no text is sent as JSON, text as it is', async () => {
    await echo({ method: 'POST', body: { a: 1 } })
    expect(seen).toMatchObject({ body: { a: 1 }, headers: { 'content-type': 'application/json' } })
    await echo({ method: 'POST', body: 'a,b', headers: { 'Content-Type': 'text/plain' } })
    expect(seen.body).toBe('a,b')
    for (const body of [undefined, null, '']) {
      await echo({ method: 'DELETE', body })
      expect(seen.headers['content-type']).toBeUndefined()
    }
  })

  test('keeps its headers, but neither credentials nor what a connection says', async () => {
    await echo({
      headers: {
        'X-Own': 'a',
        Authorization: 'User stolen, Organization stolen',
        Host: 'elsewhere',
        'X-Forwarded-For': '10.1.2.3',
        'Content-Length': '3',
        Cookie: 'a=b',
        'Elements-Call-Depth': '0',
      },
      depth: 3,
    })
    expect(seen.headers).toMatchObject({ 'x-own': 'a', host: 'hub.test:8443', [DEPTH_HEADER]: '4' })
    expect(seen.headers['authorization']).not.toContain('stolen')
    for (const name of ['x-forwarded-for', 'content-length', 'cookie']) expect(seen.headers[name]).toBeUndefined()
  })

  test('a failing one is an answer', async () => {
    const { status, body } = await call(CALLER, undefined, { method: 'GET', path: '/fails' })
    expect([status, JSON.parse(body)]).toEqual([404, { message: 'nothing here' }])
  })

  test('of an answer without an end no more is read, and it ends', async () => {
    const { status, body, isCut } = await call(CALLER, undefined, { method: 'GET', path: '/endless' })
    expect([status, body.length, isCut]).toEqual([200, 5 * 1024 * 1024, true])
    await vi.waitFor(() => expect(endless.destroyed).toBe(true))
  })

  for (const [depth, isRefused] of [
    [0, false],
    [9, false],
    [10, true],
    [1000, true],
  ] as const) {
    test(`${depth} calls deep ${isRefused ? 'is too deep' : 'goes on'}`, async () => {
      const reply = echo({ depth })
      if (isRefused) await expect(reply).rejects.toMatchObject({ code: 'CALLS_TOO_DEEP' })
      else expect(JSON.parse((await reply).body)).toMatchObject({ depth })
    })
  }

  for (const method of ['TRACE', 'HEAD', '', 'GET\r\nX: y']) {
    test(`"${method.replace(/\s/g, ' ')}" is no method of it`, async () => {
      await expect(echo({ method })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' })
    })
  }
})

describe('its credential', () => {
  test('opens nothing through a socket, while the call is under way and after it', async () => {
    const { authorization, revoke } = credentials.issue({ caller: CALLER, instance: INSTANCE, depth: 0 })
    const headers = { authorization }
    expect((await fetch(`${url}/elements/api-v2/echo`, { headers })).status).toBe(401)
    expect((await app.inject({ url: '/elements/api-v2/echo', headers })).statusCode).toBe(200)
    revoke()
    expect((await fetch(`${url}/elements/api-v2/echo`, { headers })).status).toBe(401)
    expect((await app.inject({ url: '/elements/api-v2/echo', headers })).statusCode).toBe(401)
  })

  test('is good for one request', async () => {
    const { authorization, revoke } = credentials.issue({ caller: CALLER, instance: undefined, depth: 0 })
    const statuses: number[] = []
    for (let times = 0; times < 3; times++)
      statuses.push((await app.inject({ url: '/elements/api-v2/echo', headers: { authorization } })).statusCode)
    expect(statuses).toEqual([200, 401, 401])
    revoke()
  })

  test('is gone with the answer, also of a call that failed', async () => {
    await echo()
    const headers = { authorization: String(seen.headers['authorization']) }
    expect((await app.inject({ url: '/elements/api-v2/echo', headers })).statusCode).toBe(401)
  })

  test('a guess is nobody', async () => {
    const other = credentials.issue({ caller: CALLER, instance: undefined, depth: 0 })
    for (const authorization of ['User vpc-, Organization vpc-', `User vpc-${'A'.repeat(43)}`, 'Bearer vpc-x', ''])
      expect((await app.inject({ url: '/elements/api-v2/echo', headers: { authorization } })).statusCode).toBe(401)
    other.revoke()
  })
})

describe('where it goes', () => {
  for (const [name, path, query, expected] of [
    ['with the prefix', '/elements/api-v2/ping', {}, '/elements/api-v2/ping'],
    ['without', '/ping', {}, '/elements/api-v2/ping'],
    ['without a slash', 'hubs/crm/contacts', {}, '/elements/api-v2/hubs/crm/contacts'],
    ['with a query', '/ping?a=1', { b: ['2', '3'], c: 'x y' }, '/elements/api-v2/ping?a=1&b=2&b=3&c=x+y'],
    ['with a query of its own only', '/ping', { b: '2' }, '/elements/api-v2/ping?b=2'],
    ['below itself', '/hubs/../ping', {}, '/elements/api-v2/ping'],
    ['out of the API', '/../../metrics', {}, undefined],
    ['out of the API, encoded', '/%2e%2e/%2e%2e/metrics', {}, undefined],
    ['to another host', '//evil.example/x', {}, undefined],
    ['to nothing', '/..', {}, undefined],
    ['as a whole address', 'https://hub.test/elements/api-v2/ping', {}, undefined],
  ] as const) {
    test(`${name}: ${path}`, () => {
      if (expected === undefined) expect(() => urlOf({ path, query })).toThrow('is no path below /elements/api-v2')
      else expect(urlOf({ path, query })).toBe(expected)
    })
  }
})
