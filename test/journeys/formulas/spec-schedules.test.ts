import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { SCHEDULES_TOPIC } from '../../../src/schedules/put-schedule.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople } from '../../support/people.ts'

/** Formulas by the clock: their jobs and their executions (spec 30 §3.5, 32 §2 and scenario 16). */
let hub: TestHub
let formulas: Formulas
let formula: { id: number; triggers: { id: number }[] } & Record<string, unknown>
beforeAll(async () => {
  hub = await startTestHub({}, { clockEveryMs: 20 })
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(() => hub.close())
beforeEach(async () => {
  formula = await formulas.make({ trigger: nightly, steps: { a: script('done({ type: trigger.type })') } })
})

const CRON = '0 0 2 1/1 * ? *'
const nightly = { type: 'scheduled', properties: { cron: CRON } }
// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const ok = async (method: string, path: string, body?: unknown): Promise<any> =>
  expectOk(await formulas.call(method, path, body)).body

interface Job {
  id: string
  description: string
  trigger: { state: string; nextFireTime: number }
}
const jobsOf = async (id: number): Promise<Job[]> =>
  (await ok('GET', '/jobs')).filter(({ description }: Job) =>
    new RegExp(`formula ${formula.id}, instance ${id}\\b`).test(description),
  )
async function expectJobs(...given: [id: number, count: number][]): Promise<void> {
  for (const [id, count] of given) expect(await jobsOf(id), `jobs of instance ${id}`).toHaveLength(count)
}

describe('30 §3.5, scenario 16: one job for each active instance of an active template', () => {
  test('an active instance of an active template', async () => {
    const { id } = await formulas.bind(formula)
    const [job] = await jobsOf(id)
    expect(job?.trigger.state).toBe('NORMAL')
    const next = new Date(job?.trigger.nextFireTime ?? 0)
    expect([next.getUTCHours(), next.getUTCMinutes()]).toEqual([2, 0])
    await expectJobs([id, 1])
  })

  test('none when one of both is not active at creation', async () => {
    const asleep = await formulas.bind(formula, {}, { active: false })
    await ok('PATCH', `/formulas/${formula.id}`, { active: false })
    const awake = await formulas.bind(formula)
    await expectJobs([asleep.id, 0], [awake.id, 0])
  })

  test('deactivated and activated, by the path and by PUT', async () => {
    const { id } = await formulas.bind(formula)
    const path = `/formulas/${formula.id}/instances/${id}`
    for (const [method, where, body, count] of [
      ['DELETE', '/active', undefined, 0],
      ['PUT', '/active', undefined, 1],
      ['PUT', '', { active: false }, 0],
      ['PUT', '', { active: true }, 1],
    ] as const) {
      await ok(method, `${path}${where}`, body)
      await expectJobs([id, count])
    }
  })

  test('the template goes off and on: jobs of all active instances', async () => {
    const [one, two, off] = [
      await formulas.bind(formula),
      await formulas.bind(formula),
      await formulas.bind(formula, {}, { active: false }),
    ]
    await ok('PUT', `/formulas/${formula.id}`, { name: formula['name'], active: false })
    await expectJobs([one.id, 0], [two.id, 0], [off.id, 0])
    await ok('PUT', `/formulas/${formula.id}`, { name: formula['name'], active: true })
    await expectJobs([one.id, 1], [two.id, 1], [off.id, 0])
  })

  test('the trigger becomes manual and scheduled again', async () => {
    const { id } = await formulas.bind(formula)
    const [trigger] = formula.triggers
    const path = `/formulas/${formula.id}/triggers/${trigger?.id}`
    await ok('PUT', path, { ...trigger, type: 'manual' })
    await expectJobs([id, 0])
    await ok('PUT', path, { ...trigger, type: 'scheduled' })
    await expectJobs([id, 1])
  })

  test('another cron is another time', async () => {
    const { id } = await formulas.bind(formula)
    const [trigger] = formula.triggers
    const properties = { cron: '0 30 5 1/1 * ? *' }
    await ok('PUT', `/formulas/${formula.id}/triggers/${trigger?.id}`, { ...trigger, properties })
    const [job, ...others] = await jobsOf(id)
    expect(others).toEqual([])
    expect(new Date(job?.trigger.nextFireTime ?? 0).getUTCHours()).toBe(5)
  })

  test('a deleted instance has none', async () => {
    const { id } = await formulas.bind(formula)
    await ok('DELETE', `/formulas/${formula.id}/instances/${id}`)
    await expectJobs([id, 0])
  })

  test('the owner is deactivated: none', async () => {
    const people = await meetPeople(hub)
    const user = await people.addUser(people.first, people.first.accountId)
    const { id } = await formulasOf(hub, user.authorization).bind(formula)
    await expectJobs([id, 1])
    await ok('PATCH', `/users/${user.id}`, { active: false })
    await expectJobs([id, 0])
  })

  test('the cron is a value of the instance; another value is another time', async () => {
    formula = await formulas.make({
      config: { cron: 'value' },
      trigger: { type: 'scheduled', properties: { cron: '${config.cron}' } },
      steps: { a: script('done()') },
    })
    const { id } = await formulas.bind(formula, { cron: '0 0 3 1/1 * ? *' })
    const hour = async () => new Date((await jobsOf(id))[0]?.trigger.nextFireTime ?? 0).getUTCHours()
    expect(await hour()).toBe(3)
    await ok('PUT', `/formulas/${formula.id}/instances/${id}`, { configuration: { cron: '0 0 4 1/1 * ? *' } })
    expect(await hour()).toBe(4)
    await expectJobs([id, 1])
  })

  test('33 §1.5: such a job cannot be rescheduled', async () => {
    const { id } = await formulas.bind(formula)
    const [job] = await jobsOf(id)
    const body = { trigger: { cron: '0 0 5 1/1 * ? *' } }
    expectError(await formulas.call('PATCH', `/jobs/${job?.id}/reschedule`, body), 400, 403, 409)
    expect(new Date((await jobsOf(id))[0]?.trigger.nextFireTime ?? 0).getUTCHours()).toBe(2)
  })
})

describe('32 §2: executions by the clock', () => {
  /** What the clock finds due at its next look. */
  async function makeDue(instanceId: number): Promise<void> {
    const { rows } = await hub.hub.store.changes.transaction(async (trx, publish) => {
      publish({ topic: SCHEDULES_TOPIC, key: '' })
      return sql`update schedules set next_run_at = now()
        where kind = 'formula' and reference = ${String(instanceId)} returning id`.execute(trx)
    })
    expect(rows).toHaveLength(1)
  }

  /** A schedule that is due again while its run is under way has missed that. */
  const runEnded = (instanceId: number) =>
    vi.waitFor(
      async () => {
        const { rows } = await sql`select 1 from schedules
          where kind = 'formula' and reference = ${String(instanceId)} and run_id is null and due_at is null`.execute(
          hub.hub.store.db,
        )
        expect(rows).toHaveLength(1)
      },
      { timeout: 10_000, interval: 20 },
    )

  test('one for each firing; trigger.type is scheduled', async () => {
    const { id } = await formulas.bind(formula)
    await makeDue(id)
    const [first] = await formulas.executions(id, 1)
    expect(first.status).toBe('success')
    const { names, value } = await formulas.read(first.id)
    expect(names).toEqual(['trigger', 'a'])
    expect([value('trigger.type'), value('a.type')]).toEqual(['scheduled', 'scheduled'])
    await runEnded(id)
    await makeDue(id)
    expect(await formulas.executions(id, 2)).toHaveLength(2)
    await expectJobs([id, 1])
  })

  test('scenario 14: POST {} starts one that looks like it', async () => {
    const { id } = await formulas.bind(formula)
    const started = await formulas.start(id, {})
    expect(started).toHaveLength(1)
    const { value, status } = await formulas.read(started[0] as number)
    expect([status, value('trigger.type')]).toEqual(['success', 'scheduled'])
  })
})
