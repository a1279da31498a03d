import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertExecution, insertFormulaInstance, insertRunFormula } from '../../../test/support/insert-executions.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { LogScope } from '../../model/log-scope.ts'
import type { Store } from '../../store/database.ts'
import type { ReadingContext } from '../executions/reading-context.ts'
import { countByAccount, countByInstance, countExecutions, countStatuses } from './count-executions.ts'
import { executionsByInstance, executionsStarted } from './formula-metrics.ts'
import { measureSteps } from './measure-steps.ts'
import { statusesNow } from './statuses-now.ts'

const OWNER = { organizationId: 3, accountId: 12, userId: 77 }
const COLLEAGUE = { ...OWNER, userId: 78 }
const NEIGHBOUR = { organizationId: 3, accountId: 13, userId: 79 }
const FOREIGNER = { organizationId: 4, accountId: 14, userId: 80 }
const START = new Date('2026-11-01T10:00:00.000Z')
const HOUR = { from: START, to: new Date('2026-11-01T11:00:00.000Z') }
const ORGANIZATION: LogScope = { organizationId: 3 }
const ACCOUNT: LogScope = { organizationId: 3, accountIds: [12] }
const NUMBERS = { '1.0': 0, '5.0': 0, '25.0': 0, '50.0': 0, '75.0': 0, '95.0': 0, '99.0': 0 }

const minutes = (count: number, ms = 0) => new Date(START.getTime() + count * 60_000 + ms)

let store: Store
let close: () => Promise<void>
let context: ReadingContext
let formulaId: number
let one: number
let two: number
let waiting: number
const asked: string[][] = []
beforeAll(async () => {
  const opened = await openTestStore()
  store = opened.store
  close = opened.close
  const slots: ReadingContext['slots'] = {
    run(work, keys) {
      asked.push([...keys])
      return work()
    },
  }
  context = {
    ...{ store, slots, valueSlots: slots, now: () => START, limits: { valueBytes: 1 } },
    authorize: () => undefined,
  }
  formulaId = await insertRunFormula(store, OWNER, { created_at: START })
  one = await insertFormulaInstance(store, OWNER, { formulaId, name: 'one' })
  two = await insertFormulaInstance(store, NEIGHBOUR, { formulaId, name: 'two' })
  const put = (
    owner: typeof OWNER,
    at: Date,
    status: 'success' | 'failed' | 'pending' | 'cancelled' | 'retry',
    more = {},
  ) =>
    insertExecution(store, owner, {
      ...{ formulaId, formulaInstanceId: owner.accountId === 13 ? two : one, status, created_at: at, ...more },
    })
  const step = (at: Date, ms: number, more: object) => ({
    ...{ name: 's', type: 'script', outcome: {}, created_at: at, finished_at: new Date(at.getTime() + ms), ...more },
  })
  await put(OWNER, minutes(0), 'success', {
    steps: [
      step(minutes(10), 100, { delay_ms: 10, context_bytes: 1_000 }),
      step(minutes(10), 300, { delay_ms: 30, context_bytes: 3_000 }),
      step(minutes(10), 900, { delay_ms: 90, context_bytes: 9_000, is_hidden: true }),
      step(minutes(20), 0, { outcome: undefined, finished_at: null, delay_ms: 7, context_bytes: 0 }),
    ],
  })
  await put(COLLEAGUE, minutes(0, 59_999), 'failed')
  await put(NEIGHBOUR, minutes(1), 'success', {
    steps: [step(minutes(10), 500, { delay_ms: 50, context_bytes: 2_000 })],
  })
  await put(OWNER, minutes(60), 'cancelled')
  await put(OWNER, minutes(61), 'pending')
  waiting = (await put(OWNER, minutes(61), 'retry', { attempt: 2, retry_at: minutes(70) })).id
  await put(FOREIGNER, minutes(0), 'success')
})
afterAll(() => close())

const byMinute = (scope: LogScope) => ({ scope, range: HOUR, interval: 'minute' as const })

describe('executions by time (spec 30 §6)', () => {
  test('an hour by minute has 61 rows, both ends among them, empty ones with zeros', async () => {
    const rows = await countExecutions(context, byMinute(ORGANIZATION))
    expect(rows).toHaveLength(61)
    expect(rows.slice(0, 3)).toEqual([
      { timestamp: '2026-11-01T10:00:00Z', count: 2 },
      { timestamp: '2026-11-01T10:01:00Z', count: 1 },
      { timestamp: '2026-11-01T10:02:00Z', count: 0 },
    ])
    expect(rows.at(-1)).toEqual({ timestamp: '2026-11-01T11:00:00Z', count: 1 })
    expect(asked.at(-1)).toEqual(['organization 3'])
  })

  test('of an account, and of one user', async () => {
    const total = async (scope: LogScope) =>
      (await countExecutions(context, byMinute(scope))).reduce((sum, { count }) => sum + count, 0)
    expect(await total(ORGANIZATION)).toBe(4)
    expect(await total(ACCOUNT)).toBe(3)
    expect(await total({ ...ACCOUNT, userId: 78 })).toBe(1)
    expect(await total({ organizationId: 4 })).toBe(1)
  })

  test('by status: those that were cancelled count in the total', async () => {
    const rows = await countStatuses(context, byMinute(ORGANIZATION))
    expect(rows[0]).toEqual({ timestamp: '2026-11-01T10:00:00Z', success: 1, failed: 1, total: 2 })
    expect(rows[2]).toEqual({ timestamp: '2026-11-01T10:02:00Z', success: 0, failed: 0, total: 0 })
    expect(rows.at(-1)).toEqual({ timestamp: '2026-11-01T11:00:00Z', success: 0, failed: 0, total: 1 })
  })

  test('by account', async () => {
    const rows = await countByAccount(context, { scope: ORGANIZATION, range: HOUR, interval: 'hour' })
    expect(rows).toEqual([
      {
        ...{ timestamp: '2026-11-01T10:00:00Z', total: 3 },
        records: [
          { accountId: 12, success: 1, failed: 1, count: 2 },
          { accountId: 13, success: 1, failed: 0, count: 1 },
        ],
      },
      {
        ...{ timestamp: '2026-11-01T11:00:00Z', total: 1 },
        records: [{ accountId: 12, success: 0, failed: 0, count: 1 }],
      },
    ])
  })

  test('by instance', async () => {
    const [row] = await countByInstance(context, { scope: ORGANIZATION, range: HOUR, interval: 'hour' })
    expect(row).toEqual({
      ...{ timestamp: '2026-11-01T10:00:00Z', total: 3 },
      records: [
        { instanceId: one, count: 2, success: 1, failed: 1 },
        { instanceId: two, count: 1, success: 1, failed: 0 },
      ],
    })
  })
})

describe('steps by time', () => {
  const measured = (scope: LogScope) => measureSteps(context, byMinute(scope))

  test('how long they took, waited, and what they came to: with sums and percentiles, hidden ones not', async () => {
    const row = (await measured(ACCOUNT))[10]
    expect(row).toMatchObject({ timestamp: '2026-11-01T10:10:00Z', count: 2 })
    expect(row?.executionTime).toEqual({
      ...{ avg: 200, sum: 400 },
      percentiles: { '1.0': 102, '5.0': 110, '25.0': 150, '50.0': 200, '75.0': 250, '95.0': 290, '99.0': 298 },
    })
    expect(row?.executionDelay).toMatchObject({ avg: 20, sum: 40, percentiles: { '50.0': 20 } })
    expect(row?.contextSize).toMatchObject({ avg: 2_000, sum: 4_000, percentiles: { '1.0': 1_020, '99.0': 2_980 } })
    expect((await measured(ORGANIZATION))[10]).toMatchObject({ count: 3, executionTime: { sum: 900 } })
  })

  test('one that is under way has no time yet', async () => {
    expect((await measured(ACCOUNT))[20]).toMatchObject({
      ...{ count: 1, executionTime: { avg: 0, sum: 0, percentiles: NUMBERS } },
      executionDelay: { avg: 7, sum: 7 },
    })
  })

  test('empty rows are there with zeros', async () => {
    const rows = await measured(ACCOUNT)
    expect(rows).toHaveLength(61)
    const nothing = { avg: 0, sum: 0, percentiles: NUMBERS }
    expect(rows[30]).toEqual({
      ...{ timestamp: '2026-11-01T10:30:00Z', count: 0 },
      ...{ executionTime: nothing, executionDelay: nothing, contextSize: nothing },
    })
  })

  test('of one user: those of his executions', async () => {
    const ofUser = await measured({ ...ACCOUNT, userId: 78 })
    expect(ofUser[10]?.count).toBe(0)
    expect(ofUser[0]?.count).toBe(1)
  })
})

test('how executions stand, by account', async () => {
  const none = { success: 0, failed: 0, pending: 0, queued: 0, cancelled: 0, canceled: 0, unknown: 0, retries: [] }
  const owner = {
    ...{ ...none, accountId: 12, success: 1, failed: 1, pending: 1, cancelled: 1, canceled: 1 },
    retries: [{ executionId: waiting, retry: 2 }],
  }
  expect(await statusesNow(context, ORGANIZATION, [12])).toEqual([owner, { ...none, accountId: 13, success: 1 }])
  expect(await statusesNow(context, ACCOUNT, [12])).toEqual([owner])
  expect(await statusesNow(context, { organizationId: 3, accountIds: [15] }, [15])).toEqual([
    { ...none, accountId: 15 },
  ])
})

describe('metrics', () => {
  const question = { range: HOUR, interval: 'hour' as const, by: 'account' as const }

  test('executions that began', async () => {
    const counts = await executionsStarted(context)({ ...question, scope: ORGANIZATION })
    expect(counts.map(({ ownerId, bucket, count }) => [ownerId, bucket.toISOString(), count])).toEqual([
      [12, '2026-11-01T10:00:00.000Z', 2],
      [12, '2026-11-01T11:00:00.000Z', 1],
      [13, '2026-11-01T10:00:00.000Z', 1],
    ])
  })
  test('instances that ran, the busiest first; one that is gone has no name', async () => {
    await insertExecution(store, NEIGHBOUR, { formulaId, formulaInstanceId: 99_999, created_at: minutes(5) })
    expect(await executionsByInstance(context, ORGANIZATION, HOUR)).toEqual([
      { instanceId: one, name: 'one', formulaId, count: 3 },
      { instanceId: two, name: 'two', formulaId, count: 1 },
      { instanceId: 99_999, name: '', formulaId, count: 1 },
    ])
    expect(await executionsByInstance(context, { ...ACCOUNT, userId: 78 }, HOUR)).toMatchObject([{ count: 1 }])
  })
})
