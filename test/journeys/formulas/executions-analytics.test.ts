import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import {
  administratorOf,
  insertExecution,
  insertFormulaInstance,
  insertRunFormula,
} from '../../support/insert-executions.ts'
import { addOrganization, addPerson, organizationSecretOf } from '../people.ts'

/** What executions of formulas add up to, as clients read it. */
let hub: TestHub
let owner: { organizationId: number; accountId: number; userId: number }
let formulaId: number
let instanceId: number
const now = new Date('2026-11-10T10:30:00.000Z')
const HOUR = 'from=2026-11-10T09:30:00.000Z&to=2026-11-10T10:30:00.000Z&interval=minute'
const NUMBERS = ['1.0', '5.0', '25.0', '50.0', '75.0', '95.0', '99.0']

beforeAll(async () => {
  hub = await startTestHub({}, { now: () => now })
  owner = await administratorOf(hub)
  const { store } = hub.hub
  formulaId = await insertRunFormula(store, owner, { name: 'Counted', created_at: now })
  instanceId = await insertFormulaInstance(store, owner, { formulaId, name: 'Counted one' })
  for (const status of ['success', 'success', 'failed'] as const)
    await insertExecution(store, owner, {
      ...{ formulaId, formulaInstanceId: instanceId, status, created_at: new Date(now.getTime() - 600_000) },
      steps: [{ name: 'one', type: 'script', outcome: {}, delay_ms: 4 }],
    })
})
afterAll(() => hub.close())

const get = (path: string, authorization?: string): Promise<Answer> =>
  hub.call('GET', path, authorization === undefined ? {} : { authorization })
// biome-ignore lint/suspicious/noExplicitAny: rows of every shape
const sum = (answer: Answer, of: (row: any) => number) =>
  answer.body.reduce((all: number, row: unknown) => all + of(row), 0)

describe.each([
  ['/formulas/analytics', ['timestamp', 'count']],
  ['/formulas/analytics/steps', ['timestamp', 'count', 'executionTime', 'executionDelay', 'contextSize']],
  ['/formulas/analytics/statuses', ['timestamp', 'success', 'failed', 'total']],
  ['/formulas/analytics/accounts', ['timestamp', 'total', 'records']],
  ['/formulas/analytics/instances', ['timestamp', 'total', 'records']],
])('%s', (path, keys) => {
  test('of the last seven days by day: 8 rows', async () => {
    const { status, body, headers } = await get(path)
    expect(status).toBe(200)
    expect(body).toHaveLength(8)
    expect(headers.get('elements-returned-count')).toBe('8')
    expect(body.map(({ timestamp }: { timestamp: string }) => timestamp.slice(0, 10))).toEqual(
      [3, 4, 5, 6, 7, 8, 9, 10].map((day) => `2026-11-${String(day).padStart(2, '0')}`),
    )
    for (const row of body) expect(Object.keys(row)).toEqual(keys)
  })
  test('of an hour by minute: 61 rows', async () => {
    const answer = await get(`${path}?${HOUR}`)
    expect(answer.body).toHaveLength(61)
    expect(sum(answer, ({ count, total }) => count ?? total)).toBe(path.endsWith('steps') ? 6 : 3)
  })
  test.each([
    ['an end before the beginning', 'from=2026-11-10T10:00:00Z&to=2026-11-10T09:00:00Z&interval=minute'],
    ['a day by second', 'from=2026-11-09T10:00:00Z&to=2026-11-10T10:00:00Z&interval=second'],
    ['an interval that there is not', 'interval=fortnight'],
    ['a date that is none', 'from=yesterday'],
  ])('%s: 400', async (_name, query) => {
    const { status, body } = await get(`${path}?${query}`)
    expect([status, Object.keys(body)]).toEqual([400, ['requestId', 'message']])
  })
})

test('the rows of an hour', async () => {
  const at = async (path: string) => (await get(`/formulas/analytics${path}?${HOUR}`)).body[50]
  const timestamp = '2026-11-10T10:20:00Z'
  expect(await at('')).toEqual({ timestamp, count: 3 })
  expect(await at('/statuses')).toEqual({ timestamp, success: 2, failed: 1, total: 3 })
  const counts = { count: 3, success: 2, failed: 1 }
  expect(await at('/accounts')).toEqual({ timestamp, total: 3, records: [{ accountId: owner.accountId, ...counts }] })
  expect(await at('/instances')).toEqual({ timestamp, total: 3, records: [{ instanceId, ...counts }] })
  const steps = await at('/steps')
  expect(steps).toMatchObject({ timestamp, count: 6, executionDelay: { avg: 2, sum: 12 } })
  for (const name of ['executionTime', 'executionDelay', 'contextSize'])
    expect([Object.keys(steps[name]), Object.keys(steps[name].percentiles).toSorted(bySize)]).toEqual([
      ['avg', 'sum', 'percentiles'],
      NUMBERS,
    ])
})

function bySize(a: string, b: string): number {
  return Number(a) - Number(b)
}

test('how executions stand, by account', async () => {
  const { status, body } = await get('/formulas/analytics/statuses/now')
  expect([status, body]).toEqual([
    200,
    [
      {
        ...{ accountId: owner.accountId, success: 2, failed: 1, pending: 0, queued: 0, cancelled: 0, canceled: 0 },
        ...{ unknown: 0, retries: [] },
      },
    ],
  ])
})

test('accounts of others are 403, whether or not they are there; everybody counts what he may see', async () => {
  const foreigner = await addOrganization(hub.hub.store, 'Foreigners')
  const neighbour = await addPerson(hub.hub.store, {
    ...{ organizationId: owner.organizationId, organizationSecret: organizationSecretOf(hub.authorization) },
    name: 'Neighbour',
  })
  for (const path of ['', '/steps', '/statuses', '/accounts', '/instances', '/statuses/now']) {
    const answer = (accountId: number, who?: string) => get(`/formulas/analytics${path}?accountIds[]=${accountId}`, who)
    expect((await answer(foreigner.accountId)).status, path).toBe(403)
    expect((await answer(99_999)).status, path).toBe(403)
    expect((await answer(owner.accountId, neighbour.authorization)).status, path).toBe(403)
    expect((await answer(neighbour.accountId)).status, path).toBe(200)
  }
  expect(sum(await get('/formulas/analytics', neighbour.authorization), ({ count }) => count)).toBe(0)
})

test('metrics and the usage of instances', async () => {
  const counts = async (name: string) =>
    (await get(`/metrics/${name}?from=2026-11-10&to=2026-11-11&interval=day`)).body.map(
      ({ id, count }: { id: number; count: number }) => [id, count],
    )
  expect(await counts('formula-executions')).toEqual([[owner.accountId, 3]])
  expect(await counts('formulas-created')).toEqual([[owner.accountId, 1]])
  const path = '/usage/analytics/activity/formula-instances'
  expect((await get(`${path}?from=2026-11-10&to=2026-11-11`)).body).toEqual({
    usage: [{ instanceId, name: 'Counted one', formulaId, count: 3 }],
  })
  expect((await get(`${path}?from=2026-11-08&to=2026-11-09`)).body).toEqual({ usage: [] })
})
