import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rowVendor } from '../../../test/support/row-vendor.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { CALLER, numbered, openUploadRoom } from '../../../test/support/upload-room.ts'
import type { Store } from '../../store/database.ts'
import { bulkDb, type UploadPosition } from '../bulk-table.ts'
import { cancelJob } from '../cancel-job.ts'
import { type HeldUpload, JobLost, takeJob } from '../held-job.ts'
import { runUpload } from './run-upload.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const CSV = 'name,age,address.city,vip\nAda,36,London,true\n"Bo ""B""",x,,\n'
const FIELDS = [
  { path: 'age', type: 'number' },
  { path: 'vip', type: 'boolean' },
]

/** One turn, as whoever takes the job would have it. */
async function takeTurn(
  room: ReturnType<typeof openUploadRoom>,
  id: number,
  { ms = 60_000, signal = new AbortController().signal } = {},
) {
  const job = (await takeJob(room.context, id)) as HeldUpload
  const { instance } = room
  return runUpload(room.context, job, { instance, caller: CALLER, until: performance.now() + ms, signal })
}

describe('an upload', () => {
  test('writes each row of a table, with the types of its fields', async () => {
    const vendor = rowVendor({ fields: FIELDS })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(CSV, { format: 'csv', delimiter: ',' })
    await room.run()
    expect(vendor.sent.map(({ body }) => body)).toEqual([
      { name: 'Ada', age: 36, address: { city: 'London' }, vip: true },
      { name: 'Bo "B"', age: 'x' },
    ])
    expect(await room.job(id)).toMatchObject({
      status: 'COMPLETED',
      records_count: 2,
      records_failed_count: 0,
      records_total: 2,
    })
  })

  test('of an empty file is completed with nothing', async () => {
    const room = openUploadRoom(store, rowVendor())
    const id = await room.addUpload('')
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: 0, records_failed_count: 0 })
  })

  test('goes on past rows that fail, and keeps them as they were', async () => {
    const vendor = rowVendor({
      react: (body) =>
        (body as { name: string }).name === 'Ada' ? { status: 400, message: 'email is required' } : 'ok',
    })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(CSV, { format: 'csv' })
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: 2, records_failed_count: 1 })
    expect((await room.job(id)).stored_bytes).toBeGreaterThan(0)
    expect(await room.errorsOf(id)).toEqual([
      {
        ...{ number: 1, kind: 'failed', status: '400: email is required' },
        row: { name: 'Ada', age: '36', 'address.city': 'London', vip: 'true' },
      },
    ])
  })

  test('ends where the rows that fail take more room than the account may have', async () => {
    const room = openUploadRoom(store, rowVendor({ react: () => ({ status: 400, message: 'no' }) }))
    const id = await room.addUpload(numbered(400), { concurrency: 1 })
    const { bytes } = await bulkDb(store)
      .selectFrom('bulk_jobs')
      .select(({ fn }) => fn.sum<string | null>('stored_bytes').as('bytes'))
      .where('account_id', '=', room.instance.accountId)
      .executeTakeFirstOrThrow()
    room.context.limits.accountBytes = Number(bytes ?? 0) + 100
    expect(await takeTurn(room, id, { ms: 0 })).toEqual({ state: 'again' })
    await room.run()
    const { status, error, records_count } = await room.job(id)
    expect({ status, error }).toEqual({ status: 'ABORTED', error: expect.stringContaining('that it may have') })
    expect(records_count).toBeLessThan(400)
  })

  test('takes few rows together where each of them grows by long names', async () => {
    const vendor = rowVendor({ react: () => ({ status: 400, message: 'no' }) })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(`${'a'.repeat(499_000)}\n${'1\n'.repeat(40)}`, { format: 'csv', concurrency: 16 })
    await takeTurn(room, id, { ms: 0 })
    const { position } = await room.job(id)
    expect(position).toMatchObject({ row: expect.any(Number), begun: expect.any(Number) })
    expect((position as UploadPosition).row).toBeGreaterThan(0)
    expect((position as UploadPosition).row).toBeLessThan(12)
  })

  test('is aborted where the file cannot be read, with the rows before that written', async () => {
    const vendor = rowVendor()
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload('{"n":1}\n{"n":2}\n{"n":')
    await room.run()
    expect(vendor.sent).toHaveLength(2)
    expect(await room.job(id)).toMatchObject({
      status: 'ABORTED',
      records_count: 2,
      error: expect.stringContaining('of the file'),
    })
  })

  test('is aborted where the element has no resource for it', async () => {
    const room = openUploadRoom(store, rowVendor())
    const id = await room.addUpload(numbered(1), { objectName: 'nothing' })
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('"nothing"') })
  })

  test('is told to come back after each turn, and goes on at the next row', async () => {
    const vendor = rowVendor()
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(40), { concurrency: 1 })
    expect(await takeTurn(room, id, { ms: 0 })).toEqual({ state: 'again' })
    const { records_count } = await room.job(id)
    expect(records_count).toBeGreaterThan(0)
    expect(records_count).toBeLessThan(40)
    while ((await takeTurn(room, id, { ms: 0 })).state !== 'ended');
    expect(vendor.sent.map(({ body }) => (body as { n: number }).n)).toEqual(
      Array.from({ length: 40 }, (_, n) => n + 1),
    )
  })
})

test('rows that mean one record make one, and the last of them counts', async () => {
  const vendor = rowVendor({ before: () => new Promise((resolve) => setImmediate(resolve)) })
  const room = openUploadRoom(store, vendor)
  const rows = ['ada@x.test', 'Ada@x.test', 'bo@x.test', 'ada@x.test'].map((email, n) => JSON.stringify({ email, n }))
  await room.addUpload(rows.join('\n'), { action: 'upsert', identifierFieldName: 'email' })
  await room.run()
  expect([...vendor.records.values()].map(({ email, n }) => [email, n])).toEqual([
    ['ada@x.test', 3],
    ['bo@x.test', 2],
  ])
})

describe('a vendor that wants to be left alone', () => {
  test('is, for as long as it says, and then gets the rows that it put off', async () => {
    let isBusy = true
    const vendor = rowVendor({ react: () => (isBusy ? { status: 429, message: 'slow', retryAfter: '30' } : 'ok') })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(10), { concurrency: 4 })
    expect(await takeTurn(room, id)).toEqual({ state: 'again', at: new Date(room.clock.at.getTime() + 30_000) })
    expect(vendor.sent).toHaveLength(4)
    expect(await room.job(id)).toMatchObject({
      records_count: 0,
      position: { row: 0, begun: 0, pace: { together: 2 } },
      message: 'The vendor has no time (429: slow); rows are sent again at 2026-04-02T10:12:31.250Z',
    })
    isBusy = false
    await takeTurn(room, id)
    expect(vendor.records.size).toBe(10)
    expect(await room.job(id)).toMatchObject({
      ...{ status: 'COMPLETED', records_count: 10, records_failed_count: 0, message: null },
    })
  })

  test('gets none of the rows again that were written beside', async () => {
    const busy = new Set([2, 5])
    const vendor = rowVendor({
      react: (body) => (busy.delete((body as { n: number }).n) ? { status: 429, message: 'slow' } : 'ok'),
    })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(12), { concurrency: 4 })
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: 12, records_failed_count: 0 })
    const written = vendor.sent.filter(({ isWritten }) => isWritten).map(({ body }) => (body as { n: number }).n)
    expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1))
  })

  test('of a row that it puts off for ever hears eight times', async () => {
    const vendor = rowVendor({
      react: (body) => ((body as { n: number }).n === 3 ? { status: 429, message: 'not this one' } : 'ok'),
    })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(30))
    await room.run()
    expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: 30, records_failed_count: 1 })
    expect(await room.errorsOf(id)).toMatchObject([{ number: 3, kind: 'failed', status: '429: not this one' }])
    expect(vendor.sent.filter(({ body }) => (body as { n: number }).n === 3)).toHaveLength(8)
  })

  test('that takes nothing at all ends the job after a while', async () => {
    const vendor = rowVendor({ react: () => ({ lost: 'before it was sent' }) })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(100), { concurrency: 2 })
    await room.run()
    const job = await room.job(id)
    expect(job).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('took no row in 20 attempts') })
    expect(job.error).toContain(`from row ${job.records_count + 1} on, was not sent`)
  })
})

test('after twenty rows that were refused for the credentials, the rest is not sent', async () => {
  const vendor = rowVendor({ react: () => ({ status: 401, message: 'token revoked' }) })
  const room = openUploadRoom(store, vendor)
  const id = await room.addUpload(numbered(500), { concurrency: 4 })
  await room.run()
  const job = await room.job(id)
  expect(job).toMatchObject({ status: 'ABORTED', records_failed_count: job.records_count })
  expect(job.error).toContain('(401: token revoked)')
  expect(vendor.sent.length).toBeLessThanOrEqual(24)
})

describe('a row that may have been written', () => {
  test('is uncertain, and not sent again', async () => {
    const lost = new Set([2])
    const vendor = rowVendor({
      react: (body) => (lost.delete((body as { n: number }).n) ? { lost: 'after it was written' } : 'ok'),
    })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(5), { concurrency: 1 })
    await room.run()
    expect(await room.job(id)).toMatchObject({
      ...{ status: 'COMPLETED', records_count: 5, records_failed_count: 1, records_uncertain_count: 1 },
    })
    expect(await room.errorsOf(id)).toMatchObject([{ number: 2, kind: 'uncertain', row: { n: 2 } }])
    expect(vendor.records.size).toBe(5)
    expect(vendor.sent).toHaveLength(5)
  })

  test('is one that a dead process had begun', async () => {
    const dying = Promise.withResolvers<void>()
    const hanging = rowVendor({
      before() {
        dying.resolve()
        return new Promise(() => undefined)
      },
    })
    const room = openUploadRoom(store, hanging)
    const id = await room.addUpload(numbered(40), { concurrency: 2 })
    void takeTurn(room, id)
    await dying.promise
    const vendor = rowVendor()
    Object.assign(room.context, { call: vendor.call })
    await room.run()
    const job = await room.job(id)
    expect(job).toMatchObject({ status: 'COMPLETED', records_count: 40, records_uncertain_count: 16 })
    expect(job.reset_attempts).toBe(1)
    expect(vendor.sent.map(({ body }) => (body as { n: number }).n).toSorted((a, b) => a - b)[0]).toBe(17)
  })
})

test('a process that lost its job sends no further window', async () => {
  const gate = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const slow = rowVendor({
    before() {
      started.resolve()
      return gate.promise
    },
  })
  const room = openUploadRoom(store, slow)
  const id = await room.addUpload(numbered(60), { concurrency: 2 })
  const zombie = takeTurn(room, id)
  await started.promise
  const fast = rowVendor()
  Object.assign(room.context, { call: fast.call })
  await room.run()
  gate.resolve()
  await expect(zombie).rejects.toThrow(JobLost)
  const job = await room.job(id)
  expect(job).toMatchObject({ status: 'COMPLETED', records_count: 60, records_uncertain_count: 16 })
  const numbersOf = (vendor: typeof slow) => vendor.sent.map(({ body }) => (body as { n: number }).n)
  expect(numbersOf(slow).filter((n) => numbersOf(fast).includes(n))).toEqual([])
  expect(Math.max(...numbersOf(slow))).toBeLessThanOrEqual(16)
})

describe('somebody wants an end', () => {
  test('rows under way are waited for, the others are not sent', async () => {
    const stop = new AbortController()
    const vendor = rowVendor({
      before(_line, body) {
        if ((body as { n: number }).n === 6) stop.abort()
        return Promise.resolve()
      },
    })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(40), { concurrency: 3 })
    expect(await takeTurn(room, id, { signal: stop.signal })).toEqual({ state: 'again' })
    const stopped = await room.job(id)
    expect(stopped).toMatchObject({ records_count: vendor.sent.length, records_uncertain_count: 0 })
    expect(stopped.records_count).toBeLessThan(10)
    await room.run()
    expect(vendor.sent).toHaveLength(40)
  })

  test('a cancelled job ends soon, its rows counted', async () => {
    const reached = Promise.withResolvers<void>()
    const vendor = rowVendor({
      before(_line, body) {
        if ((body as { n: number }).n === 20) reached.resolve()
        return new Promise((resolve) => setImmediate(resolve))
      },
    })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(5_000), { concurrency: 2 })
    const running = room.run()
    await reached.promise
    const startedAt = performance.now()
    expect(await cancelJob(room.context, CALLER, room.instance, id)).toMatchObject({ status: 'CANCELLATION_PENDING' })
    await running
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    const job = await room.job(id)
    expect(job).toMatchObject({ status: 'CANCELLED', records_count: vendor.records.size, records_failed_count: 0 })
    expect(job.records_count).toBeLessThan(5_000)
  })

  test('rows that do not end in time are uncertain', async () => {
    const reached = Promise.withResolvers<void>()
    const vendor = rowVendor({
      before(_line, body) {
        if ((body as { n: number }).n !== 2) return undefined
        reached.resolve()
        return new Promise(() => undefined)
      },
    })
    const room = openUploadRoom(store, vendor)
    const id = await room.addUpload(numbered(4), { concurrency: 1 })
    const running = room.run()
    await reached.promise
    await cancelJob(room.context, CALLER, room.instance, id)
    await running
    expect(await room.job(id)).toMatchObject({ status: 'CANCELLED', records_count: 2, records_uncertain_count: 1 })
    expect(await room.errorsOf(id)).toMatchObject([{ number: 2, kind: 'uncertain' }])
  })
})
