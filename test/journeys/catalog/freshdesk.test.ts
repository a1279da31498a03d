import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allPages, type CatalogInstance, expectPages, provisionElement } from '../../support/catalog-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The Freshdesk element on the simulator. */
let hub: TestHub
let freshdesk: CatalogInstance
beforeAll(async () => {
  hub = await startTestHub()
  freshdesk = await provisionElement(hub, 'freshdesk', { subdomain: 'acme', username: 'key-1' })
})
afterAll(() => hub.close())

const lastRequest = () => hub.hub.simulator?.requests(1, 'shown').at(-1)
const where = (text: string) => `where=${encodeURIComponent(text)}`

test('a key that the vendor refuses makes no instance', async () => {
  const body = { name: 'x', element: { key: 'freshdesk' }, configuration: { subdomain: 'acme', username: 'wrong-key' } }
  expect((await hub.call('POST', '/instances', { body })).status).toBe(401)
})

test('the key is the user of Basic credentials', async () => {
  await freshdesk.ok('GET', '/hubs/helpdesk/users/me')
  expect(lastRequest()?.headers['authorization']).toBe(`Basic ${Buffer.from('key-1:X').toString('base64')}`)
})

for (const [path, created, changed, search] of [
  [
    'incidents',
    { subject: 'Lamp is dark', description: 'It was bright.', email: 'a@b.test', tags: ['lamp'] },
    { status: 4 },
    "tag='lamp'",
  ],
  ['contacts', { name: 'Bob Byron', email: 'bob@example.org' }, { job_title: 'Poet' }, "email='bob@example.org'"],
  ['accounts', { name: 'Lamps Ltd', domains: ['lamps.test'] }, { note: 'big' }, "domain='lamps.test'"],
] as const)
  test(`${path} are made, read, changed, found and deleted`, async () => {
    const base = `/hubs/helpdesk/${path}`
    const made = await freshdesk.ok('POST', base, created)
    expect(made).toMatchObject({ id: expect.any(Number), ...created })
    expect(await freshdesk.ok('GET', `${base}/${made.id}`)).toEqual(made)
    const after = await freshdesk.ok('PATCH', `${base}/${made.id}`, changed)
    expect(after).toMatchObject({ ...created, ...changed })
    expect(lastRequest()?.method).toBe('PUT')
    expect(await freshdesk.ok('GET', `${base}?${where(search)}`)).toEqual([after])
    await freshdesk.ok('DELETE', `${base}/${made.id}`)
    expect((await freshdesk.call('GET', `${base}/${made.id}`)).status).toBe(404)
  })

describe('lists', () => {
  for (const path of ['incidents', 'contacts', 'accounts'])
    test(`${path} go on by number, to the end`, async () => {
      await expectPages(freshdesk, `/hubs/helpdesk/${path}`)
      const rows = await allPages(freshdesk, `/hubs/helpdesk/${path}`, 7)
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    })

  test('searches are cut into the pages that were asked for', async () => {
    const base = `/hubs/helpdesk/incidents?${where('priority >= 1')}`
    await expectPages(freshdesk, base)
    await expectPages(freshdesk, base, 15)
    const rows = await allPages(freshdesk, base, 7)
    expect(rows).toHaveLength(45)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(45)
  })

  for (const path of ['agents', 'groups', 'roles', 'products', 'knowledge-categories'])
    test(`${path} are there`, async () => {
      const [row] = await freshdesk.ok('GET', `/hubs/helpdesk/${path}`)
      expect((await freshdesk.ok('GET', `/hubs/helpdesk/${path}/${row.id}`)).id).toBe(row.id)
    })

  for (const path of ['incident-fields', 'contact-fields', 'account-fields', 'time-entries'])
    test(`${path} are there`, async () => {
      expect((await freshdesk.ok('GET', `/hubs/helpdesk/${path}`)).length).toBeGreaterThan(0)
    })
})

test('conversations, time and files of a ticket', async () => {
  const base = '/hubs/helpdesk/incidents/1'
  expect(await freshdesk.ok('GET', `${base}/comments`)).toHaveLength(2)
  await freshdesk.ok('POST', `${base}/comments`, { body: 'Called back.', private: true })
  expect(lastRequest()).toMatchObject({ method: 'POST', url: '/api/v2/tickets/1/notes' })
  const entry = await freshdesk.ok('POST', `${base}/time-entries`, { note: 'call', time_spent: '00:10' })
  expect(entry).toMatchObject({ time_spent: '00:10', billable: true })
  expect(await freshdesk.ok('GET', `${base}/time-entries`)).toContainEqual(entry)
  const form = new FormData()
  form.append('file', new Blob(['hello'], { type: 'text/plain' }), 'hello.txt')
  const headers = { authorization: `${hub.authorization}, Element ${freshdesk.token}` }
  const uploaded = await fetch(`${hub.api}${base}/attachments`, { method: 'POST', headers, body: form })
  expect(uploaded.status, await uploaded.text()).toBe(200)
  expect(lastRequest()?.headers['content-type']).toContain('multipart/form-data')
})

test('articles lie in folders of categories', async () => {
  const [folder] = await freshdesk.ok('GET', '/hubs/helpdesk/knowledge-categories/1/folders')
  const article = { title: 'Change a bulb', description: 'Turn it.', status: 1 }
  const made = await freshdesk.ok('POST', `/hubs/helpdesk/knowledge-folders/${folder.id}/articles`, article)
  expect(made).toMatchObject(article)
})

test('what is missing is a 400 with the vendor’s words', async () => {
  const refused = await freshdesk.call('POST', '/hubs/helpdesk/incidents', { subject: 'x' })
  expect(refused.status).toBe(400)
  expect(JSON.parse(refused.body.providerMessage)).toMatchObject({
    description: 'Validation failed',
    errors: [{ field: 'email' }],
  })
})

test('is exported and cloned, and the clone has an empty oauth.api.key (spec 01 §4)', async () => {
  expect((await hub.call('GET', '/elements/freshdesk/export')).body).toMatchObject({
    key: 'freshdesk',
    hub: 'helpdesk',
  })
  const { status, body, text } = await hub.call('POST', '/elements/freshdesk/clone', { body: {} })
  expect(status, text).toBe(200)
  const row = body.configuration.find(({ key }: { key: string }) => key === 'oauth.api.key')
  expect(row).toMatchObject({ defaultValue: '' })
})

test('the element says what it polls', async () => {
  const { body } = await hub.call('GET', '/elements/freshdesk/metadata')
  expect(body.events).toMatchObject({
    methods: ['polling'],
    polling: { incidents: { eventTypes: ['created', 'updated'] } },
  })
})
