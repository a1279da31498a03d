import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elementOf, resource } from '../../../../test/support/engine.ts'
import { refusal } from '../../../../test/support/row-vendor.ts'
import { openTestStore } from '../../../../test/support/store.ts'
import { CALLER, numbered, openUploadRoom } from '../../../../test/support/upload-room.ts'
import { ValenceError } from '../../../errors.ts'
import type { CallInstance } from '../../../instances/call.ts'
import type { Resource } from '../../../model/element.ts'
import type { Store } from '../../../store/database.ts'
import { type HeldUpload, takeJob } from '../../held-job.ts'
import { runUpload } from '../run-upload.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const RESOURCES = [
  resource('POST', '/contacts'),
  resource('POST', '/contacts/bulk'),
  resource('PUT', '/contacts/bulk/{jobId}/records'),
  resource('POST', '/contacts/bulk/{jobId}/close'),
  resource('GET', '/contacts/bulk/{jobId}'),
  resource('GET', '/contacts/bulk/{jobId}/errors'),
]
const elementWith = (resources: Resource[]) =>
  elementOf({ objects: [{ name: 'contacts', nativeBulkUpload: true }], resources })

type Answer = (body: unknown, query: Record<string, unknown>) => unknown

/** A vendor with bulk jobs; `answers` by the line of the call, `POST /contacts/bulk`, in place of what it says by itself. */
function bulkVendor(answers: Record<string, Answer> = {}) {
  const lines: string[] = []
  const batches: number[][] = []
  const call: CallInstance = async (_caller, instance, { method, path, body, query, facts }) => {
    const line = `${method} ${path}`
    if (path.startsWith('/objects')) return { status: 200, headers: {}, body: { fields: [] } }
    lines.push(line)
    const found = instance.plan.resources.find(method, path)
    if (facts) facts.resource = facts.vendorResource = found?.value.resource
    if (facts) facts.vendorMethod = method
    const own = answers[line]?.(body, query)
    if (line.endsWith('/records')) batches.push((body as { n: number }[]).map(({ n }) => n))
    if (own !== undefined) return { status: 200, headers: {}, ...(own as object) } as Awaited<ReturnType<CallInstance>>
    const said: Record<string, unknown> = {
      'POST /contacts/bulk': { id: 'J/7' },
      'GET /contacts/bulk/J%2F7': { status: 'completed' },
    }
    return { status: 200, headers: {}, body: said[line] ?? (line.endsWith('/errors') ? [] : {}) }
  }
  return { call, lines, batches, isBeforeSend: () => false }
}

function openRoom(vendor: ReturnType<typeof bulkVendor>, resources = RESOURCES) {
  return openUploadRoom(store, vendor, elementWith(resources))
}

const JOB = '/contacts/bulk/J%2F7'

describe('an object with bulk jobs of its vendor', () => {
  test('has its rows sent many at a time, and hears afterwards which failed', async () => {
    const asked: unknown[] = []
    const vendor = bulkVendor({
      'POST /contacts/bulk': (body) => void asked.push(body),
      [`GET ${JOB}/errors`]: (_body, { nextPage }) =>
        nextPage === 'two'
          ? { body: [{ n: 4, status: '409: twice' }] }
          : { body: [{ n: 2, status: '400: email is required' }], headers: { 'elements-next-page-token': 'two' } },
    })
    const room = openRoom(vendor)
    const id = await room.addUpload(numbered(5), {
      ...{ action: 'upsert', identifierFieldName: 'email', metaData: { bulkUploadRecordSize: 2 } },
    })
    await room.run()
    expect(asked).toEqual([{ action: 'upsert', identifierFieldName: 'email' }])
    expect(vendor.batches).toEqual([[1, 2], [3, 4], [5]])
    expect(vendor.lines.slice(-4)).toEqual([
      `POST ${JOB}/close`,
      `GET ${JOB}`,
      `GET ${JOB}/errors`,
      `GET ${JOB}/errors`,
    ])
    expect(await room.job(id)).toMatchObject({
      ...{ status: 'COMPLETED', vendor_job_id: 'J/7', records_count: 5, records_failed_count: 2, records_total: 5 },
    })
    expect(await room.errorsOf(id)).toMatchObject([
      { row: { n: 2 }, kind: 'failed', status: '400: email is required' },
      { row: { n: 4 }, kind: 'failed', status: '409: twice' },
    ])
  })

  test('is asked until its job has ended, less and less often', async () => {
    const states = ['queued', 'running', 'completed']
    const vendor = bulkVendor({ [`GET ${JOB}`]: () => ({ body: { status: states.shift(), recordsFailedCount: 3 } }) })
    const room = openRoom(vendor, RESOURCES.slice(0, -1))
    const id = await room.addUpload(numbered(5))
    const { instance, clock } = room
    const waits: unknown[] = []
    for (let outcome = 'again'; outcome !== 'ended'; ) {
      const job = (await takeJob(room.context, id)) as HeldUpload
      const signal = new AbortController().signal
      const turn = await runUpload(room.context, job, {
        instance,
        caller: CALLER,
        until: performance.now() + 60_000,
        signal,
      })
      outcome = turn.state
      if (turn.state === 'again') waits.push(turn.at && turn.at.getTime() - clock.at.getTime())
    }
    expect(waits).toEqual([2_000, 3_000])
    expect(vendor.lines.filter((line) => line.endsWith('/close'))).toHaveLength(1)
    expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: 5, records_failed_count: 3 })
  })

  test('has no more failed rows than were sent, whatever the vendor lists', async () => {
    const rows = Array.from({ length: 200 }, (_, n) => ({ n, status: '400: no' }))
    const vendor = bulkVendor({ [`GET ${JOB}/errors`]: () => ({ body: rows }) })
    const room = openRoom(vendor)
    const id = await room.addUpload(numbered(5))
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: 5, records_failed_count: 5 })
    expect(await room.errorsOf(id)).toHaveLength(5)
  })

  test('that says nothing of its job is told so, not asked for days', async () => {
    const vendor = bulkVendor({ [`GET ${JOB}`]: () => ({ body: { state: 'done' } }) })
    const room = openRoom(vendor)
    const id = await room.addUpload(numbered(1))
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'ABORTED', error: `GET ${JOB}: the answer has no "status"` })
  })

  test('has its job aborted with the vendor’s reason', async () => {
    const vendor = bulkVendor({ [`GET ${JOB}`]: () => ({ body: { status: 'Failed', message: 'quota is used up' } }) })
    const room = openRoom(vendor)
    const id = await room.addUpload(numbered(1))
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'ABORTED', error: 'quota is used up' })
  })

  test('has rows that it did not take sent again, and those of which nobody knows not', async () => {
    const failures = [
      refusal({ status: 429, message: 'slow' }),
      undefined,
      new ValenceError('VENDOR_TIMEOUT', 'api.acme.test did not answer'),
    ]
    const vendor = bulkVendor({
      [`PUT ${JOB}/records`]() {
        const failure = failures.shift()
        if (failure) throw failure
      },
    })
    const room = openRoom(vendor)
    const id = await room.addUpload(numbered(6), { metaData: { bulkUploadRecordSize: 2 } })
    await room.run()
    expect(vendor.batches).toEqual([
      [1, 2],
      [5, 6],
    ])
    expect(await room.job(id)).toMatchObject({ records_count: 6, records_failed_count: 2, records_uncertain_count: 2 })
    expect(await room.errorsOf(id)).toMatchObject([
      { number: 3, kind: 'uncertain' },
      { number: 4, kind: 'uncertain' },
    ])
  })

  test('may refuse the job: no row is sent', async () => {
    const vendor = bulkVendor({
      'POST /contacts/bulk'() {
        throw refusal({ status: 400, message: 'no such list' })
      },
    })
    const room = openRoom(vendor)
    const id = await room.addUpload(numbered(3))
    await room.run()
    expect(vendor.batches).toEqual([])
    expect(await room.job(id)).toMatchObject({
      status: 'ABORTED',
      records_count: 0,
      error: expect.stringContaining('no such list'),
    })
  })

  test('that closed its job before a process died is not stopped by closing it again', async () => {
    const vendor = bulkVendor({
      [`POST ${JOB}/close`]() {
        throw refusal({ status: 409, message: 'closed already' })
      },
    })
    const room = openRoom(vendor)
    const id = await room.addUpload('')
    const job = (await takeJob(room.context, id)) as HeldUpload
    const held = { ...job, vendor_job_id: 'J/7', position: { native: { isClosing: true } } }
    const signal = new AbortController().signal
    const { instance } = room
    expect(
      await runUpload(room.context, held, { instance, caller: CALLER, until: performance.now() + 60_000, signal }),
    ).toEqual({ state: 'ended' })
    expect(await room.job(id)).toMatchObject({ status: 'COMPLETED' })
  })
})

describe('rows go one by one', () => {
  for (const [name, resources, metaData] of [
    ['where the element has no resources for bulk jobs', RESOURCES.slice(0, 3), {}],
    ['where the caller says so', RESOURCES, { useBatchUpload: false }],
    ['where a form says so, in text', RESOURCES, { useBatchUpload: 'false' }],
  ] as const) {
    test(name, async () => {
      const vendor = bulkVendor()
      const room = openRoom(vendor, [...resources])
      await room.addUpload(numbered(2), { metaData })
      await room.run()
      expect(vendor.lines).toEqual(['POST /contacts', 'POST /contacts'])
    })
  }
})
