import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BulkVendor } from '../../support/bulk-vendor.ts'
import { startCrmFormulas } from '../../support/crm-formulas.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { elementRequest, type Formulas, loop, script, step } from '../../support/formulas.ts'

/** Executions that are told to stop (spec 32 §6 and scenario 13). */
let vendor: BulkVendor
let formulas: Formulas
let crm: { id: number }
let close: () => Promise<void>
beforeAll(async () => {
  ;({ vendor, formulas, crm, close } = await startCrmFormulas())
})
afterAll(() => close())
beforeEach(() => vendor.reset())

const cancel = (id: number) => formulas.call('PATCH', `/formulas/instances/executions/${id}`, { status: 'cancelled' })
const statusOf = async (id: number) => (await formulas.call('GET', `/formulas/instances/executions/${id}`)).body.status
const asked = (count: number) =>
  vi.waitFor(() => expect(vendor.calls.length).toBeGreaterThanOrEqual(count), { timeout: 5_000, interval: 20 })

/** An execution whose request the vendor does not answer until it is told to. */
async function held(more: Record<string, unknown> = {}) {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  vendor.script('GET /contacts', () => promise)
  const formula = await formulas.make({
    config: { crm: 'elementInstance' },
    steps: { get: elementRequest('GET /contacts', {}, 'after'), after: script('done()') },
    more,
  })
  const instance = await formulas.bind(formula, { crm: crm.id })
  const [id = 0] = await formulas.start(instance.id)
  await asked(1)
  return { id, instance, goOn: () => resolve(undefined) }
}

test('scenario 13: 200 with the execution, then 400; an unknown one is 404', async () => {
  const { id, goOn } = await held()
  expect(await statusOf(id)).toBe('pending')
  const { body } = expectOk(await cancel(id))
  expect(body).toMatchObject({ id, status: 'cancelled' })
  expectError(await cancel(id), 400)
  goOn()
  expectError(await cancel(999999999), 404)
})

test('no further step starts, and it stays cancelled', async () => {
  const { id, goOn } = await held()
  expectOk(await cancel(id))
  goOn()
  // what is started later runs to its end meanwhile
  await formulas.run({ steps: { a: script('done()') } })
  const { status, names } = await formulas.read(id)
  expect(status).toBe('cancelled')
  expect(names).not.toContain('after')
})

test('one that has ended is 400', async () => {
  for (const body of ['done()', "throw('x')"]) {
    const { execution } = await formulas.run({ steps: { a: script(body) } })
    expectError(await cancel(execution.id), 400)
  }
})

test('another status is 400', async () => {
  const { execution } = await formulas.run({ steps: { a: script('done()') } })
  for (const body of [{ status: 'success' }, { status: null }, {}])
    expectError(await formulas.call('PATCH', `/formulas/instances/executions/${execution.id}`, body), 400)
})

test('a script that runs on and on is stopped', async () => {
  const instance = await formulas.bind(
    await formulas.make({
      steps: {
        a: script('done({ x: 1 })', 'endless'),
        endless: script('while (true) {}', 'after'),
        after: script('done()'),
      },
    }),
  )
  const [id = 0] = await formulas.start(instance.id)
  await vi.waitFor(async () => expect((await formulas.visits(id)).length).toBeGreaterThanOrEqual(2), {
    timeout: 5_000,
    interval: 20,
  })
  expectOk(await cancel(id))
  const begun = Date.now()
  // the runner is free again
  await Promise.all(Array.from({ length: 4 }, () => formulas.run({ steps: { a: script('done()') } })))
  expect(Date.now() - begun).toBeLessThan(8_000)
  expect(await statusOf(id)).toBe('cancelled')
  expect((await formulas.visits(id)).map(({ name }) => name)).not.toContain('after')
})

test('an endless loop of steps is stopped', async () => {
  const instance = await formulas.bind(
    await formulas.make({ steps: { a: script('done()', 'b'), b: script('done()', 'a') } }),
  )
  const [id = 0] = await formulas.start(instance.id)
  await vi.waitFor(async () => expect((await formulas.visits(id)).length).toBeGreaterThan(5), {
    timeout: 5_000,
    interval: 20,
  })
  expectOk(await cancel(id))
  await formulas.run({ steps: { a: script('done()') } })
  const count = (await formulas.visits(id)).length
  await formulas.run({ steps: { a: script('done()') } })
  expect((await formulas.visits(id)).length).toBe(count)
  expect(await statusOf(id)).toBe('cancelled')
})

describe('32 §6: those that wait', () => {
  test('status queued', async () => {
    const { id, instance, goOn } = await held({ singleThreaded: true })
    const [waiting = 0] = await formulas.start(instance.id)
    expect(await statusOf(waiting)).toBe('queued')
    expectOk(await cancel(waiting))
    goOn()
    expect((await formulas.ended(id)).status).toBe('success')
    expect(await statusOf(waiting)).toBe('cancelled')
    expect((await formulas.visits(waiting)).map(({ name }) => name)).not.toContain('get')
  })

  test('status retry', async () => {
    const { execution } = await formulas.run({
      engine: 'v1',
      steps: { a: script('done()', 'again'), again: step('retryFormulaExecution', { retryAttempts: '2' }) },
    })
    expect(execution.status).toBe('retry')
    expect(expectOk(await cancel(execution.id)).body.status).toBe('cancelled')
    expect(await statusOf(execution.id)).toBe('cancelled')
  })

  test('one that is between the steps of a loop with requests', async () => {
    vendor.rows('contacts', [{ id: 'c1' }])
    const formula = await formulas.make({
      config: { crm: 'elementInstance' },
      steps: {
        make: script('done({ list: Array.from({ length: 5000 }, (_, i) => i) })', 'each'),
        each: loop('${steps.make.list}', 'get'),
        get: elementRequest('GET /contacts', {}, 'each'),
      },
    })
    const instance = await formulas.bind(formula, { crm: crm.id })
    const [id = 0] = await formulas.start(instance.id)
    await asked(3)
    expectOk(await cancel(id))
    await formulas.run({ steps: { a: script('done()') } })
    const count = vendor.calls.length
    await formulas.run({ steps: { a: script('done()') } })
    expect(vendor.calls.length).toBe(count)
  })
})
