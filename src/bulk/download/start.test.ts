import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf, parameter, resource, row } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { Caller } from '../../model/account.ts'
import type { Element } from '../../model/element.ts'
import type { Store } from '../../store/database.ts'
import type { Mapping } from '../../transform/mapping.ts'
import { inBulk } from '../bulk-table.ts'
import { finish, type HeldJob, takeJob } from '../held-job.ts'
import { callbackContext, type DownloadRequest } from '../job-request.ts'
import { requestOf } from '../read-status.ts'
import { startDownload } from './start-download.ts'
import { type QueryCall, startQuery } from './start-query.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const CALLER = OWNER as unknown as Caller
const ELEMENT: Partial<Element> = {
  resources: [
    resource('GET', '/contacts', {
      parameters: [parameter('query where', 'query filter'), parameter('query orderBy', 'query sort')],
    }),
    resource('GET', '/notes'),
  ],
}

function openRoom(parts: Partial<Element> = ELEMENT) {
  const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  const instance = room.addInstance(elementOf(parts))
  const asked = (job: Awaited<ReturnType<typeof startQuery>>) => requestOf(room.context, job) as DownloadRequest
  return {
    ...{ ...room, instance, asked },
    query: (call: Parameters<typeof startQuery>[3]) => startQuery(room.context, CALLER, instance, call),
    download: (body: unknown, callback?: string) =>
      startDownload(room.context, CALLER, instance, { body, ...(callback ? { callback } : {}) }),
  }
}

describe('POST /bulk/query', () => {
  test('takes a statement from the address', async () => {
    const { query, asked, jobs } = openRoom()
    const q = "select id, Parent.Name, id from contacts where name='A  b' order by name desc, id limit 25"
    const job = await query({ query: { q, fromDate: '2020', tag: ['a', 'b'], pageSize: '50' } })
    expect(job).toMatchObject({ status: 'CREATED', object_name: 'contacts', file_format: 'csv', query: q })
    expect(asked(job)).toEqual({
      objectName: 'contacts',
      fields: ['id', 'Parent.Name'],
      where: "name='A  b'",
      orderBy: 'name desc, id',
      limit: 25,
      pageSize: 50,
      query: { fromDate: '2020', tag: ['a', 'b'] },
      metaData: {},
    })
    expect(jobs.waiting).toMatchObject([{ queue: 'bulk.run', key: String(job.id) }])
  })

  test('takes it from a JSON body, whose other members are hints', async () => {
    const { query, asked } = openRoom()
    const body = { query: 'select * from contacts limit 100', headerData: { order: 'asc' } }
    const request = asked(await query({ query: {}, body }))
    expect(request).toEqual({ objectName: 'contacts', limit: 100, query: {}, metaData: {} })
  })

  test('keeps what the caller wants back, of any kind of form', async () => {
    const { query, asked } = openRoom()
    const metaData = '{"callback-payload":{"a":1},"fileName":"{yyyy}_x"}'
    const part = { name: 'metaData', sizeBytes: metaData.length, open: () => Readable.from([Buffer.from(metaData)]) }
    const q = 'select * from contacts'
    const calls: QueryCall[] = [
      { query: { q }, body: { metaData } },
      { query: { q }, parts: [{ ...part, text: metaData }] },
      { query: {}, parts: [part, { name: 'q', text: q, sizeBytes: q.length, open: part.open }] },
    ]
    for (const call of calls) expect(asked(await query(call)).metaData).toEqual(JSON.parse(metaData))
  })

  test('calls back where it is told to, and nobody reads where', async () => {
    const { query } = openRoom()
    const { id, callback } = await query({
      query: { q: 'select * from contacts' },
      callback: ' /formulas/instances/3 ',
    })
    expect(callback).not.toContain('formulas')
    expect(store.cipher.open(callback ?? '', callbackContext(id))).toBe('/formulas/instances/3')
  })

  test('has the format that its element says', async () => {
    const { query } = openRoom({ ...ELEMENT, configuration: [row('bulk.query.download_format', 'JSON')] })
    expect(await query({ query: { q: 'select * from contacts' } })).toMatchObject({ file_format: 'json' })
  })

  for (const [name, call, code, message] of [
    ['no statement', { query: {} }, 'PARAMETER_MISSING', '"q"'],
    ['an empty one', { query: { q: ' ' } }, 'PARAMETER_MISSING', '"q"'],
    ['one that is none', { query: { q: 'select * contacts' } }, 'QUERY_INVALID', 'Error parsing query'],
    ['an object that nobody knows', { query: { q: 'select * from nothing' } }, 'OBJECT_NOT_FOUND', 'nothing'],
    ['a date that is none', { query: { q: 'select * from notes', from: 'today' } }, 'PARAMETER_INVALID', 'from'],
    [
      'a window that ends before it begins',
      { query: { q: 'select * from notes', from: '2020-02-01', to: '2020-01-01' } },
      'PARAMETER_INVALID',
      'after to',
    ],
    ['metaData that is none', { query: { q: 'select * from notes' }, body: { metaData: '[' } }, 'BODY_INVALID', 'meta'],
    ['a callback that is none', { query: { q: 'select * from notes' }, callback: 'x' }, 'PARAMETER_INVALID', 'callb'],
  ] as const) {
    test(`${name} is refused`, () =>
      expect(openRoom().query(call)).rejects.toMatchObject({ code, message: expect.stringContaining(message) }))
  }

  test('is refused by a disabled instance', async () => {
    const { query, instance } = openRoom()
    Object.assign(instance, { disabled: true })
    await expect(query({ query: { q: 'select * from contacts' } })).rejects.toMatchObject({ status: 403 })
  })

  test('is refused where the object is switched off', async () => {
    const { query } = openRoom({ ...ELEMENT, objects: [{ name: 'contacts', bulkDownloadEnabled: false }] })
    await expect(query({ query: { q: 'select * from contacts' } })).rejects.toMatchObject({ status: 400 })
  })
})

describe('the window of a query', () => {
  const DATED = {
    ...ELEMENT,
    objects: [
      {
        name: 'contacts',
        ...{ queryDateName: 'createdDate', queryDateOperator: '=', queryDateFormat: "yyyy-MM-dd'T'HH:mm:ss'Z'" },
      },
    ],
  }

  test('becomes the element’s where, in UTC', async () => {
    const { query, asked } = openRoom(DATED)
    const q = 'select * from contacts'
    const whereOf = async (more: object) => asked(await query({ query: { q, ...more } })).where
    expect(await whereOf({ from: '2017-05-24T11:31:01-07:00' })).toBe("createdDate='2017-05-24T18:31:01Z'")
    expect(await whereOf({ lastRunDate: '2017-05-24T11:31:01-07:00', to: '2017-05-25' })).toBe(
      "createdDate='2017-05-24T18:31:01Z' AND createdDate<='2017-05-25T00:00:00Z'",
    )
  })

  test('is joined with the where of the statement', async () => {
    const { query, asked } = openRoom(DATED)
    const q = "select * from contacts where a = 'x' OR b = 'y'"
    expect(asked(await query({ query: { q, from: '2017-05-24T18:31:01Z' } })).where).toBe(
      "(a = 'x' OR b = 'y') AND createdDate='2017-05-24T18:31:01Z'",
    )
  })

  test('is ignored where nobody said by what to ask', async () => {
    const { query, asked } = openRoom()
    const request = asked(await query({ query: { q: 'select * from contacts', from: '2017-05-24T18:31:01Z' } }))
    expect(request.where).toBeUndefined()
  })
})

describe('POST /bulk/download', () => {
  const BODY = { objectName: 'contacts', format: 'txt/csv' }

  test('takes all that the documents list', async () => {
    const { download, asked } = openRoom()
    const job = await download(
      {
        objectName: 'contacts',
        format: 'application/jsonl',
        where: "a='1'",
        selectFields: 'id, Parent.Name',
        filterDateField: 'changed',
        from: '2017-05-24T11:31:01-0700',
        limit: 10,
        pageSize: '5',
        apiLimit: 3,
        filterNulls: true,
        notificationUrl: 'https://example.test/done',
        query: { a: 1, b: ['x', 2], c: null, nextPage: 'no' },
      },
      'https://example.test/ignored',
    )
    expect(asked(job)).toEqual({
      objectName: 'contacts',
      where: "a='1' AND changed>='2017-05-24T18:31:01Z'",
      window: { from: '2017-05-24T18:31:01.000Z' },
      fields: ['id', 'Parent.Name'],
      ...{ limit: 10, pageSize: 5, apiLimit: 3, filterNulls: true },
      query: { a: '1', b: ['x', '2'] },
      metaData: {},
    })
    expect(job).toMatchObject({
      file_format: 'jsonl',
      query: "select id, Parent.Name from contacts where a='1' limit 10",
    })
    expect(store.cipher.open(job.callback ?? '', callbackContext(job.id))).toBe('https://example.test/done')
  })

  for (const [format, expected] of [
    ['application/json', 'json'],
    ['txt/csv', 'csv'],
    ['TEXT/CSV', 'csv'],
    ['csv', 'csv'],
    ['json', 'json'],
    ['jsonl', 'jsonl'],
  ]) {
    test(`${format} is ${expected}`, async () =>
      expect(await openRoom().download({ ...BODY, format })).toMatchObject({ file_format: expected }))
  }

  for (const [name, body, code] of [
    ['no body', undefined, 'BODY_INVALID'],
    ['no object', { format: 'csv' }, 'PARAMETER_MISSING'],
    ['no format', { objectName: 'contacts' }, 'PARAMETER_MISSING'],
    ['another format', { ...BODY, format: 'text/xml' }, 'PARAMETER_INVALID'],
    ['a where that is none', { ...BODY, where: 'a =' }, 'QUERY_INVALID'],
    ['a limit that is none', { ...BODY, limit: -1 }, 'PARAMETER_INVALID'],
    ['an object that nobody knows', { ...BODY, objectName: 'nothing' }, 'OBJECT_NOT_FOUND'],
    ['a job that is not there', { ...BODY, continueFromJobId: 999999 }, 'NOT_FOUND'],
    ['documents without a path', { ...BODY, docsHubDetails: { instanceId: 500 } }, 'PARAMETER_INVALID'],
    [
      'documents of an element that takes none',
      { ...BODY, docsHubDetails: { instanceId: 500, path: '/x' } },
      'PARAMETER_INVALID',
    ],
    ['documents of nobody', { ...BODY, docsHubDetails: { instanceId: 7, path: '/x' } }, 'INSTANCE_NOT_FOUND'],
  ] as const) {
    test(`${name} is refused`, () => expect(openRoom().download(body)).rejects.toMatchObject({ code }))
  }

  test('gives no file to an instance of another account', async () => {
    const { download, addInstance } = openRoom()
    const documents = addInstance(elementOf({ resources: [resource('POST', '/files')] }))
    const body = { ...BODY, docsHubDetails: { instanceId: documents.id, path: '/x.csv' } }
    await download(body)
    Object.assign(documents, { accountId: 999 })
    await expect(download(body)).rejects.toMatchObject({ code: 'INSTANCE_NOT_FOUND' })
  })

  test('asks a common resource by the vendor’s date, found by its common name', async () => {
    const { download, asked, mappings } = openRoom({
      ...ELEMENT,
      objects: [{ name: 'contacts', createdDateName: 'created_at', createdDateFormat: 'yyyy-MM-dd' }],
    })
    mappings.set('people', {
      objectName: 'people',
      vendorName: 'contacts',
      vendorAttribute: (name: string) => (name === 'created' ? 'created_at' : name),
      fields: [{ path: 'created', vendorPath: 'created_at', type: 'date' }],
    } as unknown as Mapping)
    const body = { objectName: 'people', format: 'csv', filterDateField: 'created', from: '2017-05-24T11:31:01Z' }
    expect(asked(await download(body)).where).toBe("created_at>='2017-05-24'")
  })
})

describe('a job that goes on where another one ended', () => {
  const end = async ({ context }: ReturnType<typeof openRoom>, id: number) => {
    const job = (await takeJob(context, id)) as HeldJob
    const position = { nextPage: 'three', skip: 7, calls: 2 }
    await store.changes.transaction((trx, publish) =>
      finish(context, inBulk(trx), publish, job, { status: 'COMPLETED', position }),
    )
  }

  test('begins behind the last record of that', async () => {
    const room = openRoom()
    const first = await room.query({ query: { q: 'select * from contacts limit 10' } })
    await end(room, first.id)
    const next = await room.query({ query: { q: 'select * from contacts', continueFromJobId: String(first.id) } })
    expect(next.position).toEqual({ nextPage: 'three', skip: 7 })
    const body = { query: 'select * from contacts limit 5', continueFromJobId: first.id }
    expect((await room.query({ query: {}, body })).position).toEqual({ nextPage: 'three', skip: 7 })
  })

  test('is refused for one that did not complete: nobody could read the rows before', async () => {
    const room = openRoom()
    const first = await room.query({ query: { q: 'select * from contacts limit 10' } })
    const job = (await takeJob(room.context, first.id)) as HeldJob
    await store.changes.transaction((trx, publish) =>
      finish(room.context, inBulk(trx), publish, job, { status: 'ABORTED', error: 'x', position: { nextPage: 'two' } }),
    )
    const query = { q: 'select * from contacts', continueFromJobId: String(first.id) }
    await expect(room.query({ query })).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
      message: expect.stringContaining('ABORTED'),
    })
  })

  test('is refused while that runs, and for another statement', async () => {
    const room = openRoom()
    const first = await room.query({ query: { q: 'select * from contacts limit 10' } })
    const go = (q: string) => room.query({ query: { q, continueFromJobId: String(first.id) } })
    await expect(go('select * from contacts')).rejects.toMatchObject({ message: expect.stringContaining('not ended') })
    await end(room, first.id)
    await expect(go("select * from contacts where a='1'")).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
      message: expect.stringContaining('another where'),
    })
  })
})
