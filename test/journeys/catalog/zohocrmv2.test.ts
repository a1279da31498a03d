import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provisionOAuth } from './crm-checks.ts'

/** The shipped element `zohocrmv2` against the simulated vendor. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  token = (await provisionOAuth(hub, 'zohocrmv2')).token
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
const times = { Start_DateTime: '2027-01-01T10:00:00Z', End_DateTime: '2027-01-01T11:00:00Z' }

for (const [path, create, change, field] of [
  ['/accounts', { Account_Name: "O'Hara (& Sons), Ltd" }, { Industry: 'Energy' }, 'Account_Name'],
  [
    '/contacts',
    { First_Name: 'Ada', Last_Name: 'Lovelace', Email: 'ada@engine.example' },
    { Title: 'Countess' },
    'Email',
  ],
  ['/leads', { Last_Name: 'Babbage', Company: 'Difference Ltd' }, { Lead_Status: 'Contacted' }, 'Company'],
  ['/opportunities', { Deal_Name: 'Engine', Stage: 'Qualification' }, { Stage: 'Closed Won' }, 'Deal_Name'],
  ['/products', { Product_Name: 'Wheel' }, { Unit_Price: 5 }, 'Product_Name'],
  ['/campaigns', { Campaign_Name: 'Fair' }, { Status: 'Active' }, 'Campaign_Name'],
  ['/cases', { Subject: 'Broken', Status: 'New', Case_Origin: 'Phone' }, { Status: 'Closed' }, 'Subject'],
  ['/tasks', { Subject: 'Call Ada' }, { Status: 'Completed' }, 'Subject'],
  [
    '/activities-calls',
    { Subject: 'Ada', Call_Type: 'Inbound', Call_Start_Time: times.Start_DateTime, Call_Duration: '5:00' },
    { Subject: 'Ada L' },
    'Subject',
  ],
  ['/activities-events', { Event_Title: 'Demo Ada', ...times }, { Event_Title: 'Visit Ada' }, 'Event_Title'],
  [
    '/notes',
    { Note_Title: 'Tea', Note_Content: 'Tea', Parent_Id: { id: '1' }, se_module: 'Contacts' },
    { Note_Content: 'Coffee' },
    'Note_Title',
  ],
] as const)
  checkResource(callers, { path, create, change: { body: change, shows: change }, update: 'PUT', search: { field } })
checkResource(callers, { path: '/users', pages: false })

test('tokens go in Zoho’s own scheme, orders take two parameters, criteria their brackets', async () => {
  const names = (await get('/contacts?orderBy=Last_Name desc&pageSize=100')).map(
    (row: Record<string, string>) => row['Last_Name'],
  )
  expect(names).toEqual([...names].sort().reverse())
  expect(last()?.headers['authorization']).toMatch(/^Zoho-oauthtoken /)
  expect(last()?.url).toContain('sort_order=desc')
  const where = "(Email='a@b.test' or Last_Name like 'L%') and Department='Sales'"
  const rows = await get(`/contacts?where=${encodeURIComponent(where)}`)
  const sent = new URL(last()?.url ?? '', 'http://vendor')
  expect(sent.searchParams.get('criteria')).toBe(
    '(((Email:equals:a@b.test)or(Last_Name:starts_with:L))and(Department:equals:Sales))',
  )
  for (const row of rows) expect(row.Department).toBe('Sales')
  expect(await get("/contacts?where=Email='nobody@x.test'")).toEqual([])
  expect((await call('GET', '/contacts?where=Email is null')).status).toBe(400)
})

test('any module by its name, modules and their fields as the vendor describes them', async () => {
  const [row] = await get('/Contacts?pageSize=1')
  expect((await get(`/Contacts/${row.id}`)).Last_Name).toBe(row.Last_Name)
  expect(await get(`/Contacts?where=${encodeURIComponent(`Email='${row.Email}'`)}`)).not.toEqual([])
  expect(await get('/objects')).toEqual(expect.arrayContaining(['contacts', 'Contacts', 'Deals']))
  const { fields } = await get('/objects/accounts/metadata')
  const field = (path: string) => fields.find((one: { vendorPath: string }) => one.vendorPath === path)
  expect(field('Account_Name')).toMatchObject({ vendorRequired: true, createable: true })
  expect(field('Segment')).toMatchObject({ custom: true })
  expect(field('Account_Type').picklistValues[0]).toMatchObject({ value: 'Customer' })
})

test('notes of a record, and the user', async () => {
  const [contact] = await get('/contacts?pageSize=1')
  const note = await call('POST', `/contacts/${contact.id}/notes`, { Note_Content: 'Visit' })
  expect(note.body).toMatchObject({ Note_Content: 'Visit', id: expect.any(String) })
  expect((await get(`/contacts/${contact.id}/notes`)).map(({ id }: { id: string }) => id)).toContain(note.body.id)
  expect((await get('/users/me')).email).toBeTruthy()
})
