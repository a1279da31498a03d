import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallOptions, startTestHub, type TestHub } from '../../support/hub.ts'

/** What every change of an element, an instance, a hub … leaves in the audit log (spec 41 §9). */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const SECRET = 'never-to-be-seen'
const ELEMENT = {
  name: 'Ledger',
  description: 'Books',
  authentication: { type: 'basic' },
  configuration: [
    { key: 'base.url', name: 'Base URL', defaultValue: 'https://api.ledger.test' },
    { key: 'tenant', name: 'Tenant', type: 'PASSWORD', defaultValue: SECRET },
  ],
  hooks: [{ type: 'preRequest', body: 'done({ token: 1 })' }],
  resources: [{ method: 'GET', path: '/entries', vendorPath: '/entries' }],
}

/** Makes the call and reads what was recorded of it, newest first. */
async function recorded(method: string, path: string, options: CallOptions = {}, status = 200) {
  const answer = await hub.call(method, path, options)
  expect(answer.status, answer.text).toBe(status)
  const requestId = answer.headers.get('elements-request-id')
  const log = await hub.call('GET', '/audit-logs?pageSize=50')
  expect(log.text).not.toContain(SECRET)
  // biome-ignore lint/suspicious/noExplicitAny: records of every shape
  const records = log.body.filter((record: any) => record.request_id === requestId)
  return { body: answer.body, records, record: records[0] }
}

async function only(method: string, path: string, options: CallOptions = {}, status = 200) {
  const { body, records, record } = await recorded(method, path, options, status)
  expect(records).toHaveLength(1)
  return { body, record }
}

describe('elements', () => {
  let id: number

  test('made: who, by which call, and all of it, with secrets masked and scripts readable', async () => {
    const { body, record } = await only('POST', '/elements', { body: ELEMENT })
    id = body.id
    const seeded = hub.hub.seeded.created ? hub.hub.seeded : undefined
    expect(record).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      timestamp: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      entity_type: 'element',
      entity_id: String(id),
      action: 'create',
      method: 'POST',
      resource_uri: '/elements/api-v2/elements',
      status: 200,
      user_id: seeded?.userId,
      account_id: seeded?.accountId,
      org_id: seeded?.organizationId,
      ip_address: '127.0.0.1',
    })
    expect(record).not.toHaveProperty('before')
    expect(record.after).toMatchObject({ key: 'ledger', hooks: [{ body: 'done({ token: 1 })' }] })
    const tenant = record.after.configuration.find((row: { key: string }) => row.key === 'tenant')
    expect(tenant.defaultValue).toBe('********')
  })

  test('patched: what differs', async () => {
    const { record } = await only('PATCH', `/elements/${id}`, { body: { description: 'All books' } })
    expect(record).toMatchObject({ action: 'update', entity_id: String(id) })
    expect([record.before, record.after]).toEqual([{ description: 'Books' }, { description: 'All books' }])
  })

  test('a hook, a configuration row, the switch, by key', async () => {
    const hook = (await hub.call('GET', '/elements/ledger/hooks')).body[0]
    const changed = await only('PUT', `/elements/ledger/hooks/${hook.id}`, {
      body: { type: 'preRequest', body: 'done()' },
    })
    expect(changed.record).toMatchObject({
      entity_id: String(id),
      before: { hooks: [{ id: hook.id, body: 'done({ token: 1 })' }] },
      after: { hooks: [{ id: hook.id, body: 'done()' }] },
    })
    const row = { key: 'tenant', name: 'Tenant', type: 'PASSWORD', defaultValue: `${SECRET}-2` }
    const masked = await only('PUT', '/elements/ledger/configuration/tenant', { body: row })
    expect(masked.record.after.configuration).toEqual([{ id: expect.any(Number), defaultValue: '********' }])
    const hidden = await only('DELETE', `/elements/${id}/active`)
    expect(hidden.record).toMatchObject({ after: { active: false } })
  })

  test('a change without effect is a record without sides', async () => {
    const { record } = await only('DELETE', `/elements/${id}/active`)
    expect(record).toMatchObject({ action: 'update', entity_id: String(id), status: 200 })
    expect(Object.keys(record)).not.toEqual(expect.arrayContaining(['before']))
  })

  test('cloned, extended, and a clone deleted with all it was', async () => {
    const clone = await only('POST', `/elements/${id}/clone`)
    expect(clone.record).toMatchObject({
      action: 'clone',
      entity_id: String(clone.body.id),
      after: { key: 'ledger-clone' },
    })
    const added = await only('POST', '/elements/base/resources', {
      body: { method: 'GET', path: '/extra', vendorPath: '/x' },
    })
    expect(added.record).toMatchObject({
      action: 'extend',
      entity_id: '201',
      after: { resources: [{ path: '/hubs/crm/extra' }] },
    })
    const gone = await only('DELETE', `/elements/${clone.body.id}`)
    expect(gone.record).toMatchObject({ action: 'delete', before: { key: 'ledger-clone' } })
    expect(gone.record).not.toHaveProperty('after')
  })

  test('shared with the organization, and no longer', async () => {
    const shared = await only('PUT', `/elements/${id}/organization`)
    expect(shared.record).toMatchObject({
      action: 'share',
      before: { organizationWide: false },
      after: { organizationWide: true },
    })
    expect((await only('DELETE', `/elements/${id}/organization`)).record.action).toBe('unshare')
  })

  test('one that is too large says what it would have been', async () => {
    const body = { ...ELEMENT, name: 'Large', hooks: [{ type: 'preRequest', body: `done() // ${'x'.repeat(40_000)}` }] }
    const { record } = await only('POST', '/elements', { body })
    expect(record.after).toMatchObject({ truncated: true, sizeBytes: expect.any(Number) })
    expect(record.after.changed).toContainEqual(expect.stringMatching(/^hooks\[\d+\]/))
  })

  test('hubs: made, made on the way with an element, deleted', async () => {
    const made = await only('POST', '/hubs', { body: { name: 'Books', key: 'books' } })
    expect(made.record).toMatchObject({ entity_type: 'hub', action: 'create', after: { key: 'books' } })
    const both = await recorded('POST', '/elements', { body: { ...ELEMENT, name: 'Shelf', hub: 'shelves' } })
    expect(both.records.map((one: { entity_type: string }) => one.entity_type)).toEqual(['element', 'hub'])
    expect((await only('DELETE', '/hubs/books')).record).toMatchObject({ action: 'delete', before: { key: 'books' } })
  })

  test('how elements are shown', async () => {
    const body = [{ elementId: 201, hidden: true, position: 1, featured: false }]
    const { record } = await only('PUT', '/catalog-properties?entityType=user', { body })
    expect(record).toMatchObject({
      entity_type: 'catalog-properties',
      before: { properties: [] },
      after: { properties: body },
    })
  })
})

describe('instances', () => {
  let id: number
  let token: string
  const configuration = { username: 'ada', password: SECRET, tenant: `${SECRET}-t`, 'my.note': `uses ${SECRET}` }

  test('made, with every secret masked wherever it stands', async () => {
    const { body, record } = await only('POST', '/instances', {
      body: { name: 'Mine', element: { key: 'ledger' }, configuration },
    })
    ;({ id, token } = body)
    expect(record).toMatchObject({
      entity_type: 'element-instance',
      entity_id: String(id),
      instance_id: id,
      action: 'create',
      after: {
        name: 'Mine',
        tags: ['Mine'],
        element: { key: 'ledger' },
        configuration: { username: 'ada', password: '********', tenant: '********', 'my.note': 'uses ********' },
      },
    })
    expect(JSON.stringify(record)).not.toContain(token)
  })

  test('changed: name, a value, a secret', async () => {
    const body = { name: 'Ours', configuration: { username: 'bob', tenant: `${SECRET}-3` } }
    const { record } = await only('PATCH', `/instances/${id}`, { body })
    expect(record).toMatchObject({ action: 'update', instance_id: id })
    expect(record.before).toEqual({ name: 'Mine', configuration: { username: 'ada', tenant: '********' } })
    expect(record.after).toEqual({ name: 'Ours', configuration: { username: 'bob', tenant: '********' } })
  })

  test('one row of its configuration', async () => {
    const { record } = await only('PATCH', `/instances/${id}/configuration/username`, {
      body: { propertyValue: 'eve' },
    })
    expect(record).toMatchObject({
      before: { configuration: { username: 'bob' } },
      after: { configuration: { username: 'eve' } },
    })
  })

  test('switched, by id and by token', async () => {
    const off = await only('DELETE', `/instances/${id}/enabled`)
    expect(off.record).toMatchObject({ action: 'disable', before: { disabled: false }, after: { disabled: true } })
    const on = await only('PUT', '/instances/enabled', { token })
    expect(on.record).toMatchObject({ action: 'enable', instance_id: id, after: { disabled: false } })
    const traced = await only('PUT', `/instances/${id}/trace-logging`, { body: { duration: 5 } })
    expect(traced.record).toMatchObject({ action: 'traceLogging', before: { traceLoggingUntil: null } })
  })

  test('deleted, with all it was', async () => {
    const { record } = await only('DELETE', `/instances/${id}`)
    expect(record).toMatchObject({
      action: 'delete',
      instance_id: id,
      before: { name: 'Ours', configuration: { username: 'eve' } },
    })
  })
})

describe('applications and proxies', () => {
  test('their keys are seen to be there and never what they are', async () => {
    const body = { apiKey: `${SECRET}-k`, apiSecret: SECRET, callbackUrl: 'https://app.test/cb' }
    const made = await only('PUT', '/elements/base/oauth/application', { body })
    expect(made.record).toMatchObject({
      entity_type: 'oauth-application',
      entity_id: '201',
      after: { apiKey: '********', apiSecret: '********', callbackUrl: 'https://app.test/cb' },
    })
    const changed = await only('PUT', '/elements/base/oauth/application', { body: { apiSecret: `${SECRET}-2` } })
    expect(changed.record.after).toEqual({ apiSecret: '********' })
    expect((await only('DELETE', '/elements/base/oauth/application')).record.action).toBe('delete')
  })

  test('a proxy and its addresses', async () => {
    const made = await only('POST', '/elements/oauthProxies', {
      body: { name: 'One', apiKey: `${SECRET}-k`, apiSecret: SECRET },
    })
    const { id } = made.body
    expect(made.record).toMatchObject({
      entity_type: 'oauth-proxy',
      entity_id: String(id),
      after: { name: 'One', apiSecret: '********' },
    })
    const path = `/elements/oauthProxies/${id}/applicationUrl?applicationUrl=${encodeURIComponent('https://app.test/x')}`
    const added = await only('POST', path)
    expect(added.record).toMatchObject({
      action: 'addApplicationUrl',
      after: { applicationUrls: ['https://app.test/x'] },
    })
    expect((await only('DELETE', path)).record).toMatchObject({
      action: 'removeApplicationUrl',
      after: { applicationUrls: [] },
    })
    expect((await only('DELETE', `/elements/oauthProxies/${id}`)).record).toMatchObject({
      action: 'delete',
      before: { name: 'One' },
    })
  })
})

describe('calls that changed nothing', () => {
  for (const [name, method, path, body, status, expected] of [
    [
      'a second element by the same key',
      'POST',
      '/elements',
      ELEMENT,
      409,
      { entity_type: 'element', action: 'create' },
    ],
    [
      'an instance that is not there',
      'PATCH',
      '/instances/999999',
      { name: 'x' },
      404,
      { entity_id: '999999', instance_id: 999_999 },
    ],
    ['a body that is none', 'PUT', '/elements/ledger', [], 400, { entity_type: 'element', entity_id: 'ledger' }],
    [
      'an element that came with Valence',
      'DELETE',
      '/elements/base',
      undefined,
      403,
      { entity_id: 'base', action: 'delete' },
    ],
    [
      'an element that is used',
      'DELETE',
      '/hubs/nowhere',
      undefined,
      404,
      { entity_type: 'hub', entity_id: 'nowhere' },
    ],
  ] as const) {
    test(`${name}: one record with status ${status} and no sides`, async () => {
      const { record } = await only(method, path, body === undefined ? {} : { body }, status)
      expect(record).toMatchObject({ status, method, resource_uri: `/elements/api-v2${path}`, ...expected })
      expect(record).not.toHaveProperty('before')
      expect(record).not.toHaveProperty('after')
    })
  }

  test('reads are not written down, also those with a body', async () => {
    expect((await recorded('GET', '/elements')).records).toEqual([])
    const query = { apiKey: 'k', apiSecret: SECRET, callbackUrl: 'https://app.test/cb' }
    expect((await recorded('POST', '/elements/base/oauth/url', { body: query })).records).toEqual([])
  })

  test('nor are calls of an instance', async () => {
    const { token } = await hub.provisionBase()
    const answer = await recorded('POST', '/hubs/crm/contacts', { token, body: { first_name: 'Ada', last_name: 'L' } })
    expect(answer.records).toEqual([])
  })
})
