import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { elementRequest, type Formulas, formulasOf, type Run, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople } from '../../support/people.ts'

/** Counts of executions and steps, audit, usage, cross references (spec 30 §1.5, §6). */
let hub: TestHub
let formulas: Formulas
let good: Run
let bad: Run
let accountId: number
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  good = await formulas.run({ steps: { a: script('done()'), b: script('done()') } })
  await formulas.runAgain(good)
  bad = await formulas.run({ steps: { a: script("throw('x')") } })
  accountId = good.formula.accountId
})
afterAll(() => hub.close())

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Body = any
const ok = async (path: string): Promise<Body> => expectOk(await formulas.call('GET', path)).body
const sum = (entries: Body[], name: string) => entries.reduce((total, entry) => total + entry[name], 0)
const range = (fromMs: number, toMs: number) =>
  `from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`
/** around now, whatever the buckets begin with */
const around = () => range(Date.now() - 3_600_000, Date.now() + 60_000)
const LISTS = ['', '/steps', '/statuses', '/accounts', '/instances']

describe('30 §6: analytics', () => {
  test.each(LISTS)('/formulas/analytics%s: the last 7 days by day are 8 entries', async (path) => {
    const entries = await ok(`/formulas/analytics${path}`)
    expect(entries).toHaveLength(8)
    for (const entry of entries) expect(entry).toHaveProperty('timestamp')
  })

  test('one hour by minute is 61 entries, empty ones with zeros', async () => {
    const from = Date.now() - 3_600_000 * 5
    const entries = await ok(`/formulas/analytics?${range(from, from + 3_600_000)}&interval=minute`)
    expect(entries).toHaveLength(61)
    expect(sum(entries, 'count')).toBe(0)
  })

  test('executions, by status', async () => {
    expect(sum(await ok(`/formulas/analytics?${around()}&interval=hour`), 'count')).toBe(3)
    const statuses = await ok(`/formulas/analytics/statuses?${around()}&interval=hour`)
    expect([sum(statuses, 'success'), sum(statuses, 'failed'), sum(statuses, 'total')]).toEqual([2, 1, 3])
  })

  test('steps, with times and sizes', async () => {
    const entries = await ok(`/formulas/analytics/steps?${around()}&interval=hour`)
    // three triggers and three scripts; whether a trigger is a step here, nobody says
    expect([3, 6]).toContain(sum(entries, 'count'))
    const busy = entries.find(({ count }: { count: number }) => count > 0)
    for (const name of ['executionTime', 'executionDelay', 'contextSize']) {
      expect(busy[name]).toMatchObject({ avg: expect.any(Number), sum: expect.any(Number) })
      expect(Object.keys(busy[name].percentiles).toSorted((a, b) => Number(a) - Number(b))).toEqual([
        ...['1.0', '5.0', '25.0', '50.0', '75.0', '95.0', '99.0'],
      ])
    }
  })

  test('by account and by instance', async () => {
    const accounts = await ok(`/formulas/analytics/accounts?${around()}&interval=hour`)
    const records = accounts.flatMap((entry: Body) => entry.records).filter((one: Body) => one.accountId === accountId)
    expect([sum(records, 'success'), sum(records, 'failed'), sum(records, 'count')]).toEqual([2, 1, 3])
    const instances = await ok(`/formulas/analytics/instances?${around()}&interval=hour`)
    const counts = instances.flatMap((entry: Body) => entry.records)
    expect(
      sum(
        counts.filter((one: Body) => one.instanceId === good.instance.id),
        'count',
      ),
    ).toBe(2)
    expect(
      sum(
        counts.filter((one: Body) => one.instanceId === bad.instance.id),
        'count',
      ),
    ).toBe(1)
  })

  test('statuses/now', async () => {
    const now = await ok('/formulas/analytics/statuses/now')
    expect(now.find((one: Body) => one.accountId === accountId)).toMatchObject({
      ...{ accountId, success: expect.any(Number), failed: expect.any(Number), pending: 0, queued: 0 },
      ...{ cancelled: 0, canceled: 0, unknown: 0, retries: [] },
    })
  })

  test('accountIds[]: the own one is taken, a foreign one is 403', async () => {
    const own = await ok(`/formulas/analytics?${around()}&interval=hour&accountIds[]=${accountId}`)
    expect(sum(own, 'count')).toBe(3)
    const people = await meetPeople(hub)
    const stranger = await people.signUp('Strangers')
    for (const path of [...LISTS, '/statuses/now'])
      expectError(
        await formulas.call('GET', `/formulas/analytics${path}?accountIds[]=${stranger.defaultAccount.id}`),
        403,
      )
    const theirs = formulasOf(hub, stranger.admin.authorization)
    expect(sum(expectOk(await theirs.call('GET', '/formulas/analytics')).body, 'count')).toBe(0)
  })

  test('`to` before `from`, too many buckets, an interval that is none: 400', async () => {
    const day = 86_400_000
    for (const path of LISTS)
      for (const query of [
        range(Date.now(), Date.now() - day),
        `${range(Date.now() - day, Date.now())}&interval=second`,
        'interval=fortnight',
      ])
        expectError(await formulas.call('GET', `/formulas/analytics${path}?${query}`), 400)
  })

  test.each(['year', 'quarter', 'month', 'week', 'day', 'hour'])('interval %s', async (interval) => {
    const entries = await ok(`/formulas/analytics?${around()}&interval=${interval}`)
    expect(entries.length).toBeGreaterThan(0)
    expect(sum(entries, 'count')).toBe(3)
  })
})

describe('30 §1.5: audit, usage, metrics', () => {
  test('audit logs of a formula, of its parts, of instances', async () => {
    const made = await formulas.make({ config: { flag: 'value?' }, steps: { a: script('done()') } })
    const [step] = made.steps
    expectOk(
      await formulas.call('PUT', `/formulas/${made.id}/steps/${step.id}`, { ...step, properties: { body: 'done(1)' } }),
    )
    expectOk(await formulas.call('PATCH', `/formulas/${made.id}`, { description: 'changed' }))
    const instance = await formulas.bind(made)
    expect(JSON.stringify(await ok('/audit-logs/formulas?pageSize=200'))).toContain(String(made.id))
    expect((await ok(`/audit-logs/formulas/${made.id}`)).length).toBeGreaterThanOrEqual(2)
    expect((await ok(`/audit-logs/formulas/${step.id}`)).length).toBeGreaterThanOrEqual(1)
    expect(JSON.stringify(await ok('/audit-logs/formula-instances?pageSize=200'))).toContain(String(instance.id))
  })

  test('usage of instances', async () => {
    const used = await ok(`/usage/analytics/activity/formula-instances?${around()}`)
    expect(used.usage).toBeInstanceOf(Array)
    const { instancesCreatedCount } = await ok(`/usage/analytics/activity/formula-instances/created-count?${around()}`)
    expect(instancesCreatedCount).toBeGreaterThanOrEqual(2)
    const long = range(Date.parse('2019-01-01'), Date.parse('2019-02-01'))
    expect(await ok(`/usage/analytics/activity/formula-instances?${long}`)).toEqual({ usage: [] })
  })

  test('metrics of executions and of formulas', async () => {
    for (const name of ['formula-executions', 'formulas-created']) {
      const answer = expectOk(await formulas.call('GET', `/metrics/${name}?${around()}&interval=hour`))
      expect(answer.text).toMatch(/[1-9]/)
    }
  })

  test('usages of a common resource: whole segments of the paths of steps', async () => {
    const name = 'my-things'
    const fields = [{ type: 'string', path: 'id' }]
    expectOk(await formulas.call('POST', `/organizations/objects/${name}/definitions`, { fields }))
    const paths = [
      '/my-things',
      ' /hubs/crm/my-things/${config.id} ',
      'my-things?where=x',
      '/my-things-2',
      '/not/mythings',
    ]
    const made = await formulas.make({
      name: 'Uses things',
      steps: Object.fromEntries(paths.map((path, index) => [`s${index}`, elementRequest(`GET ${path}`)])),
    })
    const { formulaUsages } = await ok(`/common-resources/${name}/usages`)
    expect(formulaUsages).toEqual([{ formulaId: made.id, formulaName: 'Uses things', usageCount: expect.any(Number) }])
    expect(formulaUsages[0].usageCount).toBeGreaterThanOrEqual(2)
    expect(formulaUsages[0].usageCount).toBeLessThanOrEqual(3)
  })
})
