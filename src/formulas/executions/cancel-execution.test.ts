import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestFormulas } from '../../../test/support/formula-room.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { awaitEnd } from './await-end.ts'
import { cancelExecution } from './cancel-execution.ts'
import { dropRetry, retryExecution } from './retry-execution.ts'
import { executionQueues } from './run-execution.ts'
import { sweepExecutions } from './sweep.ts'
import { failureQueue } from './tell-failure.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

function room(scripts: Parameters<typeof openTestFormulas>[1] = {}) {
  const opening = openTestFormulas(opened.store, scripts)
  return { ...opening, queues: executionQueues(opening.context) }
}

const STEPS = [
  { name: 'a', type: 'script', properties: { body: 'a' }, onSuccess: ['b'] },
  { name: 'b', type: 'script', properties: { body: 'b' } },
]

test('a script that runs is ended, nothing comes after it, and who waits hears of it', async () => {
  const running = Promise.withResolvers<void>()
  const house = room({
    async runStepScript({ signal }) {
      running.resolve()
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      throw new Error('it was not ended')
    },
  })
  const formula = await house.addFormula({ steps: STEPS })
  const id = await house.start(formula, await house.addInstance(formula), { isAwaited: true, startedBy: 'api' })
  const run = house.jobs.drain(house.queues)
  const ended = awaitEnd(house.context, id, 5_000)
  await running.promise
  await cancelExecution(house.context, id)
  await run
  expect(await ended).toMatchObject({ id, status: 'cancelled', reply: undefined })
  expect((await house.steps(id)).map(({ name }) => name)).toEqual(['trigger'])
  await expect(cancelExecution(house.context, id)).rejects.toMatchObject({ code: 'EXECUTION_ENDED', status: 400 })
})

test('a request that is under way has failed, and is uncertain', async () => {
  const running = Promise.withResolvers<void>()
  const house = room({
    ownPath: () => undefined,
    async send({ signal }) {
      running.resolve()
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      throw new Error('it was not given up')
    },
  })
  const properties = { method: 'POST', url: 'https://vendor.example/' }
  const formula = await house.addFormula({
    steps: [{ name: 'post', type: 'httpRequest', properties, onFailure: ['b'] }],
  })
  const id = await house.start(formula, await house.addInstance(formula))
  const run = house.jobs.drain(house.queues)
  await running.promise
  await cancelExecution(house.context, id)
  await run
  const steps = await house.steps(id)
  expect(steps.map(({ name, status }) => [name, status])).toEqual([
    ['trigger', 'success'],
    ['post', 'failed'],
  ])
  expect(steps[1]?.value).toMatchObject({ error: 'cancelled', isUncertain: true })
  expect(await house.execution(id)).toMatchObject({ status: 'cancelled', uncertain_steps: ['post'] })
})

test.each([404, 12345678])('execution %d is not there', async (id) => {
  await expect(cancelExecution(room().context, id)).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' })
})

test('one that waits behind another is cancelled, and the one behind it goes on', async () => {
  const house = room({ scripts: { a: () => 1, b: () => 2 } })
  const formula = await house.addFormula({ singleThreaded: true, steps: STEPS })
  const instance = await house.addInstance(formula)
  const [first = 0, second = 0, third = 0] = [
    await house.start(formula, instance),
    await house.start(formula, instance),
    await house.start(formula, instance),
  ]
  expect((await house.execution(second)).status).toBe('queued')
  await cancelExecution(house.context, second)
  await house.jobs.drain(house.queues)
  const rows = await Promise.all([first, second, third].map((id) => house.execution(id)))
  expect(rows.map(({ status }) => status)).toEqual(['success', 'cancelled', 'success'])
  expect(rows[2]?.started_at?.getTime()).toBeGreaterThanOrEqual(rows[0]?.finished_at?.getTime() ?? Number.NaN)
})

test('an instance that is not active begins nothing', async () => {
  const house = room({ scripts: { a: () => 1, b: () => 2 } })
  const formula = await house.addFormula({ steps: STEPS })
  const instance = await house.addInstance(formula)
  const id = await house.start(formula, instance)
  await house.db.updateTable('formula_instances').set({ active: false }).where('id', '=', instance.id).execute()
  await house.jobs.drain(house.queues)
  expect(await house.execution(id)).toMatchObject({ status: 'cancelled', error: expect.stringContaining('not active') })
})

describe('again', () => {
  test('an execution that has ended is run again with what started it, and stays', async () => {
    const house = room({ scripts: { a: () => 1, b: () => 2 } })
    const formula = await house.addFormula({ steps: STEPS })
    const instance = await house.addInstance(formula)
    const id = await house.start(formula, instance, { trigger: { args: { x: 1 } }, objectId: 'o' })
    await expect(retryExecution(house.context, id, 0)).rejects.toMatchObject({ code: 'PARAMETER_INVALID' })
    await house.jobs.drain(house.queues)
    const again = await retryExecution(house.context, id, 0)
    await house.jobs.drain(house.queues)
    expect(await house.execution(again.id)).toMatchObject({ status: 'success', parent_id: id, object_id: 'o' })
    await house.db.updateTable('formula_instances').set({ active: false }).where('id', '=', instance.id).execute()
    await expect(retryExecution(house.context, id, 0)).rejects.toMatchObject({ code: 'FORMULA_INACTIVE' })
  })

  test('a formula that runs executions again is counted, and so is a person who does, whatever started them', async () => {
    const house = room({ scripts: { a: () => 1, b: () => 2 } })
    const formula = await house.addFormula({ steps: STEPS })
    const id = await house.start(formula, await house.addInstance(formula), { startedBy: 'event', chain: 7 })
    await house.jobs.drain(house.queues)
    const [one, more] = [await retryExecution(house.context, id, 0), await retryExecution(house.context, id, 42)]
    expect([await house.execution(one.id), await house.execution(more.id)]).toMatchObject([
      { trigger_type: 'event', chain: 7 },
      { trigger_type: 'event', chain: 42 },
    ])
    await expect(retryExecution(house.context, id, 101)).rejects.toMatchObject({ code: 'CALLS_TOO_DEEP' })
    house.context.limits.openExecutions = 1
    await expect(retryExecution(house.context, id, 0)).rejects.toMatchObject({ code: 'TOO_MANY' })
    await house.jobs.drain(house.queues)
  })

  test('what a failure tells this hub is counted as well: it may start a formula that fails', async () => {
    const heard: unknown[] = []
    const house = room({ scripts: {} })
    house.context.notifications.callPlatform = async (_owner, _instance, { headers }) => {
      heard.push(headers?.['elements-formula-chain'])
      return { status: 200, headers: {}, body: '' }
    }
    const formula = await house.addFormula({ steps: STEPS })
    const settings = { 'notification.webhook.url': '/formulas/instances/1/executions' }
    await house.start(formula, await house.addInstance(formula, { settings }), { chain: 7 })
    await house.jobs.drain([...house.queues, failureQueue(house.context)])
    expect(heard).toEqual(['8'])
  })

  test.each(['v1', 'v3'] as const)('%s: an attempt that is waited for is dropped', async (engine) => {
    const house = room()
    const formula = await house.addFormula({ engine, steps: [{ name: 'r', type: 'retryFormulaExecution' }] })
    const id = await house.start(formula, await house.addInstance(formula))
    // wakes for later run at once in these tests, before their time
    await house.jobs.drain(house.queues)
    expect((await house.execution(id)).status).toBe(engine === 'v1' ? 'retry' : 'pending')
    await dropRetry(house.context, id)
    expect(await house.execution(id)).toMatchObject({ retry_at: null, status: engine === 'v1' ? 'success' : 'failed' })
    await expect(dropRetry(house.context, id)).rejects.toMatchObject({ code: 'EXECUTION_ENDED' })
  })
})

test('what runs for longer than executions are kept is ended', async () => {
  const house = room()
  const formula = await house.addFormula({ steps: STEPS })
  const id = await house.start(formula, await house.addInstance(formula))
  await sweepExecutions(house.context)
  expect((await house.execution(id)).finished_at).toBeNull()
  house.clock.at = new Date(house.clock.at.getTime() + 3 * 86_400_000 + 1)
  await sweepExecutions(house.context)
  expect(await house.execution(id)).toMatchObject({ status: 'failed', error: expect.stringContaining('3 days') })
})

describe('the guard (spec 32 §8.2)', () => {
  async function failing(errors: number) {
    const house = room()
    const formula = await house.addFormula({ steps: STEPS })
    const instance = await house.addInstance(formula, {
      settings: { 'notification.email': 'ops@example.test', 'notification.webhook.url': 'example.test/hook' },
    })
    await house.db
      .updateTable('formula_instances')
      .set({ consecutive_errors: errors })
      .where('id', '=', instance.id)
      .execute()
    const id = await house.start(formula, instance)
    await house.jobs.drain(house.queues)
    const row = await house.db
      .selectFrom('formula_instances')
      .selectAll()
      .where('id', '=', instance.id)
      .executeTakeFirstOrThrow()
    const told = await house.db
      .withTables<{ notifications: { topic: string; body: string } }>()
      .selectFrom('notifications')
      .select(['topic', 'body'])
      // the name of a formula is a number, too
      .where('body', '~', `[( :]${instance.id}[),]`)
      .execute()
    return { row, house, id, told: told.filter(({ topic }) => topic === 'threat-level-midnight').length }
  }

  test.each([
    [0, { consecutive_errors: 1, active: true, error_warnings: 0 }, 0],
    [50, { consecutive_errors: 51, active: true, error_warnings: 1 }, 2],
    [100, { consecutive_errors: 101, active: false }, 2],
  ])('after %d failures', async (errors, row, told) => {
    const found = await failing(errors)
    expect(found.row).toMatchObject(row)
    expect(found.told).toBe(told)
  })

  test('who is to hear of a failure is told, by mail and by webhook', async () => {
    const { house, id } = await failing(0)
    const mails = await house.db
      .withTables<{ mails: { recipients: string[]; subject: string } }>()
      .selectFrom('mails')
      .select(['recipients', 'subject'])
      .execute()
    expect(mails).toContainEqual({ recipients: ['ops@example.test'], subject: expect.stringContaining('failed') })
    expect(house.jobs.waiting).toContainEqual({ queue: 'formulas.failure', key: `${id}.0`, group: 'account:12' })
  })
})
