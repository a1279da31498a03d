import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertExecution, insertFormulaInstance, insertRunFormula } from '../../../test/support/insert-executions.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { AccountsTables } from '../../accounts/accounts-table.ts'
import { createAuthorize } from '../../accounts/authorize.ts'
import type { Caller } from '../../model/account.ts'
import type { Store } from '../../store/database.ts'
import { readExecution } from './find-execution.ts'
import { listAllExecutions, listExecutions } from './list-executions.ts'
import { listFailingInstances, listFailures } from './list-failures.ts'
import { listStepErrors } from './read-errors.ts'
import { listSteps, listStepValues, readStep } from './read-steps.ts'
import type { ReadingContext } from './reading-context.ts'

const OWNER = { organizationId: 3, accountId: 12, userId: 77 }
const NEIGHBOUR = { organizationId: 3, accountId: 13, userId: 78 }
const FOREIGNER = { organizationId: 4, accountId: 14, userId: 79 }
const START = new Date('2026-11-01T10:00:00.000Z')
const PAGE = { pageSize: 200, page: undefined, after: undefined }
const ALL = { ...PAGE, eventId: undefined, objectId: undefined }
const EVER = { ...PAGE, from: undefined, to: undefined }

const callerOf = (owner: typeof OWNER, more: Partial<Caller> = {}) =>
  ({ ...owner, privileges: new Set(), ...more }) as unknown as Caller
const caller = callerOf(OWNER)

let store: Store
let close: () => Promise<void>
let context: ReadingContext
let formulaId: number
let instanceId: number
beforeAll(async () => {
  const opened = await openTestStore()
  store = opened.store
  close = opened.close
  const slots = { run: <T>(work: () => Promise<T>) => work() }
  context = {
    ...{ store, slots, valueSlots: slots, now: () => START, limits: { valueBytes: 1_000 } },
    authorize: createAuthorize({ anonymousCatalog: false }),
  }
  const accounts = store.db.withTables<AccountsTables>()
  const secret = { secret_lookup: 'lookup', secret_ciphertext: 'ciphertext' }
  await accounts
    .insertInto('organizations')
    .values({ id: 3, name: 'Ours', ...secret } as never)
    .execute()
  for (const id of [12, 13])
    await accounts.insertInto('accounts').values({ id, organization_id: 3, name: 'One' }).execute()
  formulaId = await insertRunFormula(store, OWNER, { name: 'Reading' })
  instanceId = await insertFormulaInstance(store, OWNER, { formulaId })
})
afterAll(() => close())

const minutes = (count: number) => new Date(START.getTime() + count * 60_000)
const insert = (fields: Partial<Parameters<typeof insertExecution>[2]> = {}) =>
  insertExecution(store, OWNER, { formulaId, formulaInstanceId: instanceId, created_at: START, ...fields })
const script = (name: string, outcome: object = { value: { of: name } }) => ({ name, type: 'script', outcome })
const failing = (name: string, error: string) => script(name, { status: 'failed', isFailure: true, error })
const anInstance = (owner = OWNER, of = formulaId, name = 'An instance') =>
  insertFormulaInstance(store, owner, { formulaId: of, name })

describe('one execution', () => {
  test('has its steps, the oldest first, without values; hidden ones are not there, the open one is', async () => {
    const { id, stepIds } = await insert({
      status: 'pending',
      event_id: '35149',
      steps: [
        script('one'),
        { ...script('inner'), is_hidden: true, frame: 'sub' },
        { name: 'two', type: 'elementRequest', created_at: minutes(1) },
      ],
    })
    expect((await readExecution(context, caller, id)).execution).toEqual({
      ...{ id, formulaInstanceId: instanceId, status: 'pending', eventId: '35149' },
      createdDate: '2026-11-01T10:00:00Z',
      stepExecutions: [
        { id: stepIds[0], stepName: 'trigger', status: 'success', createdDate: '2026-11-01T10:00:00Z' },
        {
          ...{ id: stepIds[1], stepName: 'one', status: 'success' },
          ...{ createdDate: '2026-11-01T10:00:01Z', updatedDate: '2026-11-01T10:00:01Z' },
        },
        { id: stepIds[3], stepName: 'two', status: 'pending', createdDate: '2026-11-01T10:01:00Z' },
      ],
    })
  })

  test('says when it ended, what it repeats, when it goes on, why it ended and what is uncertain', async () => {
    const first = await insert({ status: 'failed', error: 'more than 100000 steps', uncertain_steps: ['post'] })
    expect((await readExecution(context, caller, first.id)).execution).toMatchObject({
      ...{ status: 'failed', updatedDate: '2026-11-01T10:00:00Z' },
      ...{ error: 'more than 100000 steps', uncertainSteps: ['post'] },
    })
    const second = await insert({ status: 'retry', parent_id: first.id, retry_at: minutes(3), finished_at: null })
    const { execution } = await readExecution(context, caller, second.id)
    expect(execution).toMatchObject({ parentExecutionId: first.id, retryDate: '2026-11-01T10:03:00Z' })
    expect(execution).not.toHaveProperty('updatedDate')
    expect(execution).not.toHaveProperty('eventId')
  })

  test('is found below its own instance and formula only', async () => {
    const { id } = await insert()
    const other = await anInstance()
    const within = (place: object) => readExecution(context, caller, id, place)
    await expect(within({ formulaId, formulaInstanceId: instanceId })).resolves.toBeDefined()
    for (const place of [{ formulaInstanceId: other }, { formulaId: 999, formulaInstanceId: instanceId }])
      await expect(within(place)).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' })
    await expect(readExecution(context, caller, 999_999)).rejects.toThrow(
      'There is no execution of a formula with id 999999, or it is not kept any more',
    )
    await expect(readExecution(context, caller, 0)).rejects.toThrow('with that id')
  })

  test('belongs to its account; an administrator of the organization reads it', async () => {
    const { id, stepIds } = await insert({ steps: [script('one')] })
    const reads = (who: Caller) => [
      () => readExecution(context, who, id),
      () => listSteps(context, who, id, { ...PAGE, includeValues: true }),
      () => listStepErrors(context, who, id, PAGE),
      () => readStep(context, who, stepIds[1] ?? 0),
      () => listStepValues(context, who, stepIds[1] ?? 0),
      () => listExecutions(context, who, { id: instanceId }, { ...ALL, after: undefined }),
      () => listFailures(context, who, { id: instanceId }, EVER),
    ]
    for (const who of [callerOf(NEIGHBOUR), callerOf(FOREIGNER), callerOf(FOREIGNER, { organizationAdmin: true })])
      for (const read of reads(who)) await expect(read()).rejects.toMatchObject({ code: 'FORBIDDEN' })
    for (const read of reads(callerOf(NEIGHBOUR, { organizationAdmin: true })))
      await expect(read()).resolves.toBeDefined()
  })
})

describe('lists of executions', () => {
  test('of an instance: the newest first, page by page', async () => {
    const mine = await anInstance()
    const ids: number[] = []
    for (const at of [0, 1, 2, 3, 4])
      ids.unshift((await insert({ formulaInstanceId: mine, created_at: minutes(at) })).id)
    const list = (more: object) => listExecutions(context, caller, { id: mine }, { ...ALL, ...more })
    const first = await list({ pageSize: 2 })
    expect(first).toMatchObject({ items: [{ id: ids[0] }, { id: ids[1] }], total: 5, next: ids[1] })
    expect(first.items[0]).not.toHaveProperty('stepExecutions')
    const second = await list({ pageSize: 2, after: first.next })
    expect(second).toMatchObject({ items: [{ id: ids[2] }, { id: ids[3] }], total: 5, next: ids[3] })
    expect(await list({ pageSize: 2, after: second.next })).toMatchObject({ items: [{ id: ids[4] }], next: undefined })
    expect(await list({ pageSize: 2, page: 3 })).toMatchObject({ items: [{ id: ids[4] }], next: undefined })
    expect(await list({ pageSize: 5 })).toMatchObject({ total: 5, next: undefined })
  })

  test('of an instance: those of an event, or about an object', async () => {
    const mine = await anInstance()
    const one = await insert({ formulaInstanceId: mine, event_id: 'e1', object_id: 'o1' })
    const two = await insert({ formulaInstanceId: mine, event_id: 'e1', object_id: 'o2' })
    await insert({ formulaInstanceId: mine })
    const ids = async (more: object) => {
      const { items, total } = await listExecutions(context, caller, { id: mine }, { ...ALL, ...more })
      expect(total).toBe(items.length)
      return items.map(({ id }) => id)
    }
    expect(await ids({ eventId: 'e1' })).toEqual([two.id, one.id])
    expect(await ids({ objectId: 'o2' })).toEqual([two.id])
    expect(await ids({ objectId: 'e1' })).toEqual([])
    await expect(ids({ eventId: 'e1', objectId: 'o1' })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' })
  })

  test('of an instance that is not there, or of another formula: 404', async () => {
    const other = await insertRunFormula(store, OWNER, { name: 'Another' })
    for (const place of [{ id: 99_999 }, { formulaId: other, id: instanceId }])
      await expect(listExecutions(context, caller, place, { ...ALL, after: undefined })).rejects.toMatchObject({
        code: 'FORMULA_INSTANCE_NOT_FOUND',
      })
  })

  test('of all instances: those of the account, or of the organization; several of one moment are not lost', async () => {
    const mine = { organizationId: 30, accountId: 120, userId: 1 }
    const second = { organizationId: 30, accountId: 121, userId: 2 }
    const put = (owner: typeof mine, at: number) =>
      insertExecution(store, owner, { formulaId, formulaInstanceId: instanceId, created_at: minutes(at) })
    const ids = [await put(mine, 1), await put(mine, 1), await put(mine, 0)].map(({ id }) => id)
    const foreign = await put(second, 2)
    const [b, a, oldest] = ids as [number, number, number]
    const list = (who: Caller, more: object = {}) =>
      listAllExecutions(context, who, { ...ALL, after: undefined, ...more })
    const first = await list(callerOf(mine), { pageSize: 1 })
    expect(first).toMatchObject({ items: [{ id: a }], total: 3, next: { at: minutes(1).getTime(), id: a } })
    const rest = await list(callerOf(mine), { after: first.next })
    expect(rest.items.map(({ id }) => id)).toEqual([b, oldest])
    const all = await list(callerOf(mine, { organizationAdmin: true }))
    expect(all.items.map(({ id }) => id)).toEqual([foreign.id, a, b, oldest])
  })
})

describe('steps', () => {
  test('the newest first, page by page, with values where they are asked for', async () => {
    const { id, stepIds } = await insert({
      status: 'pending',
      trigger: { args: { a: 1 } },
      steps: [script('one'), { ...script('inner'), is_hidden: true }, { name: 'open', type: 'request' }],
    })
    const [trigger, one, , open] = stepIds as [number, number, number, number]
    const list = (more: object) => listSteps(context, caller, id, { ...PAGE, includeValues: false, ...more })
    const plain = await list({})
    expect(plain.items.map((step) => [step.id, step.stepName])).toEqual([
      [open, 'open'],
      [one, 'one'],
      [trigger, 'trigger'],
    ])
    expect(plain.items[0]).not.toHaveProperty('stepExecutionValues')
    const valued = await list({ includeValues: true })
    expect(valued.items.map(({ stepExecutionValues }) => stepExecutionValues)).toEqual([
      [],
      [{ id: one * 10_000, key: 'one.of', value: 'one' }],
      [{ id: trigger * 10_000, key: 'trigger.args', value: '{"a":1}' }],
    ])
    const first = await list({ pageSize: 1 })
    expect(first).toMatchObject({ items: [{ id: open }], total: 3, next: 3 })
    expect(await list({ pageSize: 1, after: first.next })).toMatchObject({ items: [{ id: one }], total: 3 })
    expect(await list({ pageSize: 1, page: 3 })).toMatchObject({ items: [{ id: trigger }], next: undefined })
  })

  test('a page of large values is shorter', async () => {
    const large = (name: string) => script(name, { value: { text: 'x'.repeat(1_500_000) } })
    const { id } = await insert({ steps: [large('a'), large('b'), large('c')] })
    const first = await listSteps(context, caller, id, { ...PAGE, includeValues: true })
    expect(first.items.map(({ stepName }) => stepName)).toEqual(['c', 'b'])
    const rest = await listSteps(context, caller, id, { ...PAGE, includeValues: true, after: first.next })
    expect(rest.items.map(({ stepName }) => stepName)).toEqual(['a', 'trigger'])
    expect(rest.next).toBeUndefined()
    expect((await listSteps(context, caller, id, { ...PAGE, includeValues: false })).items).toHaveLength(4)
  })

  test('so is one whose execution was started with much', async () => {
    const { id } = await insert({ trigger: { args: 'x'.repeat(4_500_000) }, steps: [script('a')] })
    const { items } = await listSteps(context, caller, id, { ...PAGE, includeValues: true })
    expect(items.map(({ stepName }) => stepName)).toEqual(['a'])
  })

  test('one by its id, with its values; a hidden one is not there, and has none', async () => {
    const { stepIds } = await insert({ steps: [script('one'), { ...script('inner'), is_hidden: true }] })
    const [trigger = 0, one = 0, inner = 0] = stepIds
    expect(await readStep(context, caller, one)).toMatchObject({
      ...{ id: one, stepName: 'one', status: 'success' },
      stepExecutionValues: [{ key: 'one.of', value: 'one' }],
    })
    expect(await listStepValues(context, caller, trigger)).toEqual([
      { id: trigger * 10_000, key: 'trigger.args', value: '{}' },
    ])
    await expect(readStep(context, caller, inner)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await listStepValues(context, caller, inner)).toEqual([])
    expect(await listStepValues(context, caller, 999_999_999)).toEqual([])
  })

  test('a sub-formula has one value in a formula for v1', async () => {
    const old = await insertRunFormula(store, OWNER, { name: 'Old', engine: 'v1' })
    const outcome = { value: { a: 1, b: 2 }, subFormula: { at: 'end' as const, lastType: 'script' } }
    const steps = [{ name: 'sub', type: 'formula', outcome }]
    const valuesIn = async (of: number) => {
      const { stepIds } = await insert({ formulaId: of, steps })
      return (await listStepValues(context, caller, stepIds[1] ?? 0)).map(({ key, value }) => [key, value])
    }
    expect(await valuesIn(old)).toEqual([['sub', '{"a":1,"b":2}']])
    expect(await valuesIn(formulaId)).toEqual([
      ['sub.a', '1'],
      ['sub.b', '2'],
    ])
  })
})

describe('errors', () => {
  test('of an execution: its failed steps, each with its error only; a filter that says no is none', async () => {
    const answered = { value: { request: { method: 'GET' }, response: { code: 404, body: { message: 'gone' } } } }
    const { id, stepIds } = await insert({
      status: 'failed',
      steps: [
        { ...failing('broken', 'no'), outcome: { ...failing('broken', 'no').outcome, console: ['x'] } as never },
        { name: 'filtered', type: 'filter', outcome: { status: 'failed', value: { continue: false } } },
        { name: 'get', type: 'elementRequest', outcome: { status: 'failed', isFailure: true, ...answered } },
        {
          name: 'again',
          type: 'retryFormulaExecution',
          outcome: { status: 'failed', isFailure: true, value: { attempt: '1' } },
        },
        { ...failing('inner', 'hidden'), is_hidden: true },
      ],
    })
    const { items, total } = await listStepErrors(context, caller, id, PAGE)
    expect(
      items.map(({ stepName, stepExecutionValues }) => [
        stepName,
        stepExecutionValues?.map(({ key, value }) => [key, value]),
      ]),
    ).toEqual([
      ['again', [['again.attempt', '1']]],
      ['get', [['get.response.body', '{"message":"gone"}']]],
      ['broken', [['broken.error', 'no']]],
    ])
    expect(items[0]).toMatchObject({ id: stepIds[4], status: 'failed' })
    expect(total).toBe(3)
    expect(await listStepErrors(context, caller, id, { ...PAGE, pageSize: 1 })).toMatchObject({ next: 4, total: 3 })
    expect(await listStepErrors(context, caller, id, { ...PAGE, after: 4 })).toMatchObject({
      items: [{ stepName: 'get' }, { stepName: 'broken' }],
      next: undefined,
    })
  })

  test('of an instance: the executions that failed, with the steps that did, limited by time', async () => {
    const mine = await anInstance()
    const fail = (at: number) =>
      insert({
        formulaInstanceId: mine,
        status: 'failed',
        created_at: minutes(at),
        steps: [script('one'), failing('two', `at ${at}`)],
      })
    const ids = [await fail(0), await fail(10), await fail(20)].map(({ id }) => id)
    await insert({ formulaInstanceId: mine, steps: [script('one')] })
    const list = (more: object = {}) => listFailures(context, caller, { id: mine }, { ...EVER, ...more })
    const all = await list()
    expect(all.total).toBe(3)
    expect(all.items.map(({ id }) => id)).toEqual(ids.toReversed())
    expect(all.items[0]).toMatchObject({
      status: 'failed',
      stepExecutions: [
        { stepName: 'two', status: 'failed', stepExecutionValues: [{ key: 'two.error', value: 'at 20' }] },
      ],
    })
    const first = await list({ pageSize: 2 })
    expect(first).toMatchObject({ next: ids[1], total: 3 })
    expect((await list({ pageSize: 2, after: first.next })).items.map(({ id }) => id)).toEqual([ids[0]])
    const within = await list({ from: minutes(10), to: minutes(10) })
    expect(within).toMatchObject({ items: [{ id: ids[1] }], total: 1, next: undefined })
    expect(await list({ from: minutes(21) })).toMatchObject({ items: [], total: 0 })
    await expect(listFailures(context, caller, { id: 99_999 }, EVER)).rejects.toMatchObject({
      code: 'FORMULA_INSTANCE_NOT_FOUND',
    })
  })

  test('of an instance: a page of large errors is shorter', async () => {
    const mine = await anInstance()
    for (const name of ['a', 'b', 'c'])
      await insert({ formulaInstanceId: mine, status: 'failed', steps: [failing(name, 'x'.repeat(1_500_000))] })
    const { items, next, total } = await listFailures(context, caller, { id: mine }, EVER)
    expect(items.map(({ stepExecutions }) => stepExecutions[0]?.stepName)).toEqual(['c', 'b'])
    expect({ next, total }).toEqual({ next: items[1]?.id, total: 3 })
  })

  test('of a formula: its instances that failed, with their executions', async () => {
    const of = await insertRunFormula(store, OWNER, { name: 'Failing' })
    const instances = [
      await anInstance(OWNER, of, 'one'),
      await anInstance(OWNER, of, 'two'),
      await anInstance(OWNER, of, 'three'),
    ]
    const [one, two, three] = instances as [number, number, number]
    const foreign = await anInstance(NEIGHBOUR, of, 'not mine')
    const fail = (formulaInstanceId: number, owner = OWNER, at = 0) =>
      insertExecution(store, owner, {
        ...{ formulaId: of, formulaInstanceId, status: 'failed', created_at: minutes(at) },
        steps: [failing('two', 'no')],
      })
    for (const id of [one, one, three]) await fail(id)
    await insertExecution(store, OWNER, { formulaId: of, formulaInstanceId: two })
    await fail(foreign, NEIGHBOUR, 60)
    const list = (more: object = {}, who = caller) => listFailingInstances(context, who, of, { ...EVER, ...more })
    const all = await list()
    expect(all).toMatchObject({
      total: 2,
      next: undefined,
      items: [
        { id: one, name: 'one', formula: { id: of, name: 'Failing', active: true } },
        { id: three, name: 'three' },
      ],
    })
    expect(all.items.map(({ executions }) => executions.length)).toEqual([2, 1])
    expect(all.items[0]?.executions[0]).toMatchObject({
      status: 'failed',
      stepExecutions: [{ stepName: 'two', stepExecutionValues: [{ key: 'two.error', value: 'no' }] }],
    })
    const first = await list({ pageSize: 1 })
    expect(first).toMatchObject({ items: [{ id: one }], next: one, total: 2 })
    expect(await list({ pageSize: 1, after: first.next })).toMatchObject({ items: [{ id: three }], next: undefined })
    expect(await list({ from: minutes(1) })).toMatchObject({ items: [], total: 0 })
    const admin = callerOf(OWNER, { organizationAdmin: true })
    expect((await list({}, admin)).items.map(({ id }) => id)).toEqual([one, three, foreign])
    await expect(list({}, callerOf(FOREIGNER, { organizationAdmin: true }))).rejects.toMatchObject({
      code: 'FORMULA_NOT_FOUND',
    })
  })
})
