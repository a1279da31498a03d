import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provisionOAuth } from './crm-checks.ts'

/** The shipped element `sfdc` against the simulated vendor. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  const instance = await provisionOAuth(hub, 'sfdc')
  token = instance.token
  expect(instance.configuration['instance']).toBe('acme.my')
})
afterAll(() => hub.close())

const callers = { hub: () => hub, token: () => token }
const get = async (path: string) => {
  const answer = await hub.call('GET', `/hubs/crm${path}`, { token })
  expect(answer.status, answer.text).toBe(200)
  return answer
}
const statements = () =>
  (hub.hub.simulator?.requests(20, 'shown') ?? [])
    .map(({ url }) => new URL(url, 'http://vendor').searchParams.get('q'))
    .filter((q) => q !== null)

const named = { id: 'Id', search: { field: 'Name' } }
for (const resource of [
  {
    ...named,
    path: '/accounts',
    create: { Name: "O'Hara & Sons", Phone: '+1 202 555 0100' },
    change: { body: { Industry: 'Energy' }, shows: { Industry: 'Energy', Name: "O'Hara & Sons" } },
  },
  {
    ...{ id: 'Id', search: { field: 'Email' }, path: '/contacts' },
    create: { FirstName: 'Ada', LastName: 'Lovelace', Email: 'ada@engine.example' },
    change: { body: { Title: 'Countess' }, shows: { Title: 'Countess', Name: 'Ada Lovelace' } },
  },
  {
    ...{ id: 'Id', search: { field: 'Company' }, path: '/leads' },
    create: { LastName: 'Babbage', Company: 'Difference Ltd', Status: 'Open - Not Contacted' },
    change: { body: { Rating: 'Hot' }, shows: { Rating: 'Hot' } },
  },
  {
    ...{ ...named, path: '/opportunities' },
    create: { Name: 'Engine', StageName: 'Prospecting', CloseDate: '2027-01-01', Amount: 1000 },
    change: { body: { StageName: 'Closed Won' }, shows: { IsWon: true } },
  },
  {
    ...named,
    path: '/campaigns',
    create: { Name: 'Fair' },
    change: { body: { Status: 'Completed' }, shows: { Status: 'Completed' } },
  },
  {
    ...{ id: 'Id', search: { field: 'Subject' }, path: '/tasks', refusesEmpty: false },
    create: async () => ({ Subject: 'Call Ada', WhoId: (await get('/contacts?pageSize=1')).body[0].Id }),
    change: { body: { Status: 'Completed' }, shows: { IsClosed: true } },
  },
])
  checkResource(callers, resource)

test('everything that a statement can say goes into it', async () => {
  const where = "LastName LIKE 'L%' and (Email is not null or AccountId in ('001Dn000000001AAA'))"
  await get(
    `/contacts?${new URLSearchParams({ where, orderBy: 'LastName desc', fields: 'LastName, Email', pageSize: '5', page: '2' })}`,
  )
  expect(statements().at(-1)).toBe(
    "SELECT Id, LastName, Email FROM Contact WHERE LastName LIKE 'L%' AND (Email != null OR AccountId IN ('001Dn000000001AAA')) ORDER BY LastName desc LIMIT 5 OFFSET 5",
  )
  await get('/contacts?pageSize=2000')
  expect(statements().at(-1)).toBe('SELECT FIELDS(STANDARD) FROM Contact ORDER BY Id LIMIT 2000')
})

test('pages go on after the last id, so that they do not end at the vendor’s largest offset', async () => {
  const first = await get('/contacts?pageSize=2')
  await get(`/contacts?nextPage=${first.headers.get('elements-next-page-token')}`)
  expect(statements().at(-1)).toBe(
    `SELECT FIELDS(ALL) FROM Contact WHERE Id > '${first.body[1].Id}' ORDER BY Id LIMIT 2`,
  )
})

test('what the vendor refuses comes back as a 400 with its words', async () => {
  const { status, body } = await hub.call('GET', `/hubs/crm/contacts?where=${encodeURIComponent("Nobody='x'")}`, {
    token,
  })
  expect(status).toBe(400)
  expect(body.providerMessage).toContain('INVALID_FIELD')
})

test('the work around a record', async () => {
  const [contact] = (await get('/contacts?pageSize=1')).body
  for (const [below, body, field] of [
    ['tasks', { Subject: 'Call' }, 'WhoId'],
    ['activities', { Subject: 'Meet', ActivityDateTime: '2027-01-01T10:00:00Z', DurationInMinutes: 30 }, 'WhoId'],
    ['notes', { Title: 'Visit', Body: 'Tea' }, 'ParentId'],
  ] as const) {
    const path = `/hubs/crm/contacts/${contact.Id}/${below}`
    const made = await hub.call('POST', path, { token, body })
    expect(made.status, made.text).toBe(200)
    const { body: rows } = await get(`/contacts/${contact.Id}/${below}`)
    expect(rows.map((row: Record<string, unknown>) => row['Id'])).toContain(made.body.id)
    expect(rows.every((row: Record<string, unknown>) => row[field] === contact.Id)).toBe(true)
    expect(
      (await hub.call('PATCH', `${path}/${made.body.id}`, { token, body: { [Object.keys(body)[0] ?? '']: 'Other' } }))
        .status,
    ).toBe(200)
    expect((await hub.call('DELETE', `${path}/${made.body.id}`, { token })).status).toBe(200)
  }
})

test('any object by its Salesforce name', async () => {
  const { body } = await get('/Campaign?pageSize=2')
  expect(body).toHaveLength(2)
  expect((await get(`/Campaign/${body[0].Id}`)).body.Name).toBe(body[0].Name)
  expect((await hub.call('GET', '/hubs/crm/Nothing__c', { token })).status).toBe(400)
  expect((await get(`/Contact?where=${encodeURIComponent("Email='nobody@x.test'")}`)).body).toEqual([])
})

test('objects and their fields as the vendor describes them', async () => {
  const names = (await get('/objects')).body
  expect(names).toEqual(expect.arrayContaining(['contacts', 'Contact', 'Opportunity']))
  for (const name of ['accounts', 'Account']) {
    const { fields } = (await get(`/objects/${name}/metadata`)).body
    const field = (path: string) => fields.find((one: { vendorPath: string }) => one.vendorPath === path)
    expect(field('Name')).toMatchObject({
      type: 'string',
      vendorRequired: true,
      filterable: true,
      createable: true,
      updateable: true,
    })
    expect(field('Id')).toMatchObject({ vendorReadOnly: true, createable: false })
    expect(field('Rating').picklistValues.map(({ value }: { value: string }) => value)).toEqual(['Hot', 'Warm', 'Cold'])
    expect(field('Region__c')).toMatchObject({ custom: true, vendorDisplayName: 'Region' })
  }
})

test('reports, attachments, the user', async () => {
  const [report] = (await get('/reports')).body
  expect((await get(`/reports/${report.id}`)).body.reportMetadata.name).toBe(report.name)
  const [attachment] = (await get('/attachments')).body
  expect((await get(`/accounts/${attachment.ParentId}/attachments`)).body[0].ParentId).toBe(attachment.ParentId)
  expect((await get('/users/me')).body.Id).toBe('005Dn000000001AAA')
})

test('events are polled and heard', async () => {
  const { body } = await hub.call('GET', '/elements/sfdc/metadata')
  expect(body.events.methods).toEqual(['polling', 'webhook'])
  expect(body.events.polling.Contact.eventTypes).toEqual(['created', 'updated'])
})

test('default transformations answer under names of their own, and come with the element', async () => {
  const { body } = await hub.call('GET', '/elements/sfdc/transformations')
  expect(Object.keys(body).toSorted()).toEqual(['crmAccounts', 'crmContacts', 'crmLeads'])
  const [person] = (await get('/crmContacts?pageSize=1')).body
  expect(person).toMatchObject({ id: expect.any(String), lastName: expect.any(String) })
  expect(person).not.toHaveProperty('LastName')
  expect((await get('/contacts?pageSize=1')).body[0]).toHaveProperty('LastName')
})
