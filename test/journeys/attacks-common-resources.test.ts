import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOk } from '../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { type Ask, meetPeople, type Organization, type People, type Person } from '../support/people.ts'

/** What others in the organization, other organizations and authors of mappings would try: every case was possible once. */
let hub: TestHub
let people: People
let organization: Organization
/** administrators of two accounts of the organization */
let one: Person
let other: Person
let stranger: Organization

beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
  organization = await people.signUp('Attacked')
  stranger = await people.signUp('Stranger')
  const [branch, store] = [
    await people.addAccount(organization.admin, 'branch'),
    await people.addAccount(organization.admin, 'store'),
  ]
  one = await people.addUser(organization.admin, branch.id, { roles: [{ key: 'admin' }] })
  other = await people.addUser(organization.admin, store.id, { roles: [{ key: 'admin' }] })
})
afterAll(() => hub.close())

const ask = (person: Pick<Person, 'authorization'>, ...call: Parameters<Ask>) => people.as(person)(...call)
const OF_ACCOUNT = [{ path: 'code', level: 'account' }]

describe('what somebody else has', () => {
  test('does not keep a name from a common resource of the account', async () => {
    expectOk(await ask(one, 'POST', '/vdrs', { objectName: 'hidden', fields: OF_ACCOUNT }))
    const { body } = expectOk(await ask(other, 'POST', '/vdrs', { objectName: 'plain', fields: OF_ACCOUNT }))
    expect(await ask(other, 'GET', '/vdrs/hidden')).toMatchObject({ status: 404 })
    const renamed = expectOk(await ask(other, 'PUT', `/vdrs/${body.id}`, { objectName: 'hidden' }))
    expect(renamed.body).toMatchObject({
      objectName: 'hidden',
      fields: [{ path: 'code', associatedId: other.accountId }],
    })
    const theirs = expectOk(await ask(one, 'GET', '/vdrs/hidden'))
    expect(theirs.body.fields).toMatchObject([{ path: 'code', associatedId: one.accountId }])
    expect(await ask(other, 'GET', '/vdrs/plain')).toMatchObject({ status: 404 })
    // his own of that name is in the way
    expectOk(await ask(other, 'POST', '/vdrs', { objectName: 'plain', fields: OF_ACCOUNT }))
    expect(await ask(other, 'PUT', '/vdrs/plain', { objectName: 'hidden' })).toMatchObject({ status: 409 })
  })

  test('is not told by the number of an instance', async () => {
    const instance = await people.provision(one)
    const path = `/transformations?instanceId=${instance.id}`
    const missing = '/transformations?instanceId=987654'
    for (const person of [stranger.admin, other, organization.admin]) {
      const { body } = expectOk(
        await ask(person, 'POST', '/vdrs', { objectName: 'mapped-by-number', fields: OF_ACCOUNT }),
      )
      const answer = await ask(person, 'POST', `/vdrs/${body.id}${path}`, {})
      const none = await ask(person, 'POST', `/vdrs/${body.id}${missing}`, {})
      expect([answer.status, answer.body.message]).toEqual([none.status, none.body.message])
      expect(answer.status).toBe(400)
    }
  })
})

test.each(['.', '..', ' .. '])('%j, which paths cannot hold, is no name', async (name) => {
  const definition = { fields: [{ path: 'code' }] }
  const { admin } = organization
  for (const answer of [
    await ask(admin, 'POST', '/vdrs', { objectName: name, ...definition }),
    await ask(admin, 'PUT', '/common-resources', { name, ...definition }),
    await ask(admin, 'POST', '/organizations/objects/definitions', { [name]: definition }),
    await ask(admin, 'PUT', '/vdrs/import', { vdrName: name, definition }),
  ])
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('leads elsewhere') } })
})

test('the document of a hub of one’s own has no more elements in it than fit', async () => {
  const description = 'd'.repeat(6 * 1024 * 1024)
  for (const name of ['first', 'second', 'third']) {
    const definition = { properties: { [name]: { type: 'string', description } } }
    const model = { name, swagger: { [name]: definition } }
    const resources = [{ method: 'GET', path: `/${name}`, vendorPath: '/x', model }]
    const element = { name: `Large ${name}`, hub: 'large-ones', authentication: { type: 'custom' }, resources }
    expectOk(await ask(stranger.admin, 'POST', '/elements', element))
  }
  const { body } = expectOk(await ask(stranger.admin, 'GET', '/docs/large-ones'))
  expect(Object.keys(body.paths)).toEqual(['/first', '/second'])
})
