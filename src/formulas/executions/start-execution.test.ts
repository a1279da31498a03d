import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestFormulas } from '../../../test/support/formula-room.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { openStart } from './sealed-values.ts'
import { startExecutions } from './start-execution.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

async function room({ singleThreaded = false, isRecorded = true } = {}) {
  const room = openTestFormulas(opened.store)
  const formula = await room.addFormula({ singleThreaded, isRecorded, steps: [{ name: 'a', type: 'script' }] })
  const instance = await room.addInstance(formula, { configuration: { 'crm.source': '7' }, settings: { x: 1 } })
  return { ...room, formula, instance }
}

test('an execution begins with its trigger as its first step, and with all it was given', async () => {
  const { formula, instance, start, execution, steps, jobs } = await room()
  const id = await start(formula, instance, { trigger: { args: { a: 1 } }, objectId: 'o1' })
  const row = await execution(id)
  expect(row).toMatchObject({ status: 'pending', object_id: 'o1', formula_revision: 1, account_id: 12, step_count: 1 })
  expect(row.start.toString('latin1')).not.toContain('args')
  expect(openStart(opened.store.cipher, row)).toEqual({
    trigger: { args: { a: 1 } },
    configuration: { 'crm.source': '7' },
    settings: { x: 1 },
    formulaInstanceName: instance.name,
  })
  expect((await steps(id)).map(({ seq, name, status }) => [seq, name, status])).toEqual([[0, 'trigger', 'success']])
  expect(jobs.waiting).toEqual([{ queue: 'formulas.run', key: `e${id}`, group: 'account:12' }])
})

test('where logging is off, nobody is shown its steps', async () => {
  const { formula, instance, start, steps, execution } = await room({ isRecorded: false })
  const id = await start(formula, instance)
  expect((await execution(id)).is_recorded).toBe(false)
  expect((await steps(id))[0]?.is_hidden).toBe(true)
})

test('who waits for it has places of its own', async () => {
  const { formula, instance, start, jobs } = await room()
  const id = await start(formula, instance, { isAwaited: true, startedBy: 'api' })
  expect(jobs.waiting).toEqual([{ queue: 'formulas.answer', key: `e${id}`, group: 'account:12' }])
})

test('of a single-threaded instance all but the first are queued, under one key', async () => {
  const { context, formula, instance, start, execution, jobs } = await room({ singleThreaded: true })
  const one = { formula, instance, trigger: {}, startedBy: 'event' as const }
  const started = await opened.store.changes.transaction((trx, publish) =>
    startExecutions(context, trx, publish, [one, one, one]),
  )
  expect(started.map(({ status }) => status)).toEqual(['pending', 'queued', 'queued'])
  expect((await execution(await start(formula, instance))).status).toBe('queued')
  expect(jobs.waiting.map(({ key }) => key)).toEqual([`i${instance.id}`])
})

describe('with too many open', () => {
  test('what a person starts is refused, what an event starts waits', async () => {
    const { context, formula, instance, start } = await room()
    context.limits.openExecutions = 1
    await start(formula, instance, { startedBy: 'event' })
    await expect(start(formula, instance)).rejects.toMatchObject({
      ...{ code: 'TOO_MANY', status: 429, message: expect.stringContaining('Account 12 has 1 executions') },
    })
    await expect(start(formula, instance, { startedBy: 'event' })).resolves.toBeTypeOf('number')
  })
})
