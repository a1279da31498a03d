import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provisionOAuth } from './crm-checks.ts'

/** The shipped element `netsuitecrm` against the simulated vendor. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  token = (await provisionOAuth(hub, 'netsuitecrm', { account: '1234567' })).token
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
const last = () => hub.hub.simulator?.requests(1, 'shown')[0]

for (const [path, create, change, field] of [
  ['/accounts', { companyName: "O'Hara & Sons", email: 'info@ohara.example' }, { phone: '1' }, 'companyName'],
  ['/leads', { companyName: 'Difference Ltd' }, { comments: 'Tea' }, 'companyName'],
  [
    '/contacts',
    { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@engine.example' },
    { title: 'Countess' },
    'email',
  ],
  ['/opportunities', { title: 'Engine', entity: { id: '1' } }, { probability: 90 }, 'title'],
  ['/tasks', { title: 'Call Ada' }, { status: 'COMPLETE' }, 'title'],
  ['/activities', { title: 'Ada called' }, { message: 'Tea' }, 'title'],
] as const)
  checkResource(callers, { path, create, change: { body: change, shows: change }, search: { field } })
checkResource(callers, { path: '/users' })

test('lists are statements, whose rows look like single records', async () => {
  const where = "lastName like 'L%' and (email is not null or isInactive = 'T') and company.id = '1'"
  await get(
    `/contacts?${new URLSearchParams({ where, orderBy: 'lastName desc', fields: 'firstName,company.id', pageSize: '5', page: '2' })}`,
  )
  expect(last()).toMatchObject({ method: 'POST', path: '/services/rest/query/v1/suiteql' })
  expect(last()?.url).toContain('limit=5&offset=5')
  expect(last()?.headers['prefer']).toBe('transient')
  expect(JSON.parse(String(last()?.body)).q).toBe(
    "SELECT id, firstName, company FROM contact WHERE lastName LIKE 'L%' AND (email IS NOT NULL OR isInactive = 'T') AND company = '1' ORDER BY lastName desc",
  )
  const [row] = await get('/contacts?pageSize=1')
  const single = await get(`/contacts/${row.id}`)
  expect(row).toMatchObject({
    firstName: single.firstName,
    isInactive: single.isInactive,
    company: { id: single.company.id },
  })
})

test('stages of customers, and what is below one', async () => {
  for (const [path, stage] of [
    ['/customers', 'Customer'],
    ['/prospects', 'Prospect'],
    ['/leads', 'Lead'],
  ] as const)
    for (const { searchStage } of await get(path)) expect(searchStage).toBe(stage)
  const [contact] = await get('/contacts?pageSize=1')
  for (const { company } of await get(`/accounts/${contact.company.id}/contacts`))
    expect(company.id).toBe(contact.company.id)
  for (const below of ['opportunities', 'tasks', 'activities'])
    expect(Array.isArray(await get(`/accounts/1/${below}`))).toBe(true)
})

test('any record by its type, record types and their fields as the vendor describes them', async () => {
  const [row] = await get('/contact?pageSize=1')
  expect((await get(`/contact/${row.id}`)).email).toBe(row.email)
  expect((await call('GET', '/nothing')).status).toBe(400)
  expect(await get('/objects')).toEqual(expect.arrayContaining(['contacts', 'customer']))
  const { fields } = await get('/objects/accounts/metadata')
  const field = (path: string) => fields.find((one: { vendorPath: string }) => one.vendorPath === path)
  expect(field('custentity_segment')).toMatchObject({ custom: true })
  expect(field('id')).toMatchObject({ vendorReadOnly: true })
})

test('events are polled', async () => {
  const { body } = await hub.call('GET', '/elements/netsuitecrm/metadata')
  expect(body.events.methods).toEqual(['polling'])
  expect(Object.keys(body.events.polling)).toEqual(['accounts', 'contacts', 'opportunities'])
})
