import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allPages, type CatalogInstance, expectPages, provisionElement } from '../../support/catalog-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The Zendesk element on the simulator. */
let hub: TestHub
let zendesk: CatalogInstance
beforeAll(async () => {
  hub = await startTestHub()
  zendesk = await provisionElement(hub, 'zendesk', { subdomain: 'acme' })
})
afterAll(() => hub.close())

const lastRequest = () => hub.hub.simulator?.requests(1, 'shown').at(-1)
const where = (text: string) => `where=${encodeURIComponent(text)}`

for (const [path, created, changed, search] of [
  [
    'incidents',
    { subject: 'Lamp is dark', comment: { body: 'It was bright.' }, priority: 'high' },
    { status: 'open' },
    "subject='Lamp is dark'",
  ],
  ['users', { name: 'Zoë Müller', email: 'zoe@example.org' }, { phone: '+49 228' }, "email='zoe@example.org'"],
  ['contacts', { name: 'Bob Byron', email: 'bob@example.org' }, { notes: 'calls back' }, "email='bob@example.org'"],
  ['accounts', { name: 'Lamps Ltd', external_id: 'l1' }, { details: 'big' }, "external_id='l1'"],
] as const)
  test(`${path} are made, read, changed, found and deleted`, async () => {
    const base = `/hubs/helpdesk/${path}`
    const made = await zendesk.ok('POST', base, created)
    expect(made).toMatchObject({ id: expect.any(Number), ...created })
    expect(await zendesk.ok('GET', `${base}/${made.id}`)).toEqual(made)
    const after = await zendesk.ok('PATCH', `${base}/${made.id}`, changed)
    expect(after).toMatchObject({ ...created, ...changed })
    expect(lastRequest()?.method).toBe('PUT')
    const found = await zendesk.ok('GET', `${base}?${where(search)}`)
    expect(found).toEqual([after])
    await zendesk.ok('DELETE', `${base}/${made.id}`)
    expect((await zendesk.call('GET', `${base}/${made.id}`)).status).toBe(404)
    expect((await zendesk.call('PATCH', `${base}/-1`, changed)).status).toBe(404)
  })

describe('lists', () => {
  for (const path of ['incidents', 'users', 'contacts', 'accounts'])
    test(`${path} go on by cursor, to the end`, async () => {
      await expectPages(zendesk, `/hubs/helpdesk/${path}`)
      const rows = await allPages(zendesk, `/hubs/helpdesk/${path}`, 7)
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    })

  test('searches go on by cursors of their own', async () => {
    const rows = await allPages(zendesk, `/hubs/helpdesk/incidents?${where("status in ('new', 'open')")}`, 3)
    expect(rows.length).toBeGreaterThan(3)
    expect(rows.every(({ status }) => status === 'new' || status === 'open')).toBe(true)
  })

  test('contacts are end users, agents are agents', async () => {
    const roles = async (path: string) =>
      new Set((await zendesk.ok('GET', `/hubs/helpdesk/${path}`)).map(({ role }: { role: string }) => role))
    expect([await roles('contacts'), await roles('agents')]).toEqual([new Set(['end-user']), new Set(['agent'])])
  })

  for (const path of ['groups', 'incident-fields', 'statuses', 'views', 'satisfaction-ratings'])
    test(`${path} are there`, async () => {
      const [row] = await zendesk.ok('GET', `/hubs/helpdesk/${path}`)
      expect((await zendesk.ok('GET', `/hubs/helpdesk/${path}/${row.id}`)).id).toBe(row.id)
    })

  test('tags have names only', async () => {
    expect((await zendesk.ok('GET', '/hubs/helpdesk/tags'))[0]).toEqual({ name: 'vip', count: 12 })
  })
})

test('records below others', async () => {
  const [incident] = await zendesk.ok('GET', '/hubs/helpdesk/incidents?pageSize=1')
  const below = await zendesk.ok('GET', `/hubs/helpdesk/users/${incident.requester_id}/incidents`)
  expect(below.map(({ id }: { id: number }) => id)).toContain(incident.id)
  const account = `/hubs/helpdesk/accounts/${incident.organization_id}`
  expect((await zendesk.ok('GET', `${account}/incidents`)).length).toBeGreaterThan(0)
  for (const contact of await zendesk.ok('GET', `${account}/contacts`))
    expect(contact.organization_id).toBe(incident.organization_id)
  expect((await zendesk.ok('GET', `/hubs/helpdesk/incidents/${incident.id}/comments`))[0]).toHaveProperty('body')
})

test('a comment is sent as a change of its ticket', async () => {
  const answer = await zendesk.ok('POST', '/hubs/helpdesk/incidents/1/comments', { body: 'Done.', public: false })
  expect(answer.id).toBe(1)
  expect(JSON.parse(lastRequest()?.body ?? '')).toEqual({ ticket: { comment: { body: 'Done.', public: false } } })
})

test('a file is uploaded as it is', async () => {
  const form = new FormData()
  form.append('file', new Blob(['hello'], { type: 'text/plain' }), 'hello.txt')
  const response = await fetch(`${hub.api}/hubs/helpdesk/attachments?filename=hello.txt`, {
    method: 'POST',
    headers: { authorization: `${hub.authorization}, Element ${zendesk.token}` },
    body: form,
  })
  expect(response.status, await response.clone().text()).toBe(200)
  expect(await response.json()).toHaveProperty('token')
  expect(lastRequest()).toMatchObject({ method: 'POST', url: '/api/v2/uploads?filename=hello.txt' })
  expect(lastRequest()?.headers).toMatchObject({ 'content-type': 'application/binary', 'content-length': '5' })
})

test('what a ticket lacks is a 400 with the vendor’s words', async () => {
  const refused = await zendesk.call('POST', '/hubs/helpdesk/accounts', {})
  expect([refused.status, refused.body.providerMessage]).toEqual([400, expect.stringContaining('RecordInvalid')])
})

test('the element says what it polls', async () => {
  const { body } = await hub.call('GET', '/elements/zendesk/metadata')
  expect(body.events).toMatchObject({
    supported: true,
    methods: ['polling', 'webhook'],
    polling: { incidents: { eventTypes: ['created', 'updated'] } },
  })
})
