import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Store } from '../store/database.ts'
import { bulkDb } from './bulk-table.ts'
import { jobOf } from './find-job.ts'
import { callbackContext } from './job-request.ts'
import { listErrors } from './list-errors.ts'
import { listJobs } from './list-jobs.ts'
import { readStatus } from './read-status.ts'
import { openRowError, type RowError, sealRowError } from './row-error.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const caller = OWNER as unknown as Caller
const stranger = { ...OWNER, organizationId: 4, accountId: 13 } as unknown as Caller

const QUERY = { objectName: 'contacts', query: {}, metaData: { 'callback-payload': 'x7' } }
const UPLOAD = {
  ...{ objectName: 'Leads', action: 'create', format: 'csv', concurrency: 1, query: {}, metaData: {} },
} as const

let instances = 9_000
function open() {
  const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  return { room, instance: room.addInstance(elementOf(), { id: ++instances }) }
}

describe('a job', () => {
  test('is there for the instance that started it, and for no other one', async () => {
    const { room, instance } = open()
    const other = room.addInstance(elementOf(), { id: ++instances })
    const id = await room.addJob(instance, QUERY)
    expect(await jobOf(room.context, caller, instance, id)).toMatchObject({ id, instance_id: instance.id })
    for (const [who, which, asked] of [
      [caller, other, id],
      [stranger, instance, id],
      [caller, instance, id + 1_000],
      [caller, instance, 0],
    ] as const) {
      const refused = await jobOf(room.context, who, which, asked).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(ValenceError)
      expect(refused).toMatchObject({ status: 404 })
    }
  })

  test('is not there while its file is being received, nor after it was removed', async () => {
    const { room, instance } = open()
    const receiving = await room.addJob(instance, UPLOAD, { status: 'RECEIVING' })
    const removed = await room.addJob(instance, UPLOAD, { removed_at: room.clock.at })
    for (const id of [receiving, removed])
      await expect(jobOf(room.context, caller, instance, id)).rejects.toMatchObject({ status: 404 })
    expect(await listJobs(room.context, caller, instance, { pageSize: 10, page: 1, after: undefined })).toEqual({
      ...{ items: [], total: 0, next: undefined },
    })
  })

  test('says how it stands, with what its caller wants back', async () => {
    const { room, instance } = open()
    const id = await room.addJob(instance, QUERY, { status: 'COMPLETED', records_count: 3 })
    const status = await readStatus(room.context, caller, instance, id)
    expect(status).toMatchObject({
      id,
      status: 'COMPLETED',
      recordsCount: 3,
      recordsFailedCount: 0,
      metadata: QUERY.metaData,
    })
    expect(status['callback-payload']).toBe('x7')
    expect(status).not.toHaveProperty('error')
  })
})

describe('the list of jobs', () => {
  const page = { pageSize: 2, page: undefined, after: undefined }

  test('has every name by which clients know the same thing', async () => {
    const { room, instance } = open()
    const id = await room.addJob(instance, QUERY, { query: 'select * from contacts', records_count: 7 })
    const callback = store.cipher.seal('https://example.com/done', callbackContext(id))
    await bulkDb(store).updateTable('bulk_jobs').set({ callback }).where('id', '=', id).execute()
    const { items } = await listJobs(room.context, caller, instance, page)
    const { created_at } = await room.job(id)
    expect(items).toEqual([
      {
        ...{ id, job_id: id, instanceId: instance.id, instance_id: instance.id, object_name: 'contacts' },
        ...{ job_direction: 'DOWNLOAD', status: 'CREATED', job_status: 'CREATED', bulk_status: 'CREATED' },
        ...{ job_state: 'WAITING', record_count: 7, error_count: 0, job_query: 'select * from contacts' },
        ...{ job_reset_attempt: 0, fileFormat: 'csv', notification_url: 'https://example.com/done' },
        createdDate: created_at.getTime(),
      },
    ])
  })

  test('is the newest first, page by page', async () => {
    const { room, instance } = open()
    const ids: number[] = []
    for (let n = 0; n < 5; n++) ids.unshift(await room.addJob(instance, QUERY))
    const first = await listJobs(room.context, caller, instance, page)
    expect([first.items.map(({ id }) => id), first.next]).toEqual([ids.slice(0, 2), ids[1]])
    const second = await listJobs(room.context, caller, instance, { ...page, after: first.next })
    const third = await listJobs(room.context, caller, instance, { ...page, after: second.next })
    expect([third.items.map(({ id }) => id), third.next]).toEqual([[ids[4]], undefined])
    const byNumber = await listJobs(room.context, caller, instance, { ...page, page: 2 })
    expect(byNumber.items).toEqual(second.items)
    expect([first.total, third.total, byNumber.total]).toEqual([5, 5, 5])
  })

  test('is filtered by the members of its rows, over pages', async () => {
    const { room, instance } = open()
    const done = { status: 'COMPLETED', records_count: 12, finished_at: room.clock.at } as const
    const uploads = [await room.addJob(instance, UPLOAD, done), await room.addJob(instance, UPLOAD)]
    const downloads = [
      await room.addJob(instance, QUERY, done),
      await room.addJob(instance, QUERY),
      await room.addJob(instance, QUERY, done),
    ]
    const idsOf = async (where: string, more: object = {}) => {
      const found = await listJobs(room.context, caller, instance, { ...page, pageSize: 10, ...more, where })
      return found.items.map(({ id }) => id)
    }
    expect(await idsOf("object_name = 'Leads'")).toEqual(uploads.toReversed())
    expect(await idsOf("job_direction='DOWNLOAD'")).toEqual(downloads.toReversed())
    for (const name of ['job_status', 'bulk_status', 'status'])
      expect(await idsOf(`${name} = 'COMPLETED' and job_direction = 'UPLOAD'`), name).toEqual([uploads[0]])
    expect(await idsOf('record_count > 11')).toEqual([downloads[2], downloads[0], uploads[0]])
    expect(await idsOf('record_count > 11', { pageSize: 2, page: 2 })).toEqual([uploads[0]])
    const half = await listJobs(room.context, caller, instance, { ...page, where: 'record_count > 11' })
    expect([half.next, half.total]).toEqual([downloads[0], 3])
    expect(await idsOf('record_count > 11', { after: half.next })).toEqual([uploads[0]])
    await expect(idsOf('object_name =')).rejects.toMatchObject({ code: 'QUERY_INVALID' })
  })
})

describe('rows that were not surely written', () => {
  async function withErrors(errors: RowError[]) {
    const { room, instance } = open()
    const id = await room.addJob(instance, UPLOAD)
    const rows = errors.map((error) => sealRowError(store.cipher, id, error))
    if (rows.length > 0) await bulkDb(store).insertInto('bulk_errors').values(rows).execute()
    const list = (pageSize: number, after?: number) =>
      listErrors(room.context, caller, instance, id, { pageSize, after })
    return { room, instance, id, list }
  }
  const failed = (number: number, row: Record<string, unknown> = { name: `n${number}` }): RowError => ({
    ...{ number, kind: 'failed', row, status: '400: email is required' },
  })

  test('are the columns of the file and a status, a page at a time', async () => {
    const { list } = await withErrors(Array.from({ length: 237 }, (_, at) => failed(at * 3 + 1)))
    const first = await list(230)
    expect(first.items).toHaveLength(230)
    expect(first.items[0]).toEqual({ name: 'n1', status: '400: email is required' })
    const rest = await list(230, first.next)
    expect(rest.items.map(({ name }) => name)).toEqual(
      [230, 231, 232, 233, 234, 235, 236].map((at) => `n${at * 3 + 1}`),
    )
    expect(rest.next).toBeUndefined()
    expect((await list(237)).next).toBeUndefined()
  })

  test('say which of them may have been written', async () => {
    const { list } = await withErrors([
      { number: 1, kind: 'uncertain', row: { name: 'Ann' }, status: 'the process ended while it was being written' },
    ])
    expect((await list(10)).items).toEqual([
      { name: 'Ann', status: 'uncertain: the process ended while it was being written' },
    ])
  })

  test('are sealed where they lie, each for its own job', async () => {
    const { id } = await withErrors([failed(1, { secret: 'needle' })])
    const row = await bulkDb(store)
      .selectFrom('bulk_errors')
      .selectAll()
      .where('job_id', '=', id)
      .executeTakeFirstOrThrow()
    expect(row.content).not.toContain('needle')
    const moved = { ...row, job_id: id + 1 }
    expect(() => openRowError(store.cipher, moved)).toThrow(/bulk_errors/)
  })

  test('of large records make short pages', async () => {
    const { list } = await withErrors([1, 2, 3, 4].map((number) => failed(number, { text: 'x'.repeat(3_000_000) })))
    const first = await list(4)
    expect(first.items).toHaveLength(2)
    const rest = await list(4, first.next)
    expect([first, rest].flatMap(({ items }) => items)).toHaveLength(4)
    expect(rest.next).toBeUndefined()
  })

  test('are nobody else’s', async () => {
    const { room, instance, id, list } = await withErrors([])
    expect(await list(10)).toEqual({ items: [], next: undefined })
    const asked = listErrors(room.context, stranger, instance, id, { pageSize: 10, after: undefined })
    await expect(asked).rejects.toMatchObject({ status: 404 })
  })
})
