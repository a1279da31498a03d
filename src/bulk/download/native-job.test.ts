import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { ResourceCall, ResourceReply } from '../../model/exchange.ts'
import type { Store } from '../../store/database.ts'
import type { Mapping } from '../../transform/mapping.ts'
import type { BulkJob, DownloadPosition } from '../bulk-table.ts'
import type { DownloadRequest } from '../job-request.ts'
import { continueFrom } from './continue-from.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const NATIVE = {
  objects: [{ name: 'contacts', nativeBulkDownload: true }],
  resources: [
    resource('GET', '/contacts'),
    resource('POST', '/contacts/bulk'),
    resource('GET', '/contacts/bulk/{jobId}'),
    resource('GET', '/contacts/bulk/{jobId}/records'),
  ],
}

const STATUS = /^\/contacts\/bulk\/[^/]+$/

/** A vendor whose job answers `statuses` one after the other, then has two pages of records. */
function openRoom(statuses: readonly (object | Error)[], element: object = NATIVE) {
  const calls: ResourceCall[] = []
  const left = [...statuses]
  const room = openTestBulk(store, async (_caller, _instance, call): Promise<ResourceReply> => {
    calls.push(call)
    const reply = (body: unknown, headers = {}): ResourceReply => ({ status: 200, headers, body })
    if (call.method === 'POST') return reply({ id: 'job 7' })
    if (STATUS.test(call.path)) {
      const status = left.shift() ?? { status: 'COMPLETED' }
      if (status instanceof Error) throw status
      return reply(status)
    }
    return call.query['nextPage']
      ? reply([{ id: 3 }])
      : reply([{ id: 1 }, { id: 2 }], { 'elements-next-page-token': '2' })
  })
  const wakes: number[] = []
  const { wake } = room.jobs
  room.context.jobs.wake = (trx, publish, queue, keys) => {
    for (const { at } of keys) if (at) wakes.push(at.getTime() - room.clock.at.getTime())
    return wake(trx, publish, queue, keys)
  }
  const instance = room.addInstance(elementOf(element))
  return {
    ...{ ...room, calls, wakes },
    async download(request: Partial<DownloadRequest> = {}, fields: Partial<BulkJob> = {}) {
      const id = await room.addJob(instance, { objectName: 'contacts', query: {}, metaData: {}, ...request }, fields)
      await room.run()
      return { job: await room.job(id), file: await room.fileOf(id) }
    },
  }
}

const pathsOf = (calls: readonly ResourceCall[]) => calls.map(({ method, path }) => `${method} ${path}`)
const RUNNING = { status: 'RUNNING' }

describe('a bulk job of the vendor’s own', () => {
  test('is started with what was asked for, waited for, and read page by page', async () => {
    const { download, calls, wakes } = openRoom([RUNNING, { status: 'COMPLETED', recordsCount: 3 }])
    const window = { from: '2020-01-01T00:00:00.000Z' }
    const { job, file } = await download({ fields: ['id'], where: "a='1'", limit: 10, window, query: { x: 'y' } })
    expect(pathsOf(calls)).toEqual([
      'POST /contacts/bulk',
      ...Array(2).fill('GET /contacts/bulk/job%207'),
      ...Array(2).fill('GET /contacts/bulk/job%207/records'),
    ])
    expect(calls[0]).toMatchObject({
      body: { fields: ['id'], where: "a='1'", ...window, limit: 10 },
      query: { x: 'y' },
    })
    expect(calls.slice(3).map(({ query }) => query)).toEqual([{ pageSize: '10' }, { nextPage: '2' }])
    expect(wakes).toEqual([2_000, 3_000])
    expect(file).toBe('{"id":1}\n{"id":2}\n{"id":3}\n')
    expect(job).toMatchObject({ status: 'COMPLETED', records_count: 3, records_total: 3, vendor_job_id: 'job 7' })
  })

  test('is asked less and less often, at least every half minute', async () => {
    const { download, wakes } = openRoom(Array(10).fill(RUNNING))
    await download()
    expect(wakes.slice(0, 5)).toEqual([2_000, 3_000, 4_500, 6_750, 10_125])
    expect(wakes.at(-1)).toBe(30_000)
  })

  test('that fails ends the job with its words', async () => {
    const { job } = await openRoom([{ status: 'FAILED', message: 'no quota' }]).download()
    expect(job).toMatchObject({ status: 'ABORTED', error: "The vendor's bulk job job 7 failed: no quota" })
  })

  test('that is never finished ends it after a day', async () => {
    const { download } = openRoom([RUNNING])
    const { job } = await download({}, { started_at: new Date('2026-04-01T10:12:00.000Z') })
    expect(job).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('RUNNING after a day') })
  })

  test('is not started twice when the vendor is away for a while', async () => {
    const away = new ValenceError('VENDOR_TIMEOUT', 'no answer')
    const { download, calls, wakes } = openRoom([away, RUNNING])
    expect((await download()).job).toMatchObject({ status: 'COMPLETED', records_count: 3 })
    expect(calls.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect(wakes).toEqual([2_000, 5_000, 3_000])
  })

  test('that answered something else is told so', async () => {
    const { job } = await openRoom([{ state: 'done' }]).download()
    expect(job.error).toBe('GET /contacts/bulk/job%207: the answer has no "status"')
  })

  test('that ended with its limit is not continued: it has made no more', async () => {
    const { context, download } = openRoom([])
    const { job } = await download({ limit: 3 })
    const instance = (await context.findInstance(job.instance_id)) as Instance
    const caller = await context.callerOf(job.user_id)
    const request = { objectName: 'contacts', query: {}, metaData: {} }
    await expect(continueFrom(context, caller, instance, request, job.id)).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
      message: expect.stringContaining('a job of the vendor'),
    })
  })

  test('is continued where an earlier download of it ended', async () => {
    const room = openRoom([])
    const { job } = await room.download({ limit: 2 })
    const { nextPage, native } = job.position as DownloadPosition
    expect(native).toMatchObject({ id: 'job 7', isReady: true })
    const rest = await room.download({}, { position: { nextPage, native } as DownloadPosition })
    expect(rest.file).toBe('{"id":3}\n')
    expect(room.calls.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })
})

describe('without it the list is read', () => {
  for (const [name, element] of [
    ['the object does not say so', { ...NATIVE, objects: [{ name: 'contacts', nativeBulkDownload: false }] }],
    ['a resource is missing', { ...NATIVE, resources: NATIVE.resources.slice(0, 3) }],
    [
      'another resource only looks like it',
      {
        ...NATIVE,
        resources: [resource('GET', '/contacts'), resource('POST', '/{a}/{b}'), resource('GET', '/{a}/{b}/{c}/{d}')],
      },
    ],
  ] as const) {
    test(`where ${name}`, async () => {
      const { download, calls } = openRoom([], element)
      expect((await download()).job).toMatchObject({ status: 'COMPLETED', vendor_job_id: null })
      expect(calls[0]).toMatchObject({ method: 'GET', path: '/contacts' })
    })
  }

  test('for a common resource', async () => {
    const { download, calls, mappings } = openRoom([])
    mappings.set('people', { objectName: 'people', vendorName: 'contacts' } as Mapping)
    await download({ objectName: 'people' })
    expect(calls[0]).toMatchObject({ method: 'GET', path: '/people' })
  })
})
