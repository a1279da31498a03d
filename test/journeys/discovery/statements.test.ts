import { afterAll, beforeAll, expect, test } from 'vitest'
import { mapCommonResource } from '../../support/common-resources.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { provisionOAuth } from '../catalog/crm-checks.ts'

/** Select statements and discovery of common resources, with Salesforce as the simulator plays it (spec 21 §6, 23 §B). */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  ;({ token } = await provisionOAuth(hub, 'sfdc'))
  await mapCommonResource(hub, {
    objectName: 'my-people',
    elementKey: 'sfdc',
    vendorName: 'contacts',
    configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
    fields: [
      { path: 'id', vendorPath: 'Id' },
      { path: 'mail', vendorPath: 'Email' },
      { path: 'name.last', vendorPath: 'LastName' },
    ],
  })
  const made = { LastName: "O'Engine", Email: 'ohara@engine.example' }
  expectOk(await hub.call('POST', '/contacts', { token, body: made }))
})
afterAll(() => hub.close())

const ask = (q: string, hubPath = '') => hub.call('GET', `${hubPath}/query?q=${encodeURIComponent(q)}`, { token })

test('a statement about a common resource is asked and answered in its names', async () => {
  const q = "select mail, name.last from my-people where name.last='O''Engine' order by mail desc limit 5"
  for (const hubPath of ['', '/hubs/crm']) {
    const { body } = expectOk(await ask(q, hubPath))
    expect(body).toEqual([{ mail: 'ohara@engine.example', name: { last: "O'Engine" } }])
  }
  const all = expectOk(await ask("select * from my-people where mail='ohara@engine.example'")).body
  expect(all).toEqual([{ id: expect.any(String), mail: 'ohara@engine.example', name: { last: "O'Engine" } }])
})

test('a statement about a resource or a native object is answered in the names of the vendor', async () => {
  const expected = [{ Email: 'ohara@engine.example' }]
  for (const q of [
    "select Email from contacts where Email='ohara@engine.example'",
    "SELECT Email FROM Contact WHERE Email = 'ohara@engine.example'",
  ]) {
    expect(expectOk(await ask(q)).body).toEqual([expect.objectContaining(expected[0] as object)])
  }
  const refused = await ask('SELECT Nothing__c FROM Contact')
  expect([refused.status, refused.body.providerMessage]).toEqual([400, expect.stringContaining('INVALID_FIELD')])
})

test('objects of the vendor, of the element and common ones are told apart', async () => {
  const { body } = expectOk(await hub.call('GET', '/objects', { token, headers: { 'elements-version': 'Helium' } }))
  expect(body).toEqual(
    expect.arrayContaining([
      { name: 'contacts', vendorName: 'Contact', type: 'ceCanonical' },
      { name: 'Contact', vendorName: 'Contact', type: 'vendor' },
      { name: 'my-people', vendorName: 'contacts', type: 'vdr' },
    ]),
  )
})

test('fields of a common resource have what the vendor says of them', async () => {
  const { body } = expectOk(await hub.call('GET', '/objects/my-people/metadata', { token }))
  expect(body.fields).toEqual([
    expect.objectContaining({ path: 'id', vendorPath: 'Id', vendorReadOnly: true }),
    expect.objectContaining({ path: 'mail', vendorPath: 'Email', type: 'string', createable: true }),
    expect.objectContaining({ path: 'name.last', vendorPath: 'LastName', vendorRequired: true }),
  ])
  const custom = expectOk(await hub.call('GET', '/objects/accounts/metadata?customFieldsOnly=true', { token }))
  expect(custom.body.fields.map(({ vendorPath }: { vendorPath: string }) => vendorPath)).toContain('Region__c')
})
