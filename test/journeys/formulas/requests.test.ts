import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Formulas, formulasOf, httpRequest, platformRequest, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Requests of steps through the whole hub: to the platform, to ourselves by hand, and to anybody. */
let hub: TestHub
let formulas: Formulas
let vendor: Server
let origin: string
let asked: { url: string; authorization: string | undefined }[] = []

beforeAll(async () => {
  vendor = createServer((request, response) => {
    asked.push({ url: request.url ?? '', authorization: request.headers.authorization })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  const { port } = vendor.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  hub = await startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: `127.0.0.1:${port}` })
  formulas = formulasOf(hub)
})
afterAll(async () => {
  await hub.close()
  vendor.close()
})

test('the platform answers in the name of the owner, and no secret is kept', async () => {
  const run = await formulas.run({ steps: { me: platformRequest('GET /organizations/me') } })
  expect(run.status, JSON.stringify(run.visits)).toBe('success')
  expect(run.value('me.request.uri')).toBe('/elements/api-v2/organizations/me')
  expect(run.json('me.request.headers')).toMatchObject({
    Authorization: 'User ********, Organization ********',
    'Elements-Formula-Execution-Id': String(run.execution.id),
    'Elements-Formula-Step': 'me',
  })
  expect(run.json('me.response.body').id).toBeGreaterThan(0)
})

test('what is not there is an answer, whose status may be accepted', async () => {
  const missing = platformRequest('GET /formulas/2147483647', {}, undefined, 'after')
  const after = script('done({ code: steps.missing.response.code, message: steps.missing.response.body.message })')
  const run = await formulas.run({ steps: { missing, after } })
  expect([run.status, run.value('after.code')]).toEqual(['failed', '404'])
  expect(run.value('after.message')).toMatch(/formula/i)
  const accepted = platformRequest('GET /formulas/2147483647', { acceptableStatusCodes: '404' })
  expect((await formulas.run({ steps: { missing: accepted } })).status).toBe('success')
})

test('values in a query are those of the step, whatever characters they have', async () => {
  const name = "R&D + 50% 'x'"
  const made = await formulas.make({ name, steps: {} })
  const find = platformRequest("GET /formulas?where=name='${trigger.args.name}'&abridged=true", {})
  const run = await formulas.run({ steps: { find } }, { args: { name: name.replaceAll("'", "''") } })
  expect(run.json('find.response.body').map(({ id }: { id: number }) => id)).toEqual([made.id])
})

describe('a request by hand', () => {
  test('to our own API needs no way out', async () => {
    const headers = '${steps.by.headers}'
    const by = script(`done({ headers: { Authorization: '${hub.authorization}' } })`, 'own')
    const own = httpRequest(`GET ${hub.api}/organizations/me`, { headers })
    const run = await formulas.run({ steps: { by, own } })
    expect(run.status, JSON.stringify(run.visits)).toBe('success')
    expect(run.json('own.request.headers')).toEqual({ Authorization: '********' })
    const without = await formulas.run({ steps: { own: httpRequest(`GET ${hub.api}/organizations/me`) } })
    expect([without.status, without.value('own.response.code')]).toEqual(['failed', '401'])
  })

  test('to anybody goes out as it is, and private addresses stay closed', async () => {
    asked = []
    const out = httpRequest(`GET ${origin}/x?a=1`, {
      headers: '{"Authorization": "Bearer abc"}',
      query: '{"b": "c d"}',
    })
    const run = await formulas.run({ steps: { out } })
    expect(run.status, JSON.stringify(run.visits)).toBe('success')
    expect(asked).toEqual([{ url: '/x?a=1&b=c%20d', authorization: 'Bearer abc' }])
    expect(JSON.stringify(run.visits)).not.toContain('Bearer abc')
    const closed = await formulas.run({ steps: { out: httpRequest('GET http://127.0.0.1:1/') } })
    expect(closed.status).toBe('failed')
    expect(closed.value('out.error')).toMatch(/^Requests to "127.0.0.1" are refused/)
  })
})
