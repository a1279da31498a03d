import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provision } from './crm-checks.ts'

/** The shipped element `sugarcrmv2` against the simulated vendor. */
let hub: TestHub
let token: string
const site = {
  subdomain: 'acme',
  username: 'ada',
  password: 'secret',
  'oauth.api.key': 'hub',
  'oauth.api.secret': 'key',
}
beforeAll(async () => {
  hub = await startTestHub()
  token = (await provision(hub, 'sugarcrmv2', site)).token
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
  ['/accounts', { name: "O'Hara & Sons" }, { industry: 'Energy' }, 'name'],
  [
    '/contacts',
    { first_name: 'Ada', last_name: 'Lovelace', email1: 'ada@engine.example' },
    { title: 'Countess' },
    'email1',
  ],
  ['/leads', { last_name: 'Babbage', account_name: 'Difference Ltd' }, { status: 'Assigned' }, 'account_name'],
  ['/opportunities', { name: 'Engine', date_closed: '2027-01-01' }, { sales_stage: 'Closed Won' }, 'name'],
  ['/campaigns', { name: 'Fair' }, { status: 'Active' }, 'name'],
  ['/incidents', { name: 'Broken' }, { status: 'Closed' }, 'name'],
  ['/tasks', { name: 'Call Ada' }, { status: 'Completed' }, 'name'],
  ['/notes', { name: 'Tea' }, { description: 'Coffee' }, 'name'],
  ['/activities-calls', { name: 'Ada', date_start: '2027-01-01T10:00:00Z' }, { status: 'Held' }, 'name'],
  ['/activities-events', { name: 'Demo Ada', date_start: '2027-01-01T10:00:00Z' }, { status: 'Held' }, 'name'],
  ['/activities-emails', { name: 'Dear Ada' }, { state: 'Draft' }, 'name'],
  ['/users', { user_name: 'bob', last_name: 'Bob' }, { status: 'Inactive' }, 'user_name'],
] as const)
  checkResource(callers, { path, create, change: { body: change, shows: change }, search: { field } })

test('a password gets the token, and a wrong one does not', async () => {
  await get('/users/me')
  expect(last()?.headers['oauth-token']).toBeTruthy()
  const made = await hub.call('POST', '/instances', {
    body: { name: 'x', element: { key: 'sugarcrmv2' }, configuration: { ...site, password: 'wrong-password' } },
  })
  expect([400, 401]).toContain(made.status)
})

test('filters are JSON, orders have a colon', async () => {
  const where = "(email1 like '%@example.com' or title is null) and last_name != 'Nobody'"
  await get(`/contacts?${new URLSearchParams({ where, orderBy: 'last_name desc', pageSize: '5' })}`)
  expect(last()).toMatchObject({ method: 'POST', path: '/rest/v11_1/Contacts/filter' })
  expect(JSON.parse(String(last()?.body))).toEqual({
    filter: [
      { $or: [{ email1: { $ends: '@example.com' } }, { title: { $is_null: '' } }] },
      { last_name: { $not_equals: 'Nobody' } },
    ],
    order_by: 'last_name:desc',
    offset: 0,
    max_num: 5,
  })
  const names = (await get('/contacts?orderBy=last_name desc&pageSize=100')).map(
    (row: Record<string, string>) => row['last_name'],
  )
  expect(names).toEqual([...names].sort().reverse())
})

test('the work around a record, and the fields of a module', async () => {
  const [account] = await get('/accounts?pageSize=1')
  for (const below of ['notes', 'tasks', 'activities-calls', 'activities-events'])
    expect(Array.isArray(await get(`/accounts/${account.id}/${below}`))).toBe(true)
  const { fields } = await get('/objects/accounts/metadata')
  const field = (path: string) => fields.find((one: { vendorPath: string }) => one.vendorPath === path)
  expect(field('name')).toMatchObject({ vendorRequired: true, createable: true })
  expect(field('segment_c')).toMatchObject({ custom: true })
  expect(field('id')).toMatchObject({ vendorReadOnly: true })
})
