import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provision } from './crm-checks.ts'

/** The shipped element `closeio` against the simulated vendor. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  token = (await provision(hub, 'closeio', { username: 'api_key_of_ada' })).token
})
afterAll(() => hub.close())

const callers = { hub: () => hub, token: () => token }
const call = (method: string, path: string, body?: unknown) =>
  hub.call(method, `/hubs/crm${path}`, { token, ...(body === undefined ? {} : { body }) })
const get = async (path: string) => {
  const answer = await call('GET', path)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
const last = () => new URL(hub.hub.simulator?.requests(1, 'shown')[0]?.url ?? '', 'http://vendor')
const aLead = async () => (await get('/accounts?pageSize=1'))[0].id as string

for (const resource of [
  {
    path: '/accounts',
    create: { name: 'O"Hara & Sons' },
    change: { body: { description: 'Tea' }, shows: { description: 'Tea', name: 'O"Hara & Sons' } },
    search: { field: 'name' },
    refusesEmpty: false,
  },
  {
    path: '/contacts',
    create: async () => ({
      lead_id: await aLead(),
      name: 'Ada Lovelace',
      officeEmail: 'ada@engine.example',
      homePhone: '+12025550100',
    }),
    change: {
      body: { title: 'Countess' },
      shows: { title: 'Countess', 'emails.0.type': 'office', 'phones.0.type': 'home' },
    },
    search: { field: 'email', at: 'emails.0.email' },
  },
  {
    path: '/opportunities',
    create: async () => ({ lead_id: await aLead(), confidence: 20, value: 1000 }),
    change: { body: { confidence: 90 }, shows: { confidence: 90, value: 1000 } },
    update: 'PUT' as const,
    refusesEmpty: false,
  },
  {
    path: '/tasks',
    create: async () => ({ lead: await aLead(), text: 'Call Ada', date: '2027-01-01', is_complete: false }),
    change: { body: { is_complete: true }, shows: { is_complete: true } },
  },
  {
    path: '/notes',
    create: async () => ({ lead_id: await aLead(), note: 'Tea' }),
    change: { body: { note: 'Coffee' }, shows: { note: 'Coffee' } },
  },
  { path: '/users' },
  { path: '/lead-statuses', create: { label: 'Lost' }, get: false, pages: false },
  { path: '/opportunity-statuses', create: { label: 'Lost', type: 'lost' }, get: false, pages: false },
])
  checkResource(callers, resource)

test('the key is a user name without a password, and a wrong one is refused', async () => {
  await get('/users/me')
  const sent = hub.hub.simulator?.requests(1, 'shown')[0]?.headers['authorization']
  expect(Buffer.from(String(sent).replace('Basic ', ''), 'base64').toString()).toBe('api_key_of_ada:')
  const refused = await hub.call('POST', '/instances', {
    body: { name: 'x', element: { key: 'closeio' }, configuration: { username: 'wrong-key' } },
  })
  expect(refused.status).toBe(401)
})

test('conditions become terms of a query', async () => {
  const where = async (text: string, more = {}) =>
    call('GET', `/accounts?${new URLSearchParams({ where: text, ...more })}`)
  await where("status_label='Customer' and date_updated>'2024-01-01' and url is not null", {
    orderBy: 'date_updated desc',
  })
  expect(last().searchParams.get('query')).toBe('status:"Customer" date_updated>"2024-01-01" url:* sort:-date_updated')
  for (const { status_label } of (await where("status_label='Customer'")).body) expect(status_label).toBe('Customer')
  expect((await where("name='a' or name='b'")).status).toBe(400)
  expect((await where("name like '%a'")).status).toBe(400)
})

test('contacts are found through their leads', async () => {
  const [contact] = await get('/contacts?pageSize=1')
  const named = await get(`/contacts?${new URLSearchParams({ where: `name='${contact.name.replaceAll("'", "''")}'` })}`)
  expect(last().pathname).toMatch(/\/lead\/?$/)
  expect(named.map(({ id }: { id: string }) => id)).toContain(contact.id)
  const alone = await call('POST', '/contacts', { name: 'Nobody’s friend' })
  expect((await get(`/accounts/${alone.body.lead_id}`)).name).toBe('Nobody’s friend')
  const below = await get(`/contacts?where=${encodeURIComponent(`lead_id='${contact.lead_id}'`)}`)
  expect(last().pathname).toMatch(/\/contact\/?$/)
  for (const { lead_id } of below) expect(lead_id).toBe(contact.lead_id)
})

test('the work around an account', async () => {
  const lead = await aLead()
  const note = await call('POST', `/accounts/${lead}/notes`, { note: 'Visit' })
  expect(note.body).toMatchObject({ note: 'Visit', lead_id: lead })
  expect((await get(`/accounts/${lead}/notes`)).map(({ id }: { id: string }) => id)).toContain(note.body.id)
  expect((await call('DELETE', `/accounts/${lead}/notes/${note.body.id}`)).status).toBe(200)
  for (const { _type } of await get(`/accounts/${lead}/activities?activityType=email`)) expect(_type).toBe('Email')
  expect(last().searchParams.get('_type')).toBe('Email')
  for (const below of ['contacts', 'tasks', 'opportunities'])
    for (const row of await get(`/accounts/${lead}/${below}`)) expect(row.lead_id).toBe(lead)
})

test('orders, paths that end with a slash, descriptions, events', async () => {
  const values = (await get('/opportunities?orderBy=value desc&pageSize=100')).map(
    ({ value }: { value?: number }) => value ?? 0,
  )
  expect(values).toEqual([...values].sort((a, b) => b - a))
  expect(last().pathname).toBe('/api/v1/opportunity/')
  const { fields } = await get('/objects/contacts/metadata')
  expect(fields.map(({ vendorDisplayName }: { vendorDisplayName: string }) => vendorDisplayName)).toContain('Title')
  const { body } = await hub.call('GET', '/elements/closeio/metadata')
  expect(body.events.methods).toEqual(['polling'])
})

test('the model accountsNotes is there', async () => {
  const { body } = await hub.call('GET', '/elements/closeio')
  const models = body.resources.map(({ model }: { model?: { name: string } }) => model?.name)
  expect(models).toContain('accountsNotes')
})
