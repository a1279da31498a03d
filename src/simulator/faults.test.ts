import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type ListeningSimulator,
  listenSimulator,
  testElement,
  testResource,
} from '../../test/support/simulator-listener.ts'
import { parseFault } from './faults.ts'

const element = testElement({
  configure: { 'base.url': 'https://api.acme.test/v1', 'oauth.token.url': 'https://api.acme.test/oauth2/token' },
  resources: [
    testResource('GET', '/contacts', '/contacts', { rootKey: '|items' }),
    testResource('POST', '/contacts', '/contacts'),
    testResource('GET', '/contacts/{id}', '/contacts/{id}'),
  ],
})
const now = () => new Date('2026-01-01T00:00:00Z')

let acme: ListeningSimulator
let headers: Record<string, string>

beforeAll(async () => {
  acme = await listenSimulator({ elements: [element], now })
})
beforeEach(async () => {
  acme.simulator.reset()
  headers = { authorization: `Bearer ${await acme.accessToken('acme')}` }
})
afterAll(() => acme.close())

const list = (fault?: string) =>
  acme.call('/acme/v1/contacts', { headers: fault ? { ...headers, 'x-simulate-fault': fault } : headers })
const create = (fault: string) =>
  acme.call('/acme/v1/contacts', {
    method: 'POST',
    body: '{"name":"x"}',
    headers: { ...headers, 'content-type': 'application/json', 'x-simulate-fault': fault },
  })
const order = (body: unknown) => acme.call('/__simulator/faults', { method: 'POST', body: JSON.stringify(body) })
const rowCount = () => acme.simulator.rows('acme', 'contacts').length

describe('by header', () => {
  test('rate-limit says how long in seconds', async () => {
    const response = await list('rate-limit:2')
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '2'])
  })

  test('rate-limit-date says until when', async () => {
    const response = await list('rate-limit-date:90')
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, 'Thu, 01 Jan 2026 00:01:30 GMT'])
  })

  test('status', async () => {
    expect((await list('status:503')).status).toBe(503)
  })

  test('a refused write writes nothing', async () => {
    const before = rowCount()
    expect((await create('status:500')).status).toBe(500)
    expect(rowCount()).toBe(before)
  })

  test('slow waits, then answers', async () => {
    const start = performance.now()
    expect((await list('slow:80')).status).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(75)
  })

  test('expired-token ends this token', async () => {
    expect((await list('expired-token')).status).toBe(401)
    expect((await list()).status).toBe(401)
  })

  test('malformed-json cannot be parsed', async () => {
    const response = await list('malformed-json')
    expect(response.headers.get('content-type')).toContain('application/json')
    await expect(response.json()).rejects.toThrow(SyntaxError)
  })

  test('reset breaks the body after the vendor has done its work', async () => {
    const before = rowCount()
    const response = await create('reset')
    expect(response.status).toBe(201)
    await expect(response.text()).rejects.toThrow()
    expect(rowCount()).toBe(before + 1)
  })

  test('reset-before breaks the connection and does nothing', async () => {
    const before = rowCount()
    await expect(create('reset-before')).rejects.toThrow()
    expect(rowCount()).toBe(before)
  })

  for (const fault of ['nonsense', 'status:200', 'status:x', 'slow', 'slow:9999999', 'reset:1', 'rate-limit:-1']) {
    test(`"${fault}" is refused with the list of spellings`, async () => {
      expect(parseFault(fault)).toBeUndefined()
      const response = await list(fault)
      expect(response.status).toBe(400)
      expect(((await response.json()) as { message: string }).message).toContain('malformed-json')
    })
  }
})

for (const [path, isMet] of [
  ['/v1/contacts', true],
  ['/v1/*', true],
  ['*/contacts', true],
  ['/v1/c*t*s', true],
  ['*', true],
  ['/v1/contact', false],
  ['/v1/contacts*x', false],
  ['/v1/cont*tacts', false],
  [`${'*a'.repeat(1000)}!`, false],
] as const)
  test(`a fault for the path "${path.slice(0, 20)}" ${isMet ? 'strikes' : 'waits'}`, async () => {
    acme.simulator.reset()
    acme.simulator.addFault({ match: { path }, fault: 'status:503' })
    expect((await acme.call('/acme/v1/contacts')).status === 503).toBe(isMet)
  })

test('by query, and the vendor does not see the parameter', async () => {
  expect((await acme.call('/acme/v1/contacts?simulate_fault=status:502', { headers })).status).toBe(502)
  expect(JSON.stringify(acme.simulator.requests())).not.toContain('simulate_fault')
})

describe('by order', () => {
  test('strikes the next calls that match, as often as asked', async () => {
    expect(
      (await order({ element: 'acme', match: { method: 'get', path: '/v1/contacts*' }, fault: 'status:500', times: 2 }))
        .status,
    ).toBe(201)
    expect(
      (
        await acme.call('/acme/v1/contacts', {
          method: 'POST',
          body: '{}',
          headers: { ...headers, 'content-type': 'application/json' },
        })
      ).status,
    ).toBe(201)
    const statuses = [
      (await list()).status,
      (await acme.call('/acme/v1/contacts/1', { headers })).status,
      (await list()).status,
    ]
    expect(statuses).toEqual([500, 500, 200])
    expect(acme.simulator.stats('acme').faults).toBe(2)
  })

  test('reaches the token endpoint', async () => {
    acme.simulator.addFault({ match: { path: '/oauth2/token' }, fault: 'status:503' })
    const response = await acme.call('/acme/oauth2/token', { method: 'POST' })
    expect([response.status, await response.json()]).toMatchObject([503, { error: 'temporarily_unavailable' }])
  })

  test('can be seen and cleared', async () => {
    await order({ fault: 'reset', times: 5 })
    expect(await (await acme.call('/__simulator/faults')).json()).toEqual([{ fault: 'reset', times: 5 }])
    expect((await acme.call('/__simulator/faults', { method: 'DELETE' })).status).toBe(204)
    expect((await list()).status).toBe(200)
  })

  for (const body of [
    null,
    [],
    {},
    { fault: 'nonsense' },
    { fault: 'reset', times: 0 },
    { fault: 'reset', element: 'other' },
    { fault: 'reset', match: { host: 'x' } },
    { fault: 'reset', wrong: 1 },
  ]) {
    test(`${JSON.stringify(body)} is refused`, async () => {
      expect((await order(body)).status).toBe(400)
      expect(() => acme.simulator.addFault(body as never)).toThrow(RangeError)
    })
  }
})

describe('control paths', () => {
  test('state shows rows and counters, reset starts again', async () => {
    await acme.call('/acme/v1/contacts', {
      method: 'POST',
      body: '{"name":"x"}',
      headers: { ...headers, 'content-type': 'application/json' },
    })
    const state = (await (await acme.call('/__simulator/state')).json()) as {
      acme: { resources: { contacts: unknown[] } }
    }
    expect(state.acme.resources.contacts).toHaveLength(31)
    expect((await acme.call('/__simulator/reset', { method: 'POST' })).status).toBe(204)
    expect(rowCount()).toBe(30)
    expect((await list()).status).toBe(401)
  })

  test('rows alone can be made anew; one element can be asked for', async () => {
    const body = '{"name":"x"}'
    await acme.call('/acme/v1/contacts', {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/json' },
    })
    expect(rowCount()).toBe(31)
    expect((await acme.call('/__simulator/reset-rows?element=acme', { method: 'POST' })).status).toBe(204)
    expect(rowCount()).toBe(30)
    expect((await list()).status).toBe(200)
    expect(Object.keys((await (await acme.call('/__simulator/state?element=acme')).json()) as object)).toEqual(['acme'])
    for (const [method, path] of [
      ['POST', 'reset-rows'],
      ['GET', 'state'],
    ] as const)
      expect((await acme.call(`/__simulator/${path}?element=nobody`, { method })).status).toBe(404)
    expect(() => acme.simulator.resetRows('nobody')).toThrow(RangeError)
  })

  test('requests, expire-tokens and what does not exist', async () => {
    await list()
    expect(await (await acme.call('/__simulator/requests?limit=1')).json()).toMatchObject([
      { path: '/v1/contacts', status: 200 },
    ])
    expect((await acme.call('/__simulator/requests?limit=x')).status).toBe(400)
    expect((await acme.call('/__simulator/expire-tokens?element=acme', { method: 'POST' })).status).toBe(204)
    expect((await list()).status).toBe(401)
    expect((await acme.call('/__simulator/expire-tokens?element=other', { method: 'POST' })).status).toBe(404)
    expect((await acme.call('/__simulator/nothing')).status).toBe(404)
  })

  test('the start page names vendors and paths', async () => {
    const body = (await (await acme.call('/')).json()) as { vendors: { acme: { paths: string[] } } }
    expect(body.vendors.acme.paths).toContain('GET /v1/contacts')
  })
})
