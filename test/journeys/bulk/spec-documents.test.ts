import { afterAll, beforeAll, expect, test } from 'vitest'
import { bulkClient } from '../../support/bulk-client.ts'
import { type CatalogInstance, provisionElement } from '../../support/catalog-element.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Shipped elements on the simulator: a list against its download (spec 12 §1.1), files in a documents element (spec 22 §4, §5). */
let hub: TestHub
let crm: CatalogInstance
let dropbox: CatalogInstance
beforeAll(async () => {
  hub = await startTestHub()
  crm = await provisionElement(hub, 'base')
  dropbox = await provisionElement(hub, 'dropbox')
})
afterAll(() => hub.close())

test('a download has the records of the list', async () => {
  const client = bulkClient(hub, crm)
  const listed: { id: unknown }[] = await crm.ok('GET', '/hubs/crm/contacts?pageSize=200')
  const id = await client.query('select * from contacts')
  expect(await client.completed(id)).toMatchObject({ recordsCount: listed.length })
  const records = await client.records(id)
  expect(records.map(({ id }) => id).toSorted()).toEqual(listed.map(({ id }) => id).toSorted())
})

test('a finished file is put into a documents element where that is asked for', async () => {
  const client = bulkClient(hub, crm)
  const docsHubDetails = { instanceId: dropbox.id, path: '/bulk-contacts.csv' }
  const asked = { objectName: 'contacts', format: 'txt/csv', selectFields: 'id,name', docsHubDetails }
  const id = await client.download(asked)
  const file = await client.file(id, 'text/csv')
  expect(file).toMatch(/^id,name\r?\n/)
  const stored = async () => {
    const found: { name: string; size: number }[] = await dropbox.ok('GET', '/hubs/documents/folders/contents?path=/')
    return found.find(({ name }) => name === 'bulk-contacts.csv')?.size
  }
  await expect.poll(stored, { timeout: 8_000 }).toBe(Buffer.byteLength(file))
})

test('a record that was loaded can be read', async () => {
  const client = bulkClient(hub, crm)
  const id = await client.upload('contacts', 'first_name,last_name,email\nBulk,Loaded,bulk@x.example\n')
  expect(await client.completed(id)).toMatchObject({ recordsCount: 1, recordsFailedCount: 0 })
  const { body } = expectOk(await client.send('GET', "/hubs/crm/contacts?where=email='bulk@x.example'"))
  expect(body).toMatchObject([{ last_name: 'Loaded', email: 'bulk@x.example' }])
})
