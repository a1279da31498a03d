import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { traceOfRequest } from '../../src/instances/find-trace.ts'
import { CALLBACK, startTestHub, type TestHub } from '../support/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const provisionBody = async (code: string, providerData = {}) => ({
  name: 'Traced',
  element: { key: 'base' },
  providerData: { code, ...providerData },
  configuration: {
    'oauth.api.key': 'test-key',
    'oauth.api.secret': 'test-secret',
    'oauth.callback.url': CALLBACK,
  },
})

describe('a provisioning that is traced (spec 10 §5.9)', () => {
  test('names its trace, which holds the token call and none of its credentials', async () => {
    const code = await hub.obtainCode()
    const made = await hub.call('POST', '/instances', { body: await provisionBody(code, { debug: true }) })
    expect(made.status, made.text).toBe(200)
    const traceId = made.headers.get('elements-trace-id') ?? ''
    const trace = await hub.call('GET', `/elements/base/trace/${traceId}`)
    expect(trace.status, trace.text).toBe(200)
    expect(Object.keys(trace.body)).toEqual(['POST:/oauth2/token'])
    expect(trace.body['POST:/oauth2/token']).toMatchObject({ request: { method: 'POST' }, response: { status: 200 } })
    for (const secret of [code, 'test-secret', 'test-key']) expect(trace.text).not.toContain(secret)
    expect(trace.text).toMatch(/"access_token\\":\\"\*{8}/)
  })

  test('also when it fails', async () => {
    const failed = await hub.call('POST', '/instances', {
      body: { ...(await provisionBody('never-issued')), debug: true },
    })
    expect(failed.status).toBe(400)
    const trace = await hub.call('GET', `/elements/base/trace/${failed.headers.get('elements-trace-id')}`)
    expect(trace.body['POST:/oauth2/token'].response.body).toContain('invalid_grant')
  })

  test('no trace without asking, and none of somebody else', async () => {
    const made = await hub.call('POST', '/instances', { body: await provisionBody(await hub.obtainCode()) })
    expect(made.headers.get('elements-trace-id')).toBeNull()
    expect((await hub.call('GET', '/elements/base/trace/000000000000000000000000')).status).toBe(404)
    expect((await hub.call('GET', '/elements/base/trace/x', { authorization: null })).status).toBe(401)
  })
})

describe('trace logging of an instance (spec 41 §10)', () => {
  test('every call while it is on has a trace, with the token masked', async () => {
    const { id, token } = await hub.provisionBase()
    expect((await hub.call('PUT', `/instances/${id}/trace-logging`, { body: { duration: 5 } })).status).toBe(200)
    expect((await hub.call('GET', `/instances/${id}`)).body.traceLoggingEnabled).toBe(true)

    const listed = await hub.call('GET', '/hubs/crm/contacts?pageSize=1', { token })
    const trace = await hub.call('GET', `/elements/base/trace/${listed.headers.get('elements-trace-id')}`)
    const call = trace.body['GET:/v2/contacts']
    expect(call.request.headers.authorization).toBe('********')
    expect(call.response.body).toContain('"items"')

    expect((await hub.call('DELETE', '/instances/trace-logging', { token })).status).toBe(200)
    const after = await hub.call('GET', '/hubs/crm/contacts?pageSize=1', { token })
    expect(after.headers.get('elements-trace-id')).toBeNull()
  })

  test('a duration that is none is refused by name', async () => {
    const { id } = await hub.provisionBase()
    const answer = await hub.call('PUT', `/instances/${id}/trace-logging`, { body: { duration: 'soon' } })
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('duration') } })
  })
})

test('what was traced is found by its request, by its owner alone and no longer than it is kept', async () => {
  const { store, seeded } = hub.hub
  if (!seeded.created) throw new Error('a new database is seeded')
  const { id, token } = await hub.provisionBase()
  await hub.call('PUT', `/instances/${id}/trace-logging`)
  const listed = await hub.call('GET', '/hubs/crm/contacts?pageSize=1', { token })
  const requestId = listed.headers.get('elements-request-id') ?? ''
  const found = (owner: object = {}, at = new Date()) =>
    traceOfRequest({ store, now: () => at }, { ...seeded, ...owner }, requestId)
  expect(await found()).toMatchObject({
    'GET:/v2/contacts': {
      request: { method: 'GET' },
      response: { status: 200, body: expect.stringContaining('items') },
    },
  })
  expect(await found({ accountId: seeded.accountId + 1 })).toBeUndefined()
  expect(await found({ organizationId: seeded.organizationId + 1 })).toBeUndefined()
  expect(await found({}, new Date(Date.now() + 25 * 3_600_000))).toBeUndefined()

  const made = await hub.call('POST', '/instances', {
    body: { ...(await provisionBody(await hub.obtainCode())), debug: true },
  })
  const own = await traceOfRequest(
    { store, now: () => new Date() },
    seeded,
    made.headers.get('elements-request-id') ?? '',
  )
  expect(own).toHaveProperty(['POST:/oauth2/token'])
})
