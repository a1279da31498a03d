import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { addOrganization, addPerson, organizationSecretOf, type Person } from '../people.ts'
import { adminOf, type Owner, writeUsage } from './usage-hub.ts'

/** `/usage/analytics/…` and `/metrics/…` (spec 41 §7.3, §8). */
let hub: TestHub
let admin: Owner
let member: Person
let stranger: Person

const DAY_MS = 86_400_000
/** midnight three days ago */
const day = Math.floor(Date.now() / DAY_MS) * DAY_MS - 3 * DAY_MS
const at = (hour: number, minute = 0) => new Date(day + hour * 3_600_000 + minute * 60_000)
const iso = (hour: number, minute = 0) => at(hour, minute).toISOString()
const seconds = (hour: number) => `${iso(hour).slice(0, 19)}Z`

beforeAll(async () => {
  hub = await startTestHub()
  const { store } = hub.hub
  admin = await adminOf(hub)
  const organizationSecret = organizationSecretOf(hub.authorization)
  member = await addPerson(store, { ...admin, organizationSecret, name: 'Second Account' })
  stranger = await addOrganization(store, 'Elsewhere')
  const base = { element_key: 'base', hub: 'crm', instance_id: 7, instance_name: 'North' }
  await writeUsage(hub, admin, [
    { ...base, traffic_date: at(1), process_ms: 10 },
    { ...base, traffic_date: at(1, 59), process_ms: 25, status: 500 },
    { ...base, traffic_date: at(1, 20), process_ms: 30, instance_id: 8, instance_name: 'South' },
    { traffic_date: at(1, 10), process_ms: 1 },
    { ...base, traffic_date: at(3), element_key: 'timestamp', hub: 'odd', instance_id: 9, instance_name: 'Odd' },
    {
      ...base,
      traffic_date: at(3),
      element_key: 'count',
      hub: 'odd',
      instance_id: 10,
      instance_name: 'Odder',
      common_resource: true,
    },
  ])
  await writeUsage(hub, member, [
    { ...base, traffic_date: at(3), instance_id: 11, instance_name: 'Theirs', status: 404 },
  ])
  await writeUsage(hub, stranger, Array(50).fill({ ...base, traffic_date: at(1) }))
})
afterAll(() => hub.close())

const hours = `from=${iso(1)}&to=${iso(4)}&interval=hour`
const get = (path: string, person?: Person) => hub.call('GET', path, person && { authorization: person.authorization })
const ok = async (path: string, person?: Person) => {
  const answer = await get(path, person)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

describe('analytics', () => {
  test('how many calls', async () => {
    expect(await ok(`/usage/analytics/activity?${hours}`)).toEqual([
      { timestamp: iso(1), count: 4 },
      { timestamp: iso(2), count: 0 },
      { timestamp: iso(3), count: 3 },
      { timestamp: iso(4), count: 0 },
    ])
  })

  test('lists say how many rows they have', async () => {
    for (const path of ['activity', 'activity/elements', 'times', 'statuses']) {
      const { headers } = await get(`/usage/analytics/${path}?${hours}`)
      expect(headers.get('elements-returned-count'), path).toBe('4')
    }
  })

  test('by element; calls of the platform are none', async () => {
    expect(await ok(`/usage/analytics/activity/elements?${hours}`)).toEqual([
      { timestamp: iso(1), count: 3, base: 3 },
      { timestamp: iso(2), count: 0 },
      // two elements are called like the members that every row has
      { timestamp: iso(3), count: 3, base: 1 },
      { timestamp: iso(4), count: 0 },
    ])
  })

  test('how long they took', async () => {
    expect(await ok(`/usage/analytics/times?${hours}`)).toEqual([
      { timestamp: iso(1), count: 4, min: 1, max: 30, avg: 16.5 },
      { timestamp: iso(2), count: 0 },
      { timestamp: iso(3), count: 3, min: 10, max: 10, avg: 10 },
      { timestamp: iso(4), count: 0 },
    ])
  })

  test('how many failed', async () => {
    expect(await ok(`/usage/analytics/statuses?${hours}`)).toEqual([
      { timestamp: iso(1), count: 4, success: 3, failed: 1 },
      { timestamp: iso(2), count: 0, success: 0, failed: 0 },
      { timestamp: iso(3), count: 3, success: 2, failed: 1 },
      { timestamp: iso(4), count: 0, success: 0, failed: 0 },
    ])
  })

  test('by instance, the busiest first', async () => {
    expect(await ok(`/usage/analytics/activity/element-instances?from=${iso(1)}&to=${iso(4)}`)).toEqual({
      usage: [
        { instanceId: 7, name: 'North', elementKey: 'base', count: 2 },
        { instanceId: 8, name: 'South', elementKey: 'base', count: 1 },
        { instanceId: 9, name: 'Odd', elementKey: 'timestamp', count: 1 },
        { instanceId: 10, name: 'Odder', elementKey: 'count', count: 1 },
        { instanceId: 11, name: 'Theirs', elementKey: 'base', count: 1 },
      ],
    })
  })

  test('a minute of an hour each: 61 rows', async () => {
    const rows = await ok(`/usage/analytics/activity?from=${iso(1)}&to=${iso(2)}&interval=minute`)
    expect(rows).toHaveLength(61)
    expect(rows.filter(({ count }: { count: number }) => count > 0)).toEqual(
      [0, 10, 20, 59].map((minute) => ({ timestamp: iso(1, minute), count: 1 })),
    )
  })

  test('without an interval one is chosen', async () => {
    const rows = await ok(`/usage/analytics/activity?from=${iso(0)}&to=${iso(24)}`)
    expect(rows).toHaveLength(25)
    expect(rows[1]).toEqual({ timestamp: iso(1), count: 4 })
  })

  for (const interval of ['day', 'week', 'month', 'quarter', 'year']) {
    test(`by ${interval} nothing is lost`, async () => {
      const rows: { timestamp: string; count: number }[] = await ok(
        `/usage/analytics/activity?from=${iso(0)}&to=${iso(24)}&interval=${interval}`,
      )
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(7)
      expect(rows.every(({ timestamp }) => timestamp.endsWith('T00:00:00.000Z'))).toBe(true)
    })
  }

  test('of one account, of one’s own', async () => {
    const counts = async (query: string, person?: Person) =>
      (await ok(`/usage/analytics/activity?${hours}${query}`, person)).map(({ count }: { count: number }) => count)
    expect(await counts(`&accountIds[]=${member.accountId}`)).toEqual([0, 0, 1, 0])
    expect(await counts('', member)).toEqual([0, 0, 1, 0])
    expect(await counts('', stranger)).toEqual([50, 0, 0, 0])
    expect((await get(`/usage/analytics/activity?${hours}&accountIds[]=${stranger.accountId}`)).status).toBe(403)
    expect((await get(`/usage/analytics/statuses?${hours}&accountIds[]=0`)).status).toBe(403)
  })

  const FUTURE = 'from=2999-01-01&to=2999-01-02'
  test('a time without calls', async () => {
    for (const path of ['times', 'statuses']) {
      const answer = await get(`/usage/analytics/${path}?${FUTURE}`)
      expect([answer.status, answer.body.message], path).toEqual([404, 'No usage logs found'])
    }
    expect(await ok(`/usage/analytics/activity?${FUTURE}&interval=day`)).toEqual([
      { timestamp: '2999-01-01T00:00:00.000Z', count: 0 },
      { timestamp: '2999-01-02T00:00:00.000Z', count: 0 },
    ])
    for (const kind of ['element-instances', 'formula-instances']) {
      expect(await ok(`/usage/analytics/activity/${kind}?${FUTURE}`)).toEqual({ usage: [] })
      expect(await ok(`/usage/analytics/activity/${kind}/created-count?${FUTURE}`)).toEqual({
        instancesCreatedCount: 0,
      })
    }
  })

  for (const path of ['times', 'statuses', 'activity', 'activity/elements']) {
    test(`400: ${path}`, async () => {
      for (const [query, message] of [
        ['', 'from is required'],
        [`from=${iso(1)}`, 'to is required'],
        [`to=${iso(1)}`, 'from is required'],
        [`from=${iso(2)}&to=${iso(1)}`, 'later than to'],
        [`from=${iso(0)}&to=${iso(24)}&interval=second`, '86401 rows by second'],
        [`from=${iso(0)}&to=${iso(24)}&interval=fortnight`, 'interval: expected one of'],
        ['from=yesterday&to=today', 'from: expected a date'],
      ] as const) {
        const answer = await get(`/usage/analytics/${path}?${query}`)
        expect(answer.status, query).toBe(400)
        expect(answer.body.message).toContain(message)
      }
    })
  }
})

describe('what was made', () => {
  const today = () =>
    `from=${new Date(Date.now() - DAY_MS).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`
  beforeAll(async () => {
    const { id } = await hub.provisionBase({ name: 'Stays' })
    const gone = await hub.provisionBase({ name: 'Goes' })
    expect((await hub.call('DELETE', `/instances/${gone.id}`)).status).toBe(200)
    expect(id).toBeGreaterThan(0)
    expect((await hub.call('POST', '/hubs', { body: { name: 'Own Hub', key: 'ownhub' } })).status).toBe(200)
    expect((await hub.call('POST', '/elements/base/clone', { body: {} })).status).toBe(200)
  })

  test('instances, deleted ones too', async () => {
    const path = '/usage/analytics/activity/element-instances/created-count'
    expect(await ok(`${path}?${today()}`)).toEqual({ instancesCreatedCount: 2 })
    expect(await ok(`${path}?${today()}`, stranger)).toEqual({ instancesCreatedCount: 0 })
  })

  for (const [name, details] of [
    ['element-instances-created', [{ elementKey: 'base', count: 2 }]],
    ['hubs-created', [{ hub: 'ownhub', count: 1 }]],
    ['elements-created', undefined],
  ] as const) {
    test(`/metrics/${name}`, async () => {
      const [mine, ...others] = await ok(`/metrics/${name}?${today()}&interval=year`)
      expect(others).toEqual([])
      const count = details?.[0].count ?? 1
      expect(mine).toMatchObject({ id: admin.accountId, interval: 'year', count })
      expect(mine.metrics).toEqual([
        { timestamp: expect.stringMatching(/^\d{4}-01-01T00:00:00Z$/), count, ...(details ? { details } : {}) },
      ])
      expect(await ok(`/metrics/${name}?${today()}`, stranger)).toMatchObject([{ count: 0, metrics: [] }])
    })
  }

  for (const name of ['bulk-jobs', 'events', 'formula-executions', 'formulas-created', 'vdrs-created']) {
    test(`/metrics/${name}: there are none`, async () => {
      expect(await ok(`/metrics/${name}?${today()}`)).toMatchObject([{ id: admin.accountId, count: 0, metrics: [] }])
    })
  }
})

describe('metrics', () => {
  test('calls by account, platform and hub', async () => {
    expect(await ok(`/metrics/api?${hours}`)).toEqual([
      {
        id: admin.accountId,
        interval: 'hour',
        count: 6,
        metrics: [
          {
            timestamp: seconds(1),
            count: 4,
            details: [
              { type: 'hub', count: 3 },
              { type: 'platform', count: 1 },
            ],
          },
          { timestamp: seconds(3), count: 2, details: [{ type: 'hub', count: 2 }] },
        ],
      },
      {
        id: member.accountId,
        interval: 'hour',
        count: 1,
        metrics: [{ timestamp: seconds(3), count: 1, details: [{ type: 'hub', count: 1 }] }],
      },
    ])
  })

  test('by organization, with empty intervals', async () => {
    expect(await ok(`/metrics/hub-api?${hours}&agg=org&emptyIntervals=true`)).toEqual([
      {
        id: admin.organizationId,
        interval: 'hour',
        count: 6,
        metrics: [
          { timestamp: seconds(1), count: 3, details: [{ hub: 'crm', count: 3 }] },
          { timestamp: seconds(2), count: 0, details: [] },
          {
            timestamp: seconds(3),
            count: 3,
            details: [
              { hub: 'crm', count: 1 },
              { hub: 'odd', count: 2 },
            ],
          },
          { timestamp: seconds(4), count: 0, details: [] },
        ],
      },
    ])
  })

  test('common resources', async () => {
    expect(await ok(`/metrics/vdrs-invoked?${hours}`)).toMatchObject([
      { id: admin.accountId, count: 1, metrics: [{ timestamp: seconds(3), count: 1 }] },
    ])
  })

  test('external ids', async () => {
    await sql`update accounts set external_id = 'acme' where id = ${member.accountId}`.execute(hub.hub.store.db)
    expect(await ok(`/metrics/api?${hours}&accountIds[]=${member.accountId}`)).toMatchObject([
      { id: member.accountId, externalId: 'acme', count: 1 },
    ])
  })

  test('pages of accounts', async () => {
    const first = await get(`/metrics/api?${hours}&pageSize=1`)
    expect(first.body.map(({ id }: { id: number }) => id)).toEqual([admin.accountId])
    expect(first.headers.get('elements-total-count')).toBe('2')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const second = await get(`/metrics/api?${hours}&nextPage=${token}`)
    expect(second.body.map(({ id }: { id: number }) => id)).toEqual([member.accountId])
    expect(second.headers.has('elements-next-page-token')).toBe(false)
  })

  test('a member sees his account', async () => {
    expect(await ok(`/metrics/api?${hours}`, member)).toMatchObject([{ id: member.accountId, count: 1 }])
  })

  for (const [query, status] of [
    [() => `orgIds[]=${admin.organizationId}&customerIds[]=${admin.organizationId}`, 200],
    [() => `orgIds[]=${stranger.organizationId}`, 403],
    [() => `customerIds[]=${stranger.organizationId}`, 403],
    [() => `accountIds[]=${stranger.accountId}`, 403],
    [() => 'agg=planet', 400],
    [() => 'from=2019-01-02&to=2019-01-01', 400],
    [() => 'interval=second', 400],
  ] as const) {
    test(`${status}: ${String(query)}`, async () => {
      expect((await get(`/metrics/api?${query()}`)).status).toBe(status)
    })
  }
})
