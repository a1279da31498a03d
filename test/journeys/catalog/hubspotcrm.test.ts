import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provision, provisionOAuth } from './crm-checks.ts'

/** The shipped element `hubspotcrm` against the simulated vendor. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  const instance = await provisionOAuth(hub, 'hubspotcrm')
  token = instance.token
  expect(instance.configuration['hubspot.portal.id']).toBe('62515')
})
afterAll(() => hub.close())

const callers = { hub: () => hub, token: () => token }
const get = async (path: string) => {
  const answer = await hub.call('GET', `/hubs/crm${path}`, { token })
  expect(answer.status, answer.text).toBe(200)
  return answer
}
const last = () => hub.hub.simulator?.requests(1, 'shown')[0]

for (const resource of [
  {
    path: '/accounts',
    create: { properties: { name: "O'Hara & Sons", domain: 'ohara.example' } },
    change: {
      body: { properties: { phone: '1' } },
      shows: { 'properties.phone': '1', 'properties.domain': 'ohara.example' },
    },
    search: { field: 'name', at: 'properties.name' },
  },
  {
    path: '/contacts',
    create: { properties: { firstname: 'Ada', lastname: 'Lovelace', email: 'ada@engine.example' } },
    change: { body: { properties: { jobtitle: 'Countess' } }, shows: { 'properties.jobtitle': 'Countess' } },
    search: { field: 'email', at: 'properties.email' },
  },
  {
    path: '/leads',
    create: { properties: { firstname: 'Charles', lastname: 'Babbage', email: 'charles@engine.example' } },
    change: {
      body: { properties: { hs_lead_status: 'OPEN' } },
      shows: { 'properties.hs_lead_status': 'OPEN', 'properties.lifecyclestage': 'lead' },
    },
    search: { field: 'email', at: 'properties.email' },
    refusesEmpty: false,
  },
  {
    path: '/opportunities',
    create: { properties: { dealname: 'Engine', amount: '1000' } },
    change: { body: { properties: { dealstage: 'closedwon' } }, shows: { 'properties.dealstage': 'closedwon' } },
    search: { field: 'dealname', at: 'properties.dealname' },
  },
  {
    path: '/notes',
    create: { properties: { hs_note_body: 'Tea', hs_timestamp: '2024-01-01T00:00:00Z' } },
    change: { body: { properties: { hs_note_body: 'Coffee' } }, shows: { 'properties.hs_note_body': 'Coffee' } },
    search: { field: 'hs_note_body', at: 'properties.hs_note_body' },
  },
  {
    path: '/tasks',
    create: { properties: { hs_task_subject: 'Call Ada', hs_timestamp: '2024-01-01T00:00:00Z' } },
    change: {
      body: { properties: { hs_task_status: 'COMPLETED' } },
      shows: { 'properties.hs_task_status': 'COMPLETED' },
    },
    search: { field: 'hs_task_subject', at: 'properties.hs_task_subject' },
  },
  {
    path: '/activities',
    create: { engagement: { type: 'NOTE', ownerId: 1 }, metadata: { body: 'Tea' }, associations: { contactIds: [1] } },
    change: { body: { metadata: { body: 'Coffee' } }, shows: { 'metadata.body': 'Coffee', 'engagement.type': 'NOTE' } },
  },
  { path: '/owners' },
  { path: '/users' },
  {
    path: '/pipelines',
    create: {
      label: 'Partners',
      displayOrder: 2,
      stages: [{ label: 'New', displayOrder: 0, metadata: { probability: '0.1' } }],
    },
    change: { body: { label: 'Resellers' }, shows: { label: 'Resellers', displayOrder: 2 } },
    pages: false,
  },
])
  checkResource(callers, resource)

test('a filtered list is a search, ordered, with the properties asked for', async () => {
  const where = "lifecyclestage in ('lead','customer') and (firstname like 'A%' or firstname is null)"
  const { body } = await get(
    `/contacts?${new URLSearchParams({ where, orderBy: 'lastname desc', fields: 'firstname,lastname,lifecyclestage', pageSize: '5' })}`,
  )
  expect(last()).toMatchObject({ method: 'POST', path: '/crm/v3/objects/contacts/search' })
  expect(JSON.parse(String(last()?.body))).toMatchObject({
    limit: 5,
    properties: ['firstname', 'lastname', 'lifecyclestage'],
    sorts: [{ propertyName: 'lastname', direction: 'DESCENDING' }],
  })
  for (const { properties } of body) {
    expect(Object.keys(properties)).toEqual(['firstname', 'lastname', 'lifecyclestage'])
    expect(properties.firstname).toMatch(/^A/)
  }
  const first = await get(
    `/contacts?${new URLSearchParams({ where: "properties.email like '%@example.com'", pageSize: '2' })}`,
  )
  const second = await get(`/contacts?nextPage=${first.headers.get('elements-next-page-token')}`)
  expect(last()?.path).toBe('/crm/v3/objects/contacts/search')
  expect(second.body).toHaveLength(2)
  expect(second.body[0].id).not.toBe(first.body[0].id)
})

test('leads are the contacts that are leads', async () => {
  const { body } = await get('/leads?pageSize=100')
  expect(body.length).toBeGreaterThan(0)
  for (const { properties } of body) expect(properties.lifecyclestage).toBe('lead')
})

test('more than a page of the vendor is cut, and said so', async () => {
  const { body, headers } = await get('/contacts?pageSize=500')
  expect(body.length).toBeGreaterThanOrEqual(60)
  expect(headers.get('elements-error')).toContain('500')
})

test('properties as the vendor describes them, those of the account too', async () => {
  for (const name of ['accounts', 'companies']) {
    const { fields } = (await get(`/objects/${name}/metadata`)).body
    const field = (path: string) =>
      fields.find((one: { vendorPath: string }) => one.vendorPath === `properties.${path}`)
    expect(field('region')).toMatchObject({ custom: true, createable: true })
    expect(field('hs_object_id')).toMatchObject({ vendorReadOnly: true })
    expect(field('type').picklistValues[0]).toMatchObject({ value: 'PROSPECT' })
  }
})

test('the activities around a record', async () => {
  for (const path of ['/accounts/1/activities', '/contacts/1/activities', '/opportunities/1/activities'])
    expect((await get(path)).body[0].engagement.id).toBe((await get(path)).body[0].id)
})

test('the token of a private app stands in for OAuth', async () => {
  const given = { 'authentication.type': 'apiKey', 'hubspot.authorization.apikey': 'pat-eu1-1234' }
  const instance = await provision(hub, 'hubspotcrm', given)
  const answer = await hub.call('GET', '/hubs/crm/contacts?pageSize=1', { token: instance.token })
  expect(answer.status, answer.text).toBe(200)
  expect(last()?.headers['authorization']).toBe('Bearer pat-eu1-1234')
  const refused = await hub.call('POST', '/instances', {
    body: {
      name: 'x',
      element: { key: 'hubspotcrm' },
      configuration: { ...given, 'hubspot.authorization.apikey': 'wrong-key' },
    },
  })
  expect(refused.status).toBe(401)
})

test('events are polled and heard', async () => {
  const { body } = await hub.call('GET', '/elements/hubspotcrm/metadata')
  expect(body.events.methods).toEqual(['polling', 'webhook'])
  expect(Object.keys(body.events.polling)).toEqual(['accounts', 'contacts', 'opportunities'])
})
