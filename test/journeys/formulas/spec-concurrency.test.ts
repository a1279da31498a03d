import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { BulkVendor } from '../../support/bulk-vendor.ts'
import { startCrmFormulas } from '../../support/crm-formulas.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { elementRequest, type Formulas, type FormulaText, script } from '../../support/formulas.ts'

/** Many at once, and one after the other (spec 32 §10). */
let vendor: BulkVendor
let formulas: Formulas
let crm: { id: number }
let close: () => Promise<void>
beforeAll(async () => {
  ;({ vendor, formulas, crm, close } = await startCrmFormulas())
})
afterAll(() => close())
beforeEach(() => {
  vendor.reset()
  active = most = 0
  order = []
})

let active = 0
let most = 0
let order: number[] = []
/** The vendor takes a while, and notes how many ask at once. */
function slowVendor(ms: number) {
  vendor.script('POST /contacts', async ({ body }) => {
    most = Math.max(most, ++active)
    order.push(body.n)
    await new Promise((resolve) => setTimeout(resolve, ms))
    active--
    return { body: { n: body.n } }
  })
}

const posting: FormulaText = {
  config: { crm: 'elementInstance' },
  steps: {
    keep: script('config.own = trigger.args.n\ndone({ body: { n: trigger.args.n } })', 'post'),
    post: elementRequest('POST /contacts', { body: '${steps.keep.body}' }, 'tell'),
    tell: script('done({ n: steps.post.response.body.n, own: config.own, given: trigger.args.n })'),
  },
}

/** Starts one after the other, so that there is an order. */
async function startAll(instanceId: number, count: number): Promise<number[]> {
  const ids: number[] = []
  for (let n = 0; n < count; n++) ids.push(...(await formulas.start(instanceId, { n })))
  return ids
}

async function expectOwnContexts(ids: number[]): Promise<void> {
  for (const [n, id] of ids.entries()) {
    const run = await formulas.read(id)
    expect([run.status, run.value('tell.n'), run.value('tell.own'), run.value('tell.given')]).toEqual([
      ...['success', String(n), String(n), String(n)],
    ])
  }
}

test('32 §10: executions of one instance run at the same time, each with its own context', async () => {
  slowVendor(150)
  const instance = await formulas.bind(await formulas.make(posting), { crm: crm.id })
  const ids = (await Promise.all(Array.from({ length: 10 }, (_, n) => formulas.start(instance.id, { n })))).flat()
  expect(new Set(ids).size).toBe(10)
  await expectOwnContexts(ids)
  expect(most).toBeGreaterThan(1)
  const stored = (await formulas.call('GET', `/formulas/instances/${instance.id}`)).body
  expect(stored.configuration).toEqual({ crm: String(crm.id) })
})

test('32 §10: single-threaded ones queue, and run in order', async () => {
  slowVendor(30)
  const formula = await formulas.make({ ...posting, more: { singleThreaded: true } })
  const instance = await formulas.bind(formula, { crm: crm.id })
  const ids = await startAll(instance.id, 6)
  await expectOwnContexts(ids)
  expect(most).toBe(1)
  expect(order).toEqual([0, 1, 2, 3, 4, 5])
})

test('32 §10: that is of one instance: others run beside it; the instance itself may say so', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  vendor.script('POST /contacts', async ({ body }) => {
    most = Math.max(most, ++active)
    await promise
    active--
    return { body }
  })
  const formula = await formulas.make(posting)
  const [one, two] = [
    await formulas.bind(formula, { crm: crm.id }, { singleThreaded: true }),
    await formulas.bind(formula, { crm: crm.id }, { singleThreaded: true }),
  ]
  const [first = 0, second = 0] = await startAll(one.id, 2)
  const [other = 0] = await startAll(two.id, 1)
  await vi.waitFor(() => expect(active).toBe(2), { timeout: 5_000, interval: 20 })
  const statusOf = async (id: number) =>
    (await formulas.call('GET', `/formulas/instances/executions/${id}`)).body.status
  expect([await statusOf(first), await statusOf(second), await statusOf(other)]).toEqual([
    'pending',
    'queued',
    'pending',
  ])
  resolve(undefined)
  await expectOwnContexts([first, second])
  expect((await formulas.ended(other)).status).toBe('success')
  expect(most).toBe(2)
})

test('32 §10: a single-threaded one that failed does not hold back the next', async () => {
  const formula = await formulas.make({
    steps: { a: script("if (trigger.args.n === 0) throw('bad')\ndone({ n: trigger.args.n })") },
    more: { singleThreaded: true },
  })
  const instance = await formulas.bind(formula)
  const ids = await startAll(instance.id, 3)
  const statuses = await Promise.all(ids.map(async (id) => (await formulas.ended(id)).status))
  expect(statuses).toEqual(['failed', 'success', 'success'])
})

test('32 §10: v1 and v3 run side by side', async () => {
  const runs = await Promise.all(
    (['v1', 'v3', 'v1', 'v3'] as const).map((engine) =>
      formulas.run({ engine, steps: { a: script(`done({ engine: '${engine}' })`) } }),
    ),
  )
  expect(runs.map(({ status, value }) => [status, value('a.engine')])).toEqual([
    ['success', 'v1'],
    ['success', 'v3'],
    ['success', 'v1'],
    ['success', 'v3'],
  ])
})

test('32 §10: a long loop of one does not keep others waiting', async () => {
  const endless = await formulas.bind(
    await formulas.make({ steps: { a: script('done()', 'b'), b: script('done()', 'a') } }),
  )
  const [long = 0] = await formulas.start(endless.id)
  const quick = { steps: { a: script('done()') } }
  for (let others = 0; others < 3; others++) {
    const begun = Date.now()
    await formulas.run(quick)
    expect(Date.now() - begun).toBeLessThan(3_000)
  }
  expectOk(await formulas.call('PATCH', `/formulas/instances/executions/${long}`, { status: 'cancelled' }))
})
