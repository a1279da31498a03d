import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** What happens to the credentials, secrets and subscriptions of an instance, or of its element, that changes. */
let hub: LifecycleHub
let now = Date.now()
beforeAll(async () => {
  hub = await startLifecycleHub({ now: () => new Date(now) })
})
afterAll(() => hub.close())
beforeEach(() => void hub.vendor.take())

interface Part {
  [member: string]: unknown
}

async function makeElement(key: string, type: string, configuration: Record<string, Part>, resources: Part[]) {
  const base = { 'base.url': { defaultValue: 'https://api.acme.test/v1' } }
  const rows = Object.entries({ ...base, ...configuration }).map(([name, row]) => ({ key: name, name, ...row }))
  const body = { name: key, key, hub: 'crm', description: '', authentication: { type }, configuration: rows, resources }
  const answer = await hub.call('POST', '/elements', { body })
  expect(answer.status, answer.text).toBe(200)
}

const provision = async (key: string, given: object = {}): Promise<{ id: number; token: string }> => {
  const answer = await hub.provision(key, given)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
const change = (id: number, body: object) => hub.call('PATCH', `/instances/${id}`, { body })
const capture = (key: string, member: string) => ({
  name: key,
  type: 'configuration',
  vendorName: member,
  vendorType: 'body',
  source: 'response',
})
const lines = () => hub.vendor.take().map(({ line }) => line)

const oauth = {
  'oauth.api.key': {},
  'oauth.api.secret': { type: 'PASSWORD' },
  'oauth.callback.url': {},
  'oauth.token.url': { defaultValue: 'https://api.acme.test/token' },
  'oauth.token.revoke_url': { defaultValue: 'https://api.acme.test/revoke' },
}
const client = { 'oauth.api.key': 'k', 'oauth.api.secret': 'secret-1', 'oauth.callback.url': 'https://app.test/cb' }

describe('webhooks (spec 40 §5)', () => {
  beforeAll(() =>
    makeElement('hooked', 'custom', { 'event.notification.enabled': {}, 'event.vendor.type': {}, 'webhook.id': {} }, [
      {
        method: 'POST',
        path: '/subscribe',
        vendorPath: '/hooks',
        type: 'onProvisionWebhook',
        parameters: [capture('webhook.id', 'id')],
      },
      {
        method: 'DELETE',
        path: '/unsubscribe',
        vendorPath: '/hooks/{id}',
        type: 'onDeleteWebhook',
        parameters: [{ name: 'webhook.id', type: 'configuration', vendorName: 'id', vendorType: 'path' }],
      },
    ]),
  )
  beforeEach(() => {
    hub.vendor.answer('POST /v1/hooks', { body: { id: 5 } })
    hub.vendor.answer('DELETE /v1/hooks/5', { status: 204 })
  })
  const on = { 'event.notification.enabled': true }

  test('come with events and go with them', async () => {
    const { id } = await provision('hooked')
    expect(lines()).toEqual([])
    expect((await change(id, { configuration: on })).status).toBe(200)
    expect((await hub.configurationOf(id))['webhook.id']).toBe('5')
    expect((await change(id, { name: 'Renamed' })).status).toBe(200)
    expect((await change(id, { configuration: { 'event.notification.enabled': false } })).status).toBe(200)
    expect(lines()).toEqual(['POST /v1/hooks', 'DELETE /v1/hooks/5'])
  })

  test('that the vendor no longer knows do not keep events switched on', async () => {
    const { id } = await provision('hooked', { configuration: on })
    hub.vendor.answer('DELETE /v1/hooks/5', { status: 404, body: { error: 'unknown' } })
    const answer = await change(id, { configuration: { 'event.notification.enabled': false } })
    expect([answer.status, answer.body.eventsEnabled], answer.text).toEqual([200, false])
  })

  test('that the vendor refuses leave events off', async () => {
    const { id } = await provision('hooked')
    hub.vendor.answer('POST /v1/hooks', { status: 403, body: { error: 'no' } })
    expect((await change(id, { configuration: on })).status).toBe(403)
    expect((await hub.call('GET', `/instances/${id}`)).body.eventsEnabled).toBe(false)
  })

  test('are not for an instance that polls', async () => {
    const { id } = await provision('hooked', { configuration: { ...on, 'event.vendor.type': 'polling' } })
    expect(lines()).toEqual([])
    expect((await change(id, { configuration: { 'event.vendor.type': 'webhooks' } })).status).toBe(200)
    expect(lines()).toEqual(['POST /v1/hooks'])
  })
})

describe('other credentials (spec 10 §4.3: the flow runs again)', () => {
  const me = { method: 'GET', path: '/me', vendorPath: '/me' }
  beforeAll(async () => {
    await makeElement('byPassword', 'oauth2Password', { ...oauth, username: {}, password: { type: 'PASSWORD' } }, [me])
    await makeElement('byCode', 'oauth2', oauth, [{ ...me, path: '/check', type: 'provisionAuthValidation' }, me])
  })
  beforeEach(() => {
    hub.vendor.answer('POST /revoke', { body: {} })
    hub.vendor.answer('GET /v1/me', ({ headers }) => ({ body: { seen: headers['authorization'] } }))
    hub.vendor.answer('POST /token', ({ body }) => {
      const { code, password } = body as Record<string, string>
      if (password === 'wrong') return { status: 400, body: { error: 'invalid_grant' } }
      return { body: { access_token: `token of ${code ?? password}`, ...(code === '2' ? {} : { refresh_token: 'r' }) } }
    })
  })

  test('a new password gets a new token; a wrong one changes nothing', async () => {
    const { id, token } = await provision('byPassword', { configuration: { ...client, username: 'u', password: 'a' } })
    const seen = async () => (await hub.call('GET', '/hubs/crm/me', { token })).body.seen
    expect((await change(id, { configuration: { password: 'b' } })).status).toBe(200)
    expect(await seen()).toBe('Bearer token of b')
    expect((await change(id, { configuration: { password: 'wrong' } })).status).toBe(400)
    expect(await seen()).toBe('Bearer token of b')
    expect((await change(id, { configuration: { 'filter.response.nulls': false } })).status).toBe(200)
    expect(lines().filter((line) => line === 'POST /token')).toHaveLength(3)
  })

  test('tokens of a code that does not pass the validation are revoked, and only they', async () => {
    const { id, token } = await provision('byCode', { configuration: client, providerData: { code: '1' } })
    hub.vendor.take()
    hub.vendor.answer('GET /v1/me', { status: 403, body: { error: 'another company' } })
    expect((await change(id, { providerData: { code: '2' } })).status).toBe(403)
    const revoked = hub.vendor.take().filter(({ line }) => line === 'POST /revoke')
    expect(revoked.map(({ body }) => (body as Record<string, string>)['token'])).toEqual(['token of 2'])
    hub.vendor.answer('GET /v1/me', ({ headers }) => ({ body: { seen: headers['authorization'] } }))
    expect((await hub.call('GET', '/hubs/crm/me', { token })).body.seen).toBe('Bearer token of 1')
  })
})

describe('a key that its element calls a secret later', () => {
  beforeAll(() =>
    makeElement('noting', 'custom', { pin: { type: 'TEXTFIELD_32' }, seen: {} }, [
      {
        method: 'GET',
        path: '/x',
        vendorPath: '/x',
        parameters: [
          capture('seen', 'n'),
          { name: 'pin', type: 'configuration', vendorName: 'pin', vendorType: 'query' },
        ],
      },
    ]),
  )

  test('keeps its value when a call stores something else', async () => {
    const { id, token } = await provision('noting', { configuration: { pin: '1234' } })
    let n = 0
    hub.vendor.answer('GET /v1/x', () => ({ body: { n: ++n } }))
    const read = () => hub.call('GET', '/hubs/crm/x', { token })
    const body = { key: 'pin', name: 'pin', type: 'PASSWORD' }
    expect((await hub.call('PUT', '/elements/noting/configuration/pin', { body })).status).toBe(200)
    await read()
    await read()
    expect(lines()).toEqual(['GET /v1/x?pin=1234', 'GET /v1/x?pin=1234'])
    expect(await hub.configurationOf(id)).toMatchObject({ pin: '********', seen: '2' })
  })
})

describe('a refresh', () => {
  beforeAll(() =>
    makeElement('renewing', 'custom', { expires_in: {}, 'authentication.time': {}, big: {} }, [
      {
        method: 'POST',
        path: '/renew',
        vendorPath: '/renew',
        type: 'onRefresh',
        parameters: [
          { name: 'tenant', type: 'configuration', vendorName: 'tenant', vendorType: 'query', required: true },
          capture('big', 'big'),
        ],
      },
      { method: 'GET', path: '/x', vendorPath: '/x' },
    ]),
  )
  test('of oauth2 keeps what one resource after it brought when another fails', async () => {
    await makeElement('twice', 'oauth2', { ...oauth, tenant: {} }, [
      {
        method: 'GET',
        path: '/first',
        vendorPath: '/tenant',
        type: 'onRefresh',
        parameters: [capture('tenant', 'id')],
      },
      { method: 'GET', path: '/second', vendorPath: '/broken', type: 'onRefresh' },
      { method: 'GET', path: '/x', vendorPath: '/x' },
    ])
    hub.vendor.answer('POST /token', { body: { access_token: 'a', refresh_token: 'r', expires_in: 600 } })
    hub.vendor.answer('GET /v1/tenant', { body: { id: 't-9' } })
    hub.vendor.answer('GET /v1/x', { body: {} })
    const { id, token } = await provision('twice', {
      configuration: client,
      providerData: { access_token: 'a', refresh_token: 'r' },
    })
    now += 4_000_000
    expect((await hub.call('GET', '/hubs/crm/x', { token })).status).toBe(200)
    expect((await hub.configurationOf(id))['tenant']).toBe('t-9')
    expect(lines()).toEqual(['POST /token', 'GET /v1/tenant', 'GET /v1/broken', 'GET /v1/x'])
  })

  const due = () => ({ expires_in: '60', 'authentication.time': String(now - 100_000) })

  test('that cannot even be asked for is 401 and says why (spec 10 §5.6)', async () => {
    const { token } = await provision('renewing', { configuration: due() })
    const answer = await hub.call('GET', '/hubs/crm/x', { token })
    expect([answer.status, answer.body.message]).toEqual([401, expect.stringContaining('"tenant" is required')])
    expect(lines()).toEqual([])
  })

  test('that brings more than an instance may hold is refused', async () => {
    const { id, token } = await provision('renewing', { configuration: { ...due(), tenant: 't' } })
    hub.vendor.answer('POST /v1/renew', { body: { big: 'x'.repeat(600_000) } })
    const answer = await hub.call('GET', '/hubs/crm/x', { token })
    expect([answer.status, answer.body.message]).toEqual([401, expect.stringContaining('at most 500 keys')])
    expect((await hub.configurationOf(id))['big']).toBeNull()
  })
})

describe('a trace', () => {
  test('masks what the call itself brought', async () => {
    await makeElement('tracing', 'custom', { 'session.token': { type: 'PASSWORD' } }, [
      {
        method: 'GET',
        path: '/x',
        vendorMethod: 'POST',
        vendorPath: '/session',
        nextResource: 'GET:/rows',
        parameters: [capture('session.token', 'id')],
      },
      { method: 'GET', path: '/rows', vendorPath: '/{session.token}/rows', type: 'apiNoDocumentation' },
    ])
    const { id, token } = await provision('tracing')
    expect((await hub.call('PUT', `/instances/${id}/trace-logging`)).status).toBe(200)
    hub.vendor.answer('POST /v1/session', { body: { id: 'fresh-session-1' } })
    hub.vendor.answer('GET /v1/fresh-session-1/rows', { body: [] })
    const read = await hub.call('GET', '/hubs/crm/x', { token })
    expect(read.status, read.text).toBe(200)
    const trace = await hub.call('GET', `/elements/tracing/trace/${read.headers.get('elements-trace-id')}`)
    expect(Object.keys(trace.body)).toHaveLength(2)
    expect(trace.text).not.toContain('fresh-session-1')
  })
})

describe('deletion', () => {
  test('is over when the element may no longer use the application that the tokens are of', async () => {
    const address = { defaultValue: 'https://api.acme.test/token' }
    const revoke = { defaultValue: 'https://api.acme.test/revoke' }
    await makeElement('moved', 'oauth2', { 'oauth.token.url': address, 'oauth.token.revoke_url': revoke }, [
      { method: 'DELETE', path: '/bye', vendorPath: '/bye', type: 'onDelete' },
    ])
    const application = { apiKey: 'k', apiSecret: 'secret-1', callbackUrl: 'https://app.test/cb' }
    expect((await hub.call('PUT', '/elements/moved/oauth/application', { body: application })).status).toBe(200)
    hub.vendor.answer('POST /token', { body: { access_token: 'a', refresh_token: 'r' } })
    const { id } = await provision('moved', { providerData: { code: '1' } })
    const { body: rows } = await hub.call('GET', '/elements/moved/configuration')
    const row = rows.find(({ key }: { key: string }) => key === 'oauth.token.url')
    const body = { ...row, defaultValue: 'https://api.acme.test/other' }
    expect((await hub.call('PUT', `/elements/moved/configuration/${row.key}`, { body })).status).toBe(200)

    expect((await hub.call('DELETE', `/instances/${id}`)).status).toBe(200)
    const client = new Client(hub.databaseUrl)
    await client.connect()
    const found = await client.query(
      `select revocation->>'state' as state, (select count(*)::int from instance_credentials where instance_id = $1) as left
       from instances where id = $1`,
      [id],
    )
    await client.end()
    expect(found.rows).toEqual([{ state: 'failed', left: 0 }])
  })
})
