import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { rowVendor } from '../../../test/support/row-vendor.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { CALLER, numbered, openUploadRoom } from '../../../test/support/upload-room.ts'
import { ValenceError } from '../../errors.ts'
import type { Store } from '../../store/database.ts'
import { inBulk } from '../bulk-table.ts'
import { cancelJob } from '../cancel-job.ts'
import { advance, release, takeJob } from '../held-job.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

let room: ReturnType<typeof openUploadRoom>
let vendor: ReturnType<typeof rowVendor>
let id: number
/** A process died while the first five of ten rows were under way, of which one was done before. */
beforeEach(async () => {
  vendor = rowVendor()
  room = openUploadRoom(store, vendor)
  id = await room.addUpload(numbered(10))
  const job = await takeJob(room.context, id)
  if (!job) throw new Error('no job')
  const changes = { position: { row: 0, byte: 0, begun: 5, done: [3] }, records_count: 1 }
  await store.changes.transaction((trx) => advance(inBulk(trx), job, changes, room.clock.at))
})

const run = () => room.queue.run(String(id), new AbortController().signal)
const cancel = () => cancelJob(room.context, CALLER, room.instance, id)
const losePart = () => {
  room.context.files.read = async function* () {
    yield Buffer.from(numbered(2))
    throw new ValenceError('UNAVAILABLE', 'the file store is away')
  }
}

test('rows that were begun are uncertain when the instance is gone since', async () => {
  Object.assign(room.context, { findInstance: () => undefined })
  await run()
  expect(await room.job(id)).toMatchObject({
    ...{ status: 'ABORTED', error: expect.stringContaining('was deleted') },
    ...{ records_count: 5, records_failed_count: 4, records_uncertain_count: 4 },
  })
  expect((await room.errorsOf(id)).map(({ number }) => number)).toEqual([1, 2, 3, 5])
})

test('a cancelled job tells of them, though no process is at it', async () => {
  const job = await takeJob(room.context, id)
  if (job) await release(room.context, job)
  expect(await cancel()).toMatchObject({ status: 'CANCELLATION_PENDING' })
  await run()
  expect(await room.job(id)).toMatchObject({ status: 'CANCELLED', records_count: 5, records_uncertain_count: 4 })
  expect(await room.errorsOf(id)).toHaveLength(4)
  expect(vendor.sent).toEqual([])
})

test('a cancelled job ends when its file cannot be read, and counts them', async () => {
  losePart()
  await cancel()
  await run()
  expect(await room.job(id)).toMatchObject({
    ...{ status: 'CANCELLED', records_count: 5, records_failed_count: 4, records_uncertain_count: 4 },
    message: expect.stringContaining('rows 1 to 5 of its file may have been written or not'),
  })
})

test('a job whose file cannot be read waits, and forgets none of them', async () => {
  const { read } = room.context.files
  losePart()
  expect(await run()).toBe('done')
  expect(await room.job(id)).toMatchObject({ status: 'RUNNING', is_running: false, position: { row: 0, begun: 5 } })
  room.context.files.read = read
  await room.run()
  expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: 10, records_uncertain_count: 4 })
  expect(await room.job(id)).toMatchObject({ message: null })
  expect(vendor.sent.map(({ body }) => (body as { n: number }).n)).toEqual([6, 7, 8, 9, 10])
})
