import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { keepPartitions } from '../store/time-partitions.ts'
import { insertUsage } from './insert-usage.ts'
import { toRecord } from './usage-record.ts'
import { usageDb, usagePartitions } from './usage-table.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
  await keepPartitions(store.db, usagePartitions(30), new Date('2026-11-25T12:00:00Z'))
})
afterAll(() => opened.close())
beforeEach(async () => {
  await usageDb(store).deleteFrom('usage_records').execute()
})

const line = (number: number, more: object = {}) =>
  JSON.stringify({
    ...toRecord({
      requestId: number.toString(16).padStart(24, '0'),
      startedAt: Date.parse('2026-11-25T10:00:00.123Z'),
      organizationId: 2,
      accountId: 3,
      userId: 4,
      method: 'GET',
      url: '/elements/api-v2/instances',
      ip: '::ffff:127.0.0.1',
      status: 200,
      ms: 5,
      operation: 'instances.list',
      call: undefined,
      message: 'quotes " and \' and \\ and ü and 😀',
      providerMessage: undefined,
    }),
    instance_tags: ['with "quotes", {braces} and NULL', 'null', ''],
    ...more,
  })
const lines = (count: number) => Array.from({ length: count }, (_, at) => line(at))
const rows = () => usageDb(store).selectFrom('usage_records').selectAll().orderBy('traffic_id').execute()

test('many in one statement, as they are', async () => {
  expect(await insertUsage(usageDb(store), lines(500))).toEqual({ stored: 500, refused: 0 })
  const [first] = await rows()
  expect(first).toEqual({ ...JSON.parse(line(0)), traffic_date: new Date('2026-11-25T10:00:00.123Z') })
})

test('what is there already is no second time', async () => {
  await insertUsage(usageDb(store), lines(10))
  expect(await insertUsage(usageDb(store), lines(12))).toEqual({ stored: 2, refused: 0 })
  expect(await insertUsage(usageDb(store), [line(20), line(20)])).toEqual({ stored: 1, refused: 0 })
  expect(await rows()).toHaveLength(13)
})

for (const [fact, bad] of [
  ['a value is missing', { organization_id: null }],
  ['a number is too large', { status: 99_999_999_999 }],
  ['a date is none', { traffic_date: 'someday' }],
  ['a text holds NUL', { message: 'a\0b' }],
] as const) {
  test(`a record that the table refuses takes no other with it: ${fact}`, async () => {
    const batch = [...lines(10), line(100, bad), line(101)]
    expect(await insertUsage(usageDb(store), batch)).toEqual({ stored: 11, refused: 1 })
    expect(await rows()).toHaveLength(11)
  })
}

test('days without a partition are taken as well', async () => {
  const old = line(1, { traffic_date: '2020-01-01T00:00:00Z' })
  expect(await insertUsage(usageDb(store), [old, line(2)])).toEqual({ stored: 2, refused: 0 })
  await keepPartitions(store.db, usagePartitions(30), new Date('2026-11-25T12:00:00Z'))
  expect(await rows(), 'until they are cleared away').toHaveLength(1)
})

test('without a database it throws', async () => {
  const other = await openTestStore()
  await other.close()
  await expect(insertUsage(usageDb(other.store), lines(3))).rejects.toThrow()
})
