import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestJobs } from '../../test/support/jobs.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { timeOfEventId } from './event-id.ts'
import { eventDb } from './event-table.ts'
import { type ReceivedEvent, storeEvents } from './store-events.ts'
import { forgetUnverified, openUnverified } from './unverified.ts'

const NOW = new Date('2026-11-26T03:25:56.789Z')
const OWNER = { organizationId: 2, accountId: 3, userId: 4 }

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
let jobs = createTestJobs()
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
})
afterAll(() => opened.close())
beforeEach(async () => {
  jobs = createTestJobs()
  for (const table of ['events', 'event_targets', 'event_keys'] as const)
    await eventDb(store).deleteFrom(table).execute()
})

const webhook = (more: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
  elementKey: 'sfdc',
  kind: 'webhook',
  method: 'POST',
  query: '',
  contentType: 'application/json',
  headers: {},
  body: Buffer.from('{}'),
  instanceIds: [],
  ...more,
})
const keep = (...events: ReceivedEvent[]) =>
  store.changes.transaction((trx, publish) => storeEvents({ store, jobs, now: () => NOW }, trx, publish, events))
const targets = () => eventDb(store).selectFrom('event_targets').selectAll().orderBy('seq').execute()
const events = () => eventDb(store).selectFrom('events').selectAll().orderBy('seq').execute()

test('an event is kept as it came: every byte, quotes and all', async () => {
  const body = Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256))
  const headers = { 'x-odd': 'a "quoted", {braced} \\ NULL ü', 'x-null': 'NULL' }
  const given = webhook({ method: 'GET', query: 'a=%00&b="1"', contentType: undefined, headers, body })
  const [id = ''] = await keep(given)
  expect(timeOfEventId(id)).toEqual(NOW)
  const [row] = await events()
  expect(row).toMatchObject({ id, received_at: NOW, element_key: 'sfdc', kind: 'webhook', method: 'GET' })
  expect(row).toMatchObject({ query: 'a=%00&b="1"', content_type: null })
  expect(JSON.parse(row?.headers ?? '')).toEqual(headers)
  expect(row?.body.equals(body)).toBe(true)
})

test('what is needed to verify it later is kept sealed, and forgotten when it is done', async () => {
  const unverified = {
    url: 'https://x/e?a',
    headers: [['authorization', 'Bearer s3cret']],
    reference: undefined,
  } as const
  const [id = ''] = await keep(webhook({ unverified }), webhook())
  const [row, other] = await events()
  expect(row?.unverified).not.toContain('s3cret')
  expect(openUnverified(store.cipher, id, row?.unverified ?? '')).toEqual(unverified)
  expect(() => openUnverified(store.cipher, 'another', row?.unverified ?? '')).toThrow(/altered or moved/)
  expect(other?.unverified).toBeNull()
  await store.db.transaction().execute((trx) => forgetUnverified(trx, [{ id, received_at: NOW }]))
  expect((await events())[0]).toMatchObject({ id, unverified: null })
})

test('without an instance it waits in the lane of its element', async () => {
  const [id] = await keep(webhook())
  expect(await targets()).toMatchObject([
    { event_id: id, lane: 'e:sfdc', instance_id: null, account_id: null, status: 'NEW', pending: true },
  ])
  expect(jobs.waiting).toEqual([{ queue: 'events.process', key: 'e:sfdc' }])
})

test('each instance has a row of its own, with its owner when that is known', async () => {
  const [id] = await keep(
    webhook({ instanceIds: [11, 12, 11], ownerOf: (instance) => (instance === 12 ? OWNER : undefined) }),
  )
  expect(await targets()).toMatchObject([
    { event_id: id, lane: 'i:11', instance_id: 11, organization_id: null, account_id: null, user_id: null },
    { event_id: id, lane: 'i:12', instance_id: 12, organization_id: 2, account_id: 3, user_id: 4 },
  ])
  expect(jobs.waiting).toEqual([
    { queue: 'events.process', key: 'i:11' },
    { queue: 'events.process', key: 'i:12', group: 'account:3' },
  ])
})

test('seq is the order of the list, and every event has its own body', async () => {
  const bodies = Array.from({ length: 64 }, (_, at) => 'x'.repeat(at % 7) + at)
  const ids = await keep(...bodies.map((body) => webhook({ instanceIds: [11], body: Buffer.from(body) })))
  const rows = await events()
  expect(rows.map(({ id }) => id)).toEqual(ids)
  expect(rows.map(({ body }) => body.toString())).toEqual(bodies)
  expect((await targets()).map(({ event_id }) => event_id)).toEqual(ids)
  expect(jobs.waiting).toHaveLength(1)
})

test('a delivery that came before is not stored', async () => {
  const named = (dedupeKey: string, ...instanceIds: number[]) => webhook({ dedupeKey, instanceIds })
  const [first, second, other] = await keep(named('a', 11), named('a', 11), named('b', 11))
  expect([first, second, other]).toEqual([expect.any(String), undefined, expect.any(String)])
  expect(await keep(named('a', 11))).toEqual([undefined])
  expect((await events()).map(({ id }) => id)).toEqual([first, other])
  expect((await keep(named('a', 12)))[0], 'another instance has names of its own').toBeDefined()
})

test('of several instances only those get it that had it not', async () => {
  await keep(webhook({ dedupeKey: 'a', instanceIds: [11] }))
  const [id] = await keep(webhook({ dedupeKey: 'a', instanceIds: [11, 12] }))
  expect((await targets()).slice(1)).toMatchObject([{ event_id: id, lane: 'i:12' }])
})

test('two processes that receive the same deliveries at once keep each of them once', async () => {
  const keys = Array.from({ length: 40 }, (_, at) => webhook({ dedupeKey: `k${at}`, instanceIds: [11] }))
  const stored = await Promise.all([keep(...keys), keep(...keys.toReversed()), keep(...keys)])
  expect(stored.flat().filter((id) => id !== undefined)).toHaveLength(40)
  expect(await events()).toHaveLength(40)
})

test('what is rolled back was never there', async () => {
  const failing = store.changes.transaction(async (trx, publish) => {
    await storeEvents({ store, jobs, now: () => NOW }, trx, publish, [webhook({ dedupeKey: 'a' })])
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await events()).toEqual([])
  expect((await keep(webhook({ dedupeKey: 'a' })))[0]).toBeDefined()
})

test('nothing is nothing', async () => {
  expect(await keep()).toEqual([])
  expect(jobs.waiting).toEqual([])
})
