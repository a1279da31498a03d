import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Reaction, rowVendor } from '../../../test/support/row-vendor.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { CALLER, numbered, openUploadRoom } from '../../../test/support/upload-room.ts'
import type { Store } from '../../store/database.ts'
import { cancelJob } from '../cancel-job.ts'
import { bulkQueue } from '../run-job.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const REACTIONS: readonly Reaction[] = [
  'ok',
  { status: 400, message: 'no' },
  { status: 500, message: 'broken' },
  { status: 504, message: 'gone' },
  { lost: 'after it was written' },
  { lost: 'without being written' },
]
const PUT_OFF: readonly Reaction[] = [{ status: 429, message: 'slow' }, { lost: 'before it was sent' }]

/** A process that dies at its n-th step: from then on nothing that it waits for ever comes. */
function dyingAt(step: number) {
  const died = Promise.withResolvers<'died'>()
  let left = step
  const alive = () => {
    if (left-- > 0) return Promise.resolve()
    died.resolve('died')
    return new Promise<void>(() => undefined)
  }
  return {
    died: died.promise,
    async around<T>(act: () => Promise<T>): Promise<T> {
      await alive()
      const value = await act()
      await alive()
      return value
    },
  }
}

/** The job is worked at until it has ended, by processes of which all but the last one die. */
async function runWithCrashes(room: ReturnType<typeof openUploadRoom>, id: number, crashes: readonly number[]) {
  const { context } = room
  const waitingCrashes = [...crashes]
  for (let turns = 0; turns < 500; turns++) {
    const crash = waitingCrashes.shift() ?? Number.POSITIVE_INFINITY
    const { died, around } = dyingAt(crash)
    const changes = {
      ...store.changes,
      transaction: ((work) => around(() => store.changes.transaction(work))) as Store['changes']['transaction'],
    }
    const queue = bulkQueue({
      ...context,
      store: { ...store, changes },
      call: (...call) => around(() => context.call(...call)),
    })
    await Promise.race([queue.run(String(id), new AbortController().signal), died])
    if ((await room.job(id)).finished_at) return
  }
  throw new Error('the upload did not come to an end')
}

/** The job is worked at by processes that are told to stop at their n-th step, all but the last one. */
async function runWithStops(room: ReturnType<typeof openUploadRoom>, id: number, stops: readonly number[]) {
  const { context } = room
  const waitingStops = [...stops]
  for (let turns = 0; turns < 500; turns++) {
    const stopping = new AbortController()
    let left = waitingStops.shift() ?? Number.POSITIVE_INFINITY
    const queue = bulkQueue({
      ...context,
      async call(...call) {
        if (left-- <= 0) stopping.abort()
        await new Promise(setImmediate)
        return context.call(...call)
      },
    })
    await queue.run(String(id), stopping.signal)
    if ((await room.job(id)).finished_at) return
  }
  throw new Error('the upload did not come to an end')
}

test('whenever it is cancelled, the rows that were sent are counted, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.nat({ max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (count, at, concurrency) => {
        const vendor = rowVendor()
        const room = openUploadRoom(store, vendor)
        const id = await room.addUpload(numbered(count), { concurrency })
        let left = at
        let cancelling: Promise<unknown> | undefined
        // all rows may be sent before it could act
        const cancel = () =>
          cancelJob(room.context, CALLER, room.instance, id).catch((error) =>
            expect(error).toMatchObject({ status: 400 }),
          )
        const queue = bulkQueue({
          ...room.context,
          async call(...call) {
            if (left-- === 0) cancelling = cancel()
            await new Promise(setImmediate)
            return room.context.call(...call)
          },
        })
        while (!(await room.job(id)).finished_at) await queue.run(String(id), new AbortController().signal)
        await cancelling
        const job = await room.job(id)
        expect(job.status).toMatch(/^(?:CANCELLED|COMPLETED)$/)
        expect(job).toMatchObject({ records_count: vendor.sent.length, records_failed_count: 0 })
        expect(new Set(vendor.sent.map(({ body }) => (body as { n: number }).n)).size).toBe(vendor.sent.length)
      },
    ),
    { numRuns: 40 },
  )
}, 120_000)

test('wherever processes are told to stop, each row is sent once and none is uncertain', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 60 }),
      fc.array(fc.nat({ max: 30 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 5 }),
      async (count, stops, concurrency) => {
        const vendor = rowVendor()
        const room = openUploadRoom(store, vendor)
        const id = await room.addUpload(numbered(count), { concurrency })
        await runWithStops(room, id, stops)
        expect(await room.job(id)).toMatchObject({ status: 'COMPLETED', records_count: count, records_failed_count: 0 })
        const sent = vendor.sent.map(({ body }) => (body as { n: number }).n)
        expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1))
      },
    ),
    { numRuns: 40 },
  )
}, 120_000)

test('wherever processes die, each row is written, failed or uncertain, and none is sent again that may have been written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          last: fc.oneof({ weight: 4, arbitrary: fc.constant<Reaction>('ok') }, fc.constantFrom(...REACTIONS)),
          before: fc.oneof(
            { weight: 6, arbitrary: fc.constant<Reaction[]>([]) },
            fc.array(fc.constantFrom(...PUT_OFF), { maxLength: 3 }),
          ),
        }),
        { maxLength: 40 },
      ),
      fc.array(fc.nat({ max: 60 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (rows, crashes, concurrency) => {
        const reactions = rows.map(({ before, last }) => [...before, last])
        const numberIn = (body: unknown) => (body as { n: number }).n
        const vendor = rowVendor({
          react(body) {
            const [next = 'ok', ...rest] = reactions[numberIn(body) - 1] ?? []
            if (rest.length > 0) reactions[numberIn(body) - 1] = rest
            return next
          },
        })
        const room = openUploadRoom(store, vendor)
        const id = await room.addUpload(numbered(rows.length), { concurrency })
        await runWithCrashes(room, id, crashes)

        const job = await room.job(id)
        const errors = await room.errorsOf(id)
        const byNumber = new Map(errors.map((error) => [error.number, error]))
        expect(job.status).toBe('COMPLETED')
        expect(job.records_count).toBe(rows.length)
        expect(job.records_failed_count).toBe(errors.length)
        expect(job.records_uncertain_count).toBe(errors.filter(({ kind }) => kind === 'uncertain').length)
        for (let number = 1; number <= rows.length; number++) {
          const sent = vendor.sent.filter(({ body }) => numberIn(body) === number)
          const error = byNumber.get(number)
          // only the last one may have been written
          expect(sent.slice(0, -1).every(({ isSurelyUnwritten }) => isSurelyUnwritten)).toBe(true)
          const last = sent.at(-1)
          if (!error) expect(last?.isWritten).toBe(true)
          if (error?.kind === 'failed') expect(last?.isSurelyUnwritten).toBe(true)
          if (error) expect(error.row).toMatchObject({ n: number })
        }
      },
    ),
    { numRuns: 60 },
  )
}, 120_000)
