import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mapCommonResource } from '../../support/common-resources.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { provision, provisionOAuth } from './crm-checks.ts'

/** One program for four vendors: a common resource `people` is read, filtered and written in each in the same words. */
let hub: TestHub
const tokens: Record<string, string> = {}

const DROP = [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }]
const mappings: Record<string, [path: string, vendorPath: string][]> = {
  sfdc: [
    ['id', 'Id'],
    ['name', 'LastName'],
    ['email', 'Email'],
    ['title', 'Title'],
  ],
  hubspotcrm: [
    ['id', 'id'],
    ['name', 'properties.lastname'],
    ['email', 'properties.email'],
    ['title', 'properties.jobtitle'],
  ],
  pipedrive: [
    ['id', 'id'],
    ['name', 'name'],
    ['email', 'email[0].value'],
    ['title', 'job_title'],
  ],
  closeio: [
    ['id', 'id'],
    ['name', 'name'],
    ['email', 'emails[0].email'],
    ['title', 'title'],
  ],
}

beforeAll(async () => {
  hub = await startTestHub()
  tokens['sfdc'] = (await provisionOAuth(hub, 'sfdc')).token
  tokens['hubspotcrm'] = (await provisionOAuth(hub, 'hubspotcrm')).token
  tokens['pipedrive'] = (await provision(hub, 'pipedrive', { username: 'ada@acme.example', password: 'secret' })).token
  tokens['closeio'] = (await provision(hub, 'closeio', { username: 'api_key_of_ada' })).token
  for (const [elementKey, fields] of Object.entries(mappings))
    await mapCommonResource(hub, {
      ...{ objectName: 'people', elementKey, vendorName: 'contacts', configuration: [...DROP, { type: 'inherit' }] },
      fields: fields.map(([path, vendorPath]) => ({ path, vendorPath, type: 'string' })),
    })
})
afterAll(() => hub.close())

describe.each(Object.keys(mappings))('people of %s', (key) => {
  const call = (method: string, below: string, body?: unknown) =>
    hub.call(method, `/hubs/crm/people${below}`, { token: tokens[key] ?? '', ...(body === undefined ? {} : { body }) })

  test('are read, page by page, in the same words', async () => {
    const first = await call('GET', '?pageSize=3')
    expect(first.status, first.text).toBe(200)
    expect(first.body).toHaveLength(3)
    const second = await call('GET', `?nextPage=${first.headers.get('elements-next-page-token')}`)
    const people = [...first.body, ...second.body]
    expect(new Set(people.map(({ id }) => id)).size).toBe(6)
    for (const { id, name, email } of people) {
      expect([typeof id, typeof name]).toEqual(['string', 'string'])
      expect(email).toMatch(/@/)
    }
  })

  test('are filtered by a common name, made, and one is written back', async () => {
    const email = `ada@${key}.example`
    const made = await call('POST', '', { name: 'Lovelace', email })
    expect(made.status, made.text).toBe(200)
    const found = await call('GET', `?where=${encodeURIComponent(`email='${email}'`)}`)
    expect(found.status, found.text).toBe(200)
    expect(found.body).toMatchObject([{ name: 'Lovelace', email }])
    const { id } = found.body[0]
    const changed = await call('PATCH', `/${id}`, { name: 'King' })
    expect(changed.status, changed.text).toBe(200)
    expect((await call('GET', `/${id}`)).body).toMatchObject({ id, name: 'King', email })
  })
})
