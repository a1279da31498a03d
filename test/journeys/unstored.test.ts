import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CALLBACK, startTestHub, type TestHub } from '../support/hub.ts'

/** The vendor issued tokens, then the database refused the row: what becomes of the tokens. */
let hub: TestHub

beforeAll(async () => {
  hub = await startTestHub()
  const client = new Client(hub.databaseUrl)
  await client.connect()
  await client.query(`alter table instances add constraint refuse check (name <> 'refused')`)
  await client.end()
})
afterAll(() => hub.close())

const revocations = () => hub.hub.simulator?.stats('base').revocations ?? 0
const provision = (providerData: Record<string, unknown>) =>
  hub.call('POST', '/instances', {
    body: {
      name: 'refused',
      element: { key: 'base' },
      providerData,
      configuration: { 'oauth.api.key': 'test-key', 'oauth.api.secret': 'test-secret', 'oauth.callback.url': CALLBACK },
    },
  })

test('tokens of an exchanged code are revoked, and no instance remains', async () => {
  const before = revocations()
  expect((await provision({ code: await hub.obtainCode() })).status).toBe(500)
  expect(revocations()).toBe(before + 1)
  expect((await hub.call('GET', '/instances')).status).toBe(404)
})

test('tokens that the caller brought stay the caller’s', async () => {
  const before = revocations()
  const { access_token, refresh_token } = await hub.obtainTokens()
  expect((await provision({ access_token, refresh_token })).status).toBe(500)
  expect(revocations()).toBe(before)
})

test('a new code for an instance that cannot be stored: its tokens are revoked, the old ones still work', async () => {
  const made = await hub.provisionBase()
  const before = revocations()
  const body = { name: 'refused', providerData: { code: await hub.obtainCode() } }
  expect((await hub.call('PATCH', `/instances/${made.id}`, { body })).status).toBe(500)
  expect(revocations()).toBe(before + 1)
  expect((await hub.call('GET', '/hubs/crm/contacts', { token: made.token })).status).toBe(200)
})
