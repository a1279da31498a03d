import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { checkResource, provision } from './crm-checks.ts'

/** The shipped element `maximizer` against the simulated vendor. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  token = (await provision(hub, 'maximizer', { token: 'pat-of-ada' })).token
})
afterAll(() => hub.close())

const callers = { hub: () => hub, token: () => token }
const get = async (path: string) => {
  const answer = await hub.call('GET', `/hubs/crm${path}`, { token })
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
const last = () => JSON.parse(String(hub.hub.simulator?.requests(1, 'shown')[0]?.body))
const anEntry = async () => (await get('/addressbook-entries?pageSize=1'))[0].Key as string

for (const resource of [
  { path: '/accounts', create: { CompanyName: "O'Hara & Sons" }, change: { Phone: '1' }, field: 'CompanyName' },
  {
    path: '/contacts',
    create: { FirstName: 'Ada', LastName: 'Lovelace', Email: 'ada@engine.example' },
    change: { Position: 'Countess' },
    field: 'Email',
  },
  {
    path: '/addressbook-entries',
    create: { Type: 'Individual', LastName: 'Babbage' },
    change: { Phone: '2' },
    field: 'LastName',
  },
  {
    path: '/opportunities',
    create: async () => ({ AbEntryKey: await anEntry(), Objective: 'Engine' }),
    change: { Comment: 'Tea' },
    field: 'Objective',
  },
  {
    path: '/incidents',
    create: async () => ({ AbEntryKey: await anEntry(), Subject: 'Broken' }),
    change: { Description: 'Tea' },
    field: 'Subject',
  },
  {
    path: '/activities',
    create: { Subject: 'See Ada', StartDate: '2027-01-01T10:00:00Z' },
    change: { Location: 'Here' },
    field: 'Subject',
  },
  { path: '/tasks', create: { Activity: 'Call Ada' }, change: { Completed: true }, field: 'Activity' },
  {
    path: '/notes',
    create: async () => ({ ParentKey: await anEntry(), Text: 'Tea' }),
    change: { Text: 'Coffee' },
    field: 'Text',
  },
])
  checkResource(callers, {
    ...{ path: resource.path, id: 'Key', create: resource.create, search: { field: resource.field } },
    change: { body: resource.change, shows: resource.change },
  })

test('reads say what they want of what, in which order', async () => {
  const rows = await get(
    `/contacts?${new URLSearchParams({ where: "LastName like 'L%' and Position != 'x'", orderBy: 'LastName desc', fields: 'LastName', pageSize: '5' })}`,
  )
  expect(last().AbEntry).toEqual({
    Scope: { Fields: { Key: 1, LastName: 1 } },
    Criteria: {
      SearchQuery: { $AND: [{ Type: { $EQ: 'Contact' } }, { LastName: { $LIKE: 'L%' } }, { Position: { $NE: 'x' } }] },
    },
    OrderBy: { Fields: [{ LastName: 'DESC' }], PageSize: 5 },
  })
  for (const { LastName } of rows) expect(LastName).toMatch(/^L/)
  const refused = await hub.call('GET', `/hubs/crm/contacts?where=${encodeURIComponent("a='1' or b='2'")}`, { token })
  expect(refused.status).toBe(400)
})
