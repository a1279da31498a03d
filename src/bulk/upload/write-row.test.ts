import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { contactsElement, type Reaction, rowVendor } from '../../../test/support/row-vendor.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { openUploadRoom } from '../../../test/support/upload-room.ts'
import type { Element } from '../../model/element.ts'
import type { Store } from '../../store/database.ts'
import type { UploadRequest } from '../job-request.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const ADA = { id: 7, email: 'ada@x.test', name: 'Ada' }

/** What one row, written through this element, comes to. */
async function writeOne(
  row: Record<string, unknown>,
  request: Partial<UploadRequest>,
  {
    records = [ADA],
    react,
    element = contactsElement(),
  }: { records?: Record<string, unknown>[]; react?: () => Reaction; element?: Element } = {},
) {
  const vendor = rowVendor({ records, ...(react ? { react } : {}) })
  const room = openUploadRoom(store, vendor, element)
  const id = await room.addUpload(JSON.stringify(row), request)
  await room.run()
  const [error] = await room.errorsOf(id)
  return { lines: vendor.lines, records: vendor.records, job: await room.job(id), outcome: error?.status ?? 'written' }
}

const byEmail = { identifierFieldName: 'email' }
const byId = { identifierFieldName: 'id' }

describe('a row', () => {
  for (const [name, row, request, lines, outcome] of [
    ['is made', { name: 'Bo' }, { action: 'create' }, ['POST /contacts'], 'written'],
    [
      'that is found changes its record',
      { email: 'ada@x.test', name: 'A' },
      { action: 'upsert', ...byEmail },
      ["GET /contacts?where=email = 'ada@x.test'", 'PATCH /contacts/7'],
      'written',
    ],
    [
      'is found in any letter case',
      { email: 'ADA@x.test' },
      { action: 'upsert', ...byEmail },
      ["GET /contacts?where=email = 'ADA@x.test'", 'PATCH /contacts/7'],
      'written',
    ],
    [
      'that is not found is made',
      { email: "o'neil@x.test" },
      { action: 'upsert', ...byEmail },
      ["GET /contacts?where=email = 'o''neil@x.test'", 'POST /contacts'],
      'written',
    ],
    [
      'that is not found cannot be changed',
      { email: 'no@x.test' },
      { action: 'update', ...byEmail },
      ["GET /contacts?where=email = 'no@x.test'"],
      "404: no record has email 'no@x.test'",
    ],
    [
      'without the identifier is not looked for',
      { name: 'Bo' },
      { action: 'upsert', ...byEmail },
      [],
      '400: email is empty, which says what record is meant',
    ],
    [
      'with an id needs no search',
      { id: '7', name: 'A' },
      { action: 'update', ...byId },
      ['PATCH /contacts/7'],
      'written',
    ],
    [
      'whose id is unknown is made',
      { id: 'a/b', name: 'A' },
      { action: 'upsert', ...byId },
      ['PATCH /contacts/a%2Fb', 'POST /contacts'],
      'written',
    ],
    ['without an id is new', { name: 'A' }, { action: 'upsert', ...byId }, ['POST /contacts'], 'written'],
    ['is deleted by its id', { id: 7 }, { action: 'delete', ...byId }, ['DELETE /contacts/7'], 'written'],
    [
      'is deleted where it is found',
      { email: 'ada@x.test' },
      { action: 'delete', ...byEmail },
      ["GET /contacts?where=email = 'ada@x.test'", 'DELETE /contacts/7'],
      'written',
    ],
    [
      'that is gone cannot be deleted',
      { id: 9 },
      { action: 'delete', ...byId },
      ['DELETE /contacts/9'],
      '404: no such contact',
    ],
  ] as [string, Record<string, unknown>, Partial<UploadRequest>, string[], string][]) {
    test(name, async () => {
      expect(await writeOne(row, request)).toMatchObject({ lines, outcome, job: { status: 'COMPLETED' } })
    })
  }

  test('that two records match is not written', async () => {
    const records = [ADA, { ...ADA, id: 8 }]
    const { lines, outcome } = await writeOne({ email: ADA.email }, { action: 'upsert', ...byEmail }, { records })
    expect(lines).toHaveLength(1)
    expect(outcome).toBe("409: more than one record has email 'ada@x.test'")
  })

  test('is not written over a record that does not show what it was found by', async () => {
    const vendor = rowVendor({ records: [{ id: 7 }] })
    const room = openUploadRoom(store, {
      ...vendor,
      call: (caller, instance, call) =>
        vendor.call(caller, instance, call.method === 'GET' ? { ...call, query: {} } : call),
    })
    const id = await room.addUpload('{"email":"a@x.test"}', { action: 'upsert', ...byEmail })
    await room.run()
    expect(vendor.sent).toEqual([])
    expect(await room.errorsOf(id)).toMatchObject([
      { kind: 'failed', status: expect.stringContaining('does not show "email"') },
    ])
  })

  test('is changed by PUT where there is no PATCH', async () => {
    const element = elementOf({ resources: [resource('PUT', '/contacts/{id}'), resource('GET', '/contacts')] })
    const { lines } = await writeOne({ id: 7 }, { action: 'update', ...byId }, { element })
    expect(lines).toEqual(['PUT /contacts/7'])
  })

  test('goes to the resource that metaData names', async () => {
    const element = elementOf({ resources: [resource('POST', '/lists/{listId}/contacts')] })
    const request = { action: 'create', path: '/lists/9/contacts', objectName: 'whatever' } as const
    const { lines } = await writeOne({ id: 7 }, request, { element })
    expect(lines).toEqual(['POST /lists/9/contacts'])
  })
})

describe('a job is aborted before its first row', () => {
  const noWhere = contactsElement()
  const list = noWhere.resources.map((one) => ({ ...one, parameters: [] }))
  for (const [name, request, element, error] of [
    [
      'where records cannot be found by the field',
      { action: 'upsert', ...byEmail },
      { ...noWhere, resources: list },
      'lists /contacts without a "where": no record can be found by "email"',
    ],
    [
      'where records cannot be deleted',
      { action: 'delete', ...byId },
      elementOf({ resources: [resource('POST', '/contacts')] }),
      'Acme has no DELETE /contacts/{id}, which the action "delete" needs',
    ],
    [
      'where records cannot be made',
      { action: 'create' },
      elementOf({ resources: [resource('GET', '/contacts')] }),
      'Acme has no POST /contacts, which the action "create" needs',
    ],
  ] as [string, Partial<UploadRequest>, Element, string][]) {
    test(name, async () => {
      const { lines, job } = await writeOne({ id: 1, email: 'a' }, request, { element })
      expect(lines).toEqual([])
      expect(job).toMatchObject({ status: 'ABORTED', records_count: 0, error: expect.stringContaining(error) })
    })
  }
})
