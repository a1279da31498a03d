import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestJobs } from '../../test/support/jobs.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Store } from '../store/database.ts'
import { eventDb } from './event-table.ts'
import { createReceiver } from './receive.ts'
import type { ReceivedEvent } from './store-events.ts'

const LIMITS = { batch: 64, batchBytes: 1_000_000, waiting: 1_000, waitingBytes: 10_000_000 }

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
})
afterAll(() => opened.close())
beforeEach(async () => {
  for (const table of ['events', 'event_targets'] as const) await eventDb(store).deleteFrom(table).execute()
})

const webhook = (text: string, more: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
  elementKey: 'sfdc',
  kind: 'webhook',
  method: 'POST',
  query: '',
  contentType: undefined,
  headers: {},
  body: Buffer.from(text),
  instanceIds: [11],
  ...more,
})
const POISON = webhook('poison', { elementKey: 'no\0text' })
const stored = async () => {
  const rows = await eventDb(store).selectFrom('events').select(['id', 'body']).orderBy('seq').execute()
  return rows.map(({ body }) => body.toString())
}

/** A receiver, the sizes of its transactions, and a gate that holds the first one. */
function open({ limits = LIMITS, isHeld = false } = {}) {
  const gate = Promise.withResolvers<void>()
  const sizes: number[] = []
  const jobs: Jobs = isHeld ? { wake: () => gate.promise } : createTestJobs()
  const receiver = createReceiver(
    { store, jobs, now: () => new Date() },
    { limits, onCommitted: (size) => sizes.push(size) },
  )
  return { receive: receiver.receive, stats: receiver.stats, sizes, release: gate.resolve }
}
const all = (receive: (event: ReceivedEvent) => Promise<unknown>, events: readonly ReceivedEvent[]) =>
  Promise.allSettled(events.map((event) => receive(event)))
const texts = (count: number) => Array.from({ length: count }, (_, at) => `event ${at}`)

test('an event is stored when its promise settles', async () => {
  const { receive } = open()
  const id = await receive(webhook('a'))
  expect(await eventDb(store).selectFrom('events').select('id').execute()).toEqual([{ id }])
})

test('what arrives during a transaction goes together with the next one, in order', async () => {
  const { receive, sizes, stats } = open()
  const sent = texts(200)
  const outcomes = all(
    receive,
    sent.map((text) => webhook(text)),
  )
  expect(stats().waiting).toBe(200)
  expect((await outcomes).every(({ status }) => status === 'fulfilled')).toBe(true)
  expect(sizes).toEqual([64, 64, 64, 8])
  expect(await stored()).toEqual(sent)
  expect(stats()).toEqual({ waiting: 0, bytes: 0 })
})

test('a transaction takes so many bytes, and one event however large', async () => {
  const { receive, sizes } = open({ limits: { ...LIMITS, batchBytes: 100_000 } })
  await all(
    receive,
    [500_000, 40_000, 40_000, 40_000].map((size) => webhook('x'.repeat(size))),
  )
  expect(sizes).toEqual([1, 2, 1])
})

test('one that cannot be stored fails alone', async () => {
  const { receive } = open()
  const good = texts(20)
  const events = good.map((text) => webhook(text))
  const outcomes = await all(receive, [
    ...events.slice(0, 7),
    POISON,
    ...events.slice(7, 13),
    POISON,
    ...events.slice(13),
  ])
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(2)
  expect(outcomes[7]).toMatchObject({ reason: { code: 'BODY_INVALID', status: 400 } })
  expect(await stored()).toEqual(good)
})

describe('more than may wait', () => {
  for (const [what, limits, size] of [
    ['events', { ...LIMITS, waiting: 3 }, 10],
    ['bytes', { ...LIMITS, waitingBytes: 40_000 }, 12_000],
  ] as const) {
    test(`${what} are sent away, and the rest is taken`, async () => {
      const { receive, release } = open({ limits, isHeld: true })
      const outcomes = all(
        receive,
        Array.from({ length: 5 }, () => webhook('x'.repeat(size))),
      )
      await expect(receive(webhook('x'.repeat(size)))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        status: 503,
        headers: { 'retry-after': '5' },
      })
      release()
      expect((await outcomes).map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'fulfilled',
        'rejected',
        'rejected',
      ])
      await expect(receive(webhook('later'))).resolves.toBeDefined()
    })
  }
})

test('without a database nothing is taken, and afterwards everything again', async () => {
  const other = await openTestStore()
  const receiver = createReceiver({ store: other.store, jobs: createTestJobs(), now: () => new Date() })
  await other.close()
  for (let time = 0; time < 2; time++) {
    await expect(receiver.receive(webhook('a'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      headers: { 'retry-after': '5' },
    })
  }
  expect(receiver.stats()).toEqual({ waiting: 0, bytes: 0 })
})

test('what fails for another reason is tried no second time, and the next transaction is another one', async () => {
  let fails = true
  const jobs: Jobs = {
    async wake() {
      await wait(1)
      if (fails) throw Object.assign(new Error('disk full'), { code: '53100' })
    },
  }
  const receiver = createReceiver({ store, jobs, now: () => new Date() })
  const outcomes = await all(
    receiver.receive,
    texts(5).map((text) => webhook(text)),
  )
  expect(outcomes.every((it) => it.status === 'rejected' && it.reason.status === 503)).toBe(true)
  expect(await stored()).toEqual([])
  fails = false
  await receiver.receive(webhook('later'))
  expect(await stored()).toEqual(['later'])
})
