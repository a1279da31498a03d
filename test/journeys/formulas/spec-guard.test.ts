import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Instances that only fail are warned of, then switched off (spec 32 §8.2, scenario 18). */
let hub: TestHub
let formulas: Formulas
let formula: { id: number }
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  await formulas.warm()
  formula = await formulas.make({ steps: { a: script("if (!trigger.args.good) throw('bad')\ndone()") } })
})
afterAll(() => hub.close())

const MONTHS_AGO = '2018-03-01T10:00:00Z'
const pathOf = (id: number) => `/formulas/${formula.id}/instances/${id}`
const read = async (id: number) => expectOk(await formulas.call('GET', pathOf(id))).body
const topics = async () =>
  expectOk(await formulas.call('GET', '/notifications?topics[]=threat-level-midnight&pageSize=200')).body.length

async function failed(errors: number) {
  const { id } = await formulas.bind(formula)
  const guard = { numberConsecutiveErrors: errors, firstConsecutiveErrorDate: MONTHS_AGO }
  expectOk(await formulas.call('PUT', pathOf(id), guard))
  const before = await topics()
  const run = async (good = false) => {
    const [execution = 0] = await formulas.start(id, { good })
    return formulas.ended(execution)
  }
  expect((await run()).status).toBe('failed')
  const told = () => topics().then((now) => now - before)
  return { id, run, told }
}

/** The guard acts with the end of the execution, or soon after. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 3_000, interval: 20 })

test('32 §8.2: a failure counts, and the first one is dated; a success takes all of it back', async () => {
  const { id } = await formulas.bind(formula)
  const at = Date.now()
  for (const count of [1, 2]) {
    const [execution = 0] = await formulas.start(id)
    await formulas.ended(execution)
    await soon(async () => expect((await read(id)).numberConsecutiveErrors).toBe(count))
  }
  const { firstConsecutiveErrorDate } = await read(id)
  expect(Math.abs(Date.parse(firstConsecutiveErrorDate) - at)).toBeLessThan(20_000)
  const [good = 0] = await formulas.start(id, { good: true })
  expect((await formulas.ended(good)).status).toBe('success')
  await soon(async () => expect((await read(id)).numberConsecutiveErrors ?? 0).toBe(0))
})

test('scenario 18: 50 → 51 warns, by two notifications, once; it stays active', async () => {
  const { id, told, run } = await failed(50)
  await soon(async () => expect(await told()).toBe(2))
  expect(await read(id)).toMatchObject({
    numberConsecutiveErrors: 51,
    numberConsecutiveErrorWarningNotifications: 1,
    active: true,
  })
  await run()
  await soon(async () => expect((await read(id)).numberConsecutiveErrors).toBe(52))
  expect(await told()).toBe(2)
})

test('49 → 50 warns nobody', async () => {
  const { id, told } = await failed(49)
  await soon(async () => expect((await read(id)).numberConsecutiveErrors).toBe(50))
  expect(await told()).toBe(0)
  expect(await read(id)).toMatchObject({ active: true })
})

test('scenario 18: 100 → 101 switches it off, and says so twice', async () => {
  const { id, told } = await failed(100)
  await soon(async () => expect((await read(id)).active).toBe(false))
  expect((await read(id)).numberConsecutiveErrors).toBe(101)
  await soon(async () => expect(await told()).toBe(2))
  expectError(await formulas.call('POST', `/formulas/instances/${id}/executions`, {}), 400)
})
