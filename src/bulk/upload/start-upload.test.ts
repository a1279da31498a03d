import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { contactsElement, rowVendor } from '../../../test/support/row-vendor.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { filePart, openUploadRoom, textPart } from '../../../test/support/upload-room.ts'
import type { Caller } from '../../model/account.ts'
import type { Store } from '../../store/database.ts'
import { bulkDb } from '../bulk-table.ts'
import type { UploadRequest } from '../job-request.ts'
import { readStatus, requestOf } from '../read-status.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const openRoom = (...more: Parameters<typeof contactsElement>) =>
  openUploadRoom(store, rowVendor(), contactsElement(...more))
const CSV = 'name,email\nAda,ada@x.test\n'

async function jobs(): Promise<number> {
  return (await bulkDb(store).selectFrom('bulk_jobs').select('id').execute()).length
}

describe('an uploaded file', () => {
  for (const [name, part, stored, request] of [
    ['of a form', filePart(CSV), CSV, { format: 'csv', delimiter: ',' }],
    ['as the body', filePart(CSV, { name: '', fileName: undefined, contentType: 'text/csv' }), CSV, { format: 'csv' }],
    ['as JSON', filePart('[{"a":1}]', { fileName: 'a.json' }), '[{"a":1}]', { format: 'json' }],
    ['without a name or type', filePart('{"a":1}', { fileName: undefined }), '{"a":1}', { format: 'json' }],
    ['under another name, when it is the only one', filePart(CSV, { name: 'upload' }), CSV, { format: 'csv' }],
    ['with a byte order mark', filePart(`\ufeff${CSV}`), CSV, { format: 'csv' }],
    ['with semicolons', filePart('a;b\n1;2\n'), 'a;b\n1;2\n', { delimiter: ';' }],
    [
      'in another charset',
      filePart(Buffer.from('name\nZo\xeb\n', 'latin1'), { contentType: 'text/csv; charset=iso-8859-1' }),
      'name\nZoë\n',
      { format: 'csv' },
    ],
  ] as const) {
    test(`becomes a job: ${name}`, async () => {
      const room = openRoom()
      const job = await room.upload('', {}, { parts: [part] })
      expect(job).toMatchObject({ status: 'CREATED', direction: 'UPLOAD', file_bytes: Buffer.byteLength(stored) })
      expect(job.stored_bytes).toBe(job.file_bytes)
      expect(requestOf(room.context, job)).toMatchObject({ action: 'create', concurrency: 8, ...request })
      expect(await room.fileOf(job.id)).toBe(stored)
      expect(room.jobs.waiting).toContainEqual({ queue: 'bulk.run', key: String(job.id), group: 'account:12' })
    })
  }

  test('of documents of this very instance, named by the address', async () => {
    const vendor = rowVendor()
    const asked: unknown[] = []
    const element = elementOf({ resources: [resource('GET', '/files'), resource('POST', '/contacts')] })
    const room = openUploadRoom(
      store,
      {
        ...vendor,
        async call(_caller, _instance, { method, path, query }) {
          asked.push([method, path, query])
          return { status: 200, headers: {}, body: Readable.from([Buffer.from(CSV)]) }
        },
      },
      element,
    )
    const job = await room.upload('', {}, { parts: [], query: { path: '/in/sample.csv', region: 'eu' } })
    expect(asked).toEqual([['GET', '/files', { path: '/in/sample.csv' }]])
    expect(await room.fileOf(job.id)).toBe(CSV)
    expect(requestOf(room.context, job)).toMatchObject({ format: 'csv', query: { region: 'eu' } })
  })

  test('that nobody can read makes a job that has ended', async () => {
    const room = openRoom()
    const job = await room.upload(Buffer.from([0x61, 0xff, 0xfe, 0x62]), {}, { callback: 'https://example.test/done' })
    expect(job).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('no UTF-8'), file_bytes: 0 })
    expect(room.files.keys()).toEqual([])
    expect(room.jobs.waiting).toEqual([{ queue: 'bulk.callback', key: String(job.id), group: 'account:12' }])
  })
})

describe('metaData', () => {
  for (const [name, metaData, request] of [
    [
      'an identifier means upsert',
      { identifierFieldName: 'email' },
      { action: 'upsert', identifierFieldName: 'email' },
    ],
    ['in older words', { primaryKeyName: 'email' }, { action: 'upsert', identifierFieldName: 'email' }],
    ['an action counts more', { action: 'UPDATE', identifierFieldName: 'email' }, { action: 'update' }],
    ['without an identifier records are changed by their id', { action: 'update' }, { identifierFieldName: 'id' }],
    ['one after the other', { concurrency: 'serial' }, { concurrency: 1 }],
    ['no more than sixteen together', { concurrency: 99 }, { concurrency: 16 }],
    ['a path without its slash', { path: 'lists/7/contacts' }, { path: '/lists/7/contacts' }],
    ['a path of a hub', { path: '/hubs/crm/lists/7/contacts' }, { path: '/lists/7/contacts' }],
    [
      'vendors’ own keys go to them',
      { listId: 7, programName: 'x' },
      { query: { listId: '7', programName: 'x', a: 'b' } },
    ],
  ] as [string, Record<string, unknown>, Partial<UploadRequest>][]) {
    test(name, async () => {
      const room = openRoom()
      const job = await room.upload(CSV, metaData, { query: { a: 'b' } })
      expect(requestOf(room.context, job)).toMatchObject(request)
    })
  }

  test('goes back with the status, whatever is in it', async () => {
    const room = openRoom()
    const metaData = { 'callback-payload': { a: [1] }, fileName: 'x', useBatchUpload: true, mine: null }
    const { id } = await room.upload(CSV, metaData)
    expect(
      await readStatus(room.context, { accountId: 12, organizationId: 3 } as Caller, room.instance, id),
    ).toMatchObject({
      metadata: metaData,
      'callback-payload': { a: [1] },
      fileName: 'x',
    })
  })

  test('the key that the object declares is what records are recognized by', async () => {
    const room = openRoom({ objects: [{ name: 'contacts', primaryKeyName: 'email' }] })
    const job = await room.upload(CSV, { action: 'delete' })
    expect(requestOf(room.context, job)).toMatchObject({ action: 'delete', identifierFieldName: 'email' })
  })
})

describe('nothing is left of an upload', () => {
  for (const [name, call, error] of [
    ['without a file', { parts: [] }, { status: 400, message: expect.stringContaining('no file to upload') }],
    ['with an empty body', { parts: [filePart('', { name: '', fileName: undefined })] }, { status: 400 }],
    ['with metaData that is no JSON', { parts: [filePart(CSV), textPart('metaData', '{no')] }, { status: 400 }],
    ['with an unknown action', { parts: [filePart(CSV), textPart('metaData', { action: 'burn' })] }, { status: 400 }],
    [
      'with a format that is none',
      { parts: [filePart(CSV), textPart('metaData', { format: 'xls' })] },
      { status: 400 },
    ],
    [
      'with a path that is none',
      { parts: [filePart(CSV), textPart('metaData', { path: '/a/../b' })] },
      { status: 400 },
    ],
    [
      'that changes records nobody can recognize',
      { parts: [filePart(CSV), textPart('metaData', { action: 'upsert' })] },
      { status: 400, message: expect.stringContaining('"identifierFieldName" is required') },
    ],
    ['of an object that there is not', { objectName: 'nothing', parts: [filePart(CSV)] }, { status: 404 }],
  ] as const) {
    test(name, async () => {
      const room = openRoom()
      const before = await jobs()
      await expect(room.upload('', {}, call)).rejects.toMatchObject(error)
      expect(await jobs()).toBe(before)
    })
  }

  test('of an object whose uploads are switched off', async () => {
    const room = openRoom({ objects: [{ name: 'contacts', bulkUploadEnabled: false }] })
    await expect(room.upload(CSV)).rejects.toMatchObject({ status: 400 })
  })

  test('of a disabled instance', async () => {
    const room = openRoom()
    Object.assign(room.instance, { disabled: true })
    await expect(room.upload(CSV)).rejects.toMatchObject({ status: 403 })
  })

  for (const [name, limits, error] of [
    ['that is longer than a file may be', { fileBytes: 10 }, { status: 413 }],
    ['past the share of its account', { accountBytes: 10 }, { code: 'TOO_MANY' }],
  ] as const) {
    test(name, async () => {
      const room = openRoom()
      const before = await jobs()
      Object.assign(room.context.limits, limits)
      await expect(room.upload(CSV)).rejects.toMatchObject(error)
      expect([await jobs(), room.files.keys()]).toEqual([before, []])
    })
  }

  test('whose connection breaks', async () => {
    const room = openRoom()
    const before = await jobs()
    async function* broken() {
      yield Buffer.alloc(5 * 1024 * 1024, 'a')
      throw new Error('the connection broke')
    }
    const part = filePart('', { open: () => Readable.from(broken()) })
    await expect(room.upload('', {}, { parts: [part] })).rejects.toThrow('the connection broke')
    expect([await jobs(), room.files.keys()]).toEqual([before, []])
  })
})

test('an upload whose last transaction was committed, though nobody heard of it, keeps its file', async () => {
  const room = openUploadRoom(store, rowVendor())
  const { transaction } = store.changes
  // of the job, of the part of its file, and of its beginning
  let made = 0
  const unheard: typeof transaction = async (work) => {
    const result = await transaction(work)
    if (++made === 3) throw new Error('Connection terminated unexpectedly')
    return result
  }
  Object.assign(room.context, { store: { ...store, changes: { ...store.changes, transaction: unheard } } })
  await expect(room.upload('name\nAda\n')).rejects.toThrow('Connection terminated')
  const { id } = await bulkDb(store)
    .selectFrom('bulk_jobs')
    .select('id')
    .where('instance_id', '=', room.instance.id)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
  expect(await room.job(id)).toMatchObject({ status: 'CREATED', removed_at: null })
  expect(await room.fileOf(id)).toBe('name\nAda\n')
})
