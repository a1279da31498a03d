import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provision } from './crm-checks.ts'

/** The shipped element `pipedrive` against the simulated vendor. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  token = (await provision(hub, 'pipedrive', { username: 'ada@acme.example', password: 'secret' })).token
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

for (const resource of [
  {
    path: '/accounts',
    create: { name: "O'Hara & Sons", visible_to: '3' },
    change: { body: { address: 'Main St 1' }, shows: { address: 'Main St 1', name: "O'Hara & Sons" } },
    search: { field: 'name' },
  },
  {
    path: '/contacts',
    create: { name: 'Ada Lovelace', email: [{ value: 'ada@engine.example', label: 'work', primary: true }], phone: [] },
    change: { body: { first_name: 'Augusta' }, shows: { first_name: 'Augusta' } },
    search: { field: 'email', at: 'email.0.value' },
  },
  {
    path: '/opportunities',
    create: { title: 'Engine', value: 1000, currency: 'EUR' },
    change: { body: { status: 'won' }, shows: { status: 'won', title: 'Engine' } },
    search: { field: 'title' },
    update: 'PUT' as const,
  },
  {
    path: '/leads',
    create: { title: 'Engine lead', person_id: 1 },
    change: { body: { is_archived: true }, shows: { is_archived: true } },
  },
  {
    path: '/activities',
    create: { subject: 'Call Ada', type: 'call', due_date: '2027-01-01', due_time: '10:00' },
    change: { body: { done: true }, shows: { done: true } },
    refusesEmpty: false,
  },
  {
    path: '/notes',
    create: { content: 'Tea', person_id: 1 },
    change: { body: { content: 'Coffee' }, shows: { content: 'Coffee' } },
  },
  {
    path: '/users',
    create: { name: 'Bob', email: 'bob@acme.example' },
    change: { body: { active_flag: false }, shows: { active_flag: false } },
    pages: false,
    delete: false,
  },
  { path: '/activity-types', create: { name: 'Lunch', icon_key: 'lunch' }, get: false, pages: false },
  { path: '/stages', create: { name: 'Won', pipeline_id: 1 }, pages: false },
  { path: '/pipelines', create: { name: 'Partners' }, pages: false },
  {
    path: '/filters',
    create: { name: 'Open', type: 'deals', conditions: { glue: 'and', conditions: [] } },
    pages: false,
  },
])
  checkResource(callers, resource)

test('email and password become a token, which stays masked', async () => {
  const { body } = await hub.call('GET', '/instances', { token })
  const { configuration } = body[0] ?? body
  expect(configuration['api.token']).toBe('********')
  await get('/contacts?pageSize=1')
  expect(last().searchParams.get('api_token')).toBe('0123456789abcdef0123456789abcdef01234567')
})

test('a token of one’s own needs no password, and something is needed', async () => {
  const given = { 'api.token': 'ffffffffffffffffffffffffffffffffffffffff' }
  const own = await provision(hub, 'pipedrive', given)
  expect((await hub.call('GET', '/hubs/crm/users/me', { token: own.token })).status).toBe(200)
  const make = (configuration: Record<string, string>) =>
    hub.call('POST', '/instances', { body: { name: 'x', element: { key: 'pipedrive' }, configuration } })
  expect((await make({})).status).toBe(400)
  expect((await make({ 'api.token': 'no-such-token' })).status).toBe(401)
  expect((await make({ username: 'ada@acme.example', password: 'wrong-password' })).status).toBe(401)
})

test('what the vendor lists by is a parameter, what it searches by a search, the rest is refused', async () => {
  const where = (text: string) => call('GET', `/opportunities?${new URLSearchParams({ where: text, pageSize: '100' })}`)
  const won = (await where("status='won' and stage_id=1")).body
  expect(last().pathname).toMatch(/\/deals$/)
  for (const row of won) expect(row).toMatchObject({ status: 'won', stage_id: 1 })
  const [deal] = await get('/opportunities?pageSize=1')
  const [found] = (await where(`title='${deal.title}'`)).body
  expect(last().pathname).toMatch(/\/deals\/search$/)
  expect(found).toMatchObject({ title: deal.title, person_id: expect.any(Number), stage_id: expect.any(Number) })
  for (const text of ["probability='1'", "value>'5'", "title='a'or title='b'", "title='a' and status='won'"])
    expect([text, (await where(text)).status]).toEqual([text, 400])
})

test('orders, and the work around a record', async () => {
  const names = (await get('/contacts?orderBy=name DESC&pageSize=100')).map(({ name }: { name: string }) => name)
  expect(names).toEqual([...names].sort().reverse())
  const [contact] = await get('/contacts?pageSize=1')
  const note = await call('POST', `/contacts/${contact.id}/notes`, { content: 'Visit' })
  expect(note.body).toMatchObject({ content: 'Visit', person_id: contact.id })
  expect((await get(`/contacts/${contact.id}/notes`)).map(({ id }: { id: number }) => id)).toContain(note.body.id)
  expect((await call('DELETE', `/contacts/${contact.id}/notes/${note.body.id}`)).status).toBe(200)
  for (const below of ['activities', 'mails'])
    expect(Array.isArray(await get(`/contacts/${contact.id}/${below}`))).toBe(true)
})

test('fields as the vendor describes them, those of the company too', async () => {
  const { fields } = await get('/objects/accounts/metadata')
  const named = (name: string) => fields.find((one: { vendorDisplayName: string }) => one.vendorDisplayName === name)
  expect(named('Name')).toMatchObject({ vendorRequired: true, type: 'string' })
  expect(named('Segment')).toMatchObject({ custom: true, vendorPath: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678' })
  expect((await call('GET', '/objects/nothing/metadata')).status).toBe(404)
})
