import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, type FormulaText, formulasOf, script, step, storyOf } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Executions that run again: by the API, by `retryFormulaExecution` (spec 32 §7 and scenario 17, 31 §3.11). */
let hub: TestHub
let formulas: Formulas
let later = 0
beforeAll(async () => {
  hub = await startTestHub({}, { now: () => new Date(Date.now() + later), clockEveryMs: 20 })
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(() => hub.close())

const retries = (id: number) => `/formulas/instances/executions/${id}/retries`

describe('32 §7, scenario 17: PUT …/retries', () => {
  test('a new execution with the same trigger data; the old one stays', async () => {
    const first = await formulas.run({ steps: { a: script('done({ got: trigger.args.n })') } }, { args: { n: 'x' } })
    const again = expectOk(await formulas.call('PUT', retries(first.execution.id), {})).body
    const [{ id }] = [again].flat()
    expect(id).not.toBe(first.execution.id)
    const second = await formulas.read(id)
    expect([second.value('a.got'), second.value('trigger.args')]).toEqual(['x', '{"n":"x"}'])
    expect(await formulas.executions(first.instance.id, 2)).toHaveLength(2)
    expectOk(await formulas.call('PUT', retries(id)))
    expect(await formulas.executions(first.instance.id, 3)).toHaveLength(3)
  })

  test('of a failed one that would do better now', async () => {
    const first = await formulas.run(
      { config: { fail: 'value' }, steps: { a: script("if (config.fail === 'yes') throw('no')\ndone({ ok: 1 })") } },
      { configuration: { fail: 'yes' } },
    )
    expect(first.status).toBe('failed')
    const path = `/formulas/${first.formula.id}/instances/${first.instance.id}`
    expectOk(await formulas.call('PUT', path, { configuration: { fail: 'no' } }))
    const [{ id }] = [expectOk(await formulas.call('PUT', retries(first.execution.id), {})).body].flat()
    expect((await formulas.read(id)).status).toBe('success')
  })

  test('an unknown one is 404', async () => {
    expectError(await formulas.call('PUT', retries(999999999), {}), 404)
    expectError(await formulas.call('DELETE', retries(999999999)), 404)
  })
})

/** What waits for its time finds that it has come. */
async function passMinutes(minutes: number): Promise<void> {
  later += minutes * 60_000
  await vi
    .waitFor(
      async () => {
        const { numAffectedRows } = await sql`update valence_jobs.job set start_after = now() - interval '1 second'
        where name like 'formulas%' and state < 'active' and start_after > now()`.execute(hub.hub.store.db)
        expect(Number(numAffectedRows)).toBeGreaterThan(0)
      },
      { timeout: 2_000, interval: 20 },
    )
    .catch(() => undefined)
  // work of today makes the queue look at its jobs
  await formulas.run({ steps: { a: script('done()') } })
}

const twice = (engine: 'v1' | 'v3'): FormulaText => ({
  engine,
  steps: {
    a: script('done({ attempt: trigger.retryAttemptNumber, parent: trigger.retryParentExecution })', 'again'),
    again: step('retryFormulaExecution', { retryAttempts: '1' }),
  },
})

describe('31 §3.11: retryFormulaExecution', () => {
  test('v3: in the same execution, 5 step executions, the last one failed; in less than 2 minutes', async () => {
    const formula = await formulas.make(twice('v3'))
    const instance = await formulas.bind(formula)
    const [id = 0] = await formulas.start(instance.id, { given: 1 })
    await vi.waitFor(async () => expect(await formulas.visits(id)).toHaveLength(3), { timeout: 5_000, interval: 20 })
    expect((await formulas.call('GET', `/formulas/instances/executions/${id}`)).body.status).toBe('pending')
    await passMinutes(2)
    const { visits, status, execution } = await formulas.read(id)
    expect(storyOf(visits)).toEqual(['trigger:success', 'a:success', 'again:success', 'a:success', 'again:failed'])
    expect(visits.at(-1)?.values['again.attempt']).toBe('1')
    expect(visits[2]?.values['again.attempt']).toMatch(/^[01]$/)
    expect(status).toBe('failed')
    expect(execution.id).toBe(id)
    expect(visits.findLast(({ name }) => name === 'a')?.values['a.attempt']).toBe('1')
    expect((await formulas.executions(instance.id, 1)).length).toBe(1)
  })

  test('v1: status retry, the time in the error; later a new execution with the same trigger data', async () => {
    const { visits, status, value, instance, execution } = await formulas.run(twice('v1'), { args: { given: 1 } })
    expect(visits).toHaveLength(3)
    expect(status).toBe('retry')
    expect(storyOf(visits).at(-1)).toBe('again:success')
    expect(value('again.error')).toMatch(/scheduled for retry at approximately/)
    await passMinutes(4)
    const [newer] = await formulas.executions(instance.id, 2)
    const second = await formulas.read(newer.id)
    expect(second.execution.id).not.toBe(execution.id)
    expect(second.json('trigger.args')).toEqual({ given: 1 })
    expect([second.value('a.attempt'), second.value('a.parent')]).toEqual(['1', String(execution.id)])
    expect([storyOf(second.visits).at(-1), second.status]).toEqual(['again:failed', 'failed'])
  })

  test('32 §7: a waiting retry is dropped', async () => {
    const { status, execution, instance } = await formulas.run(twice('v1'))
    expect(status).toBe('retry')
    expectOk(await formulas.call('DELETE', retries(execution.id)))
    await passMinutes(10)
    expect(await formulas.executions(instance.id, 1)).toHaveLength(1)
    const { status: now } = (await formulas.call('GET', `/formulas/instances/executions/${execution.id}`)).body
    expect(now).not.toBe('retry')
  })
})
