import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import {
  administratorOf,
  insertExecution,
  insertFormulaInstance,
  insertRunFormula,
} from '../../support/insert-executions.ts'
import { addPerson, organizationSecretOf } from '../people.ts'

/** What ran of formulas, as clients read it: rows are as the engine leaves them behind. */
let hub: TestHub
let owner: { organizationId: number; accountId: number; userId: number }
let formulaId: number
let instanceId: number
/** a minute apart, the oldest first; all but the last one failed, the second one was started by an event */
const executions: { id: number; stepIds: number[] }[] = []
const START = new Date('2026-11-01T10:00:00Z')

beforeAll(async () => {
  hub = await startTestHub()
  owner = await administratorOf(hub)
  const { store } = hub.hub
  formulaId = await insertRunFormula(store, owner, { name: 'Read me' })
  instanceId = await insertFormulaInstance(store, owner, { formulaId })
  const answered = { request: { method: 'GET', body: null }, response: { code: 404, body: { message: 'gone' } } }
  for (const at of [0, 1, 2, 3]) {
    const isFailed = at < 3
    executions.push(
      await insertExecution(store, owner, {
        ...{ formulaId, formulaInstanceId: instanceId, status: isFailed ? 'failed' : 'success' },
        created_at: new Date(START.getTime() + at * 60_000),
        ...(at === 1 ? { event_id: '35149', object_id: '003A' } : {}),
        trigger: { args: { at } },
        steps: [
          { name: 'first', type: 'script', outcome: { value: { id: '8000270E-1392053436' } } },
          { name: 'ask', type: 'filter', outcome: { status: 'failed', value: { continue: false } } },
          {
            ...{ name: 'get', type: 'elementRequest' },
            outcome: isFailed ? { status: 'failed', isFailure: true, value: answered } : { value: answered },
          },
        ],
      }),
    )
  }
})
afterAll(() => hub.close())

const get = (path: string, authorization?: string): Promise<Answer> =>
  hub.call('GET', path, authorization === undefined ? {} : { authorization })
const idsOf = ({ body }: Answer): number[] => body.map(({ id }: { id: number }) => id)
const newestFirst = () => executions.map(({ id }) => id).toReversed()
const counts = ({ headers }: Answer) => ['total', 'returned'].map((name) => headers.get(`elements-${name}-count`))
const tokenOf = ({ headers }: Answer) => headers.get('elements-next-page-token')
const failed = () =>
  executions
    .slice(0, 3)
    .map(({ id }) => id)
    .toReversed()

describe('lists of executions', () => {
  test('by instance, in both forms, and of all instances: newest first, with counts, without steps', async () => {
    for (const path of [
      `/formulas/instances/${instanceId}/executions`,
      `/formulas/${formulaId}/instances/${instanceId}/executions`,
      '/formulas/instances/executions',
    ]) {
      const answer = await get(path)
      expect(answer.status, answer.text).toBe(200)
      expect(idsOf(answer)).toEqual(newestFirst())
      expect(counts(answer)).toEqual(['4', '4'])
      expect(tokenOf(answer)).toBeNull()
      expect(answer.body[2]).toEqual({
        ...{ id: executions[1]?.id, formulaInstanceId: instanceId, status: 'failed', eventId: '35149' },
        ...{ createdDate: '2026-11-01T10:01:00Z', updatedDate: '2026-11-01T10:01:03Z' },
      })
    }
  })

  test.each(['/formulas/instances/{i}/executions', '/formulas/instances/executions'])('%s by pages', async (path) => {
    const at = path.replace('{i}', String(instanceId))
    const first = await get(`${at}?pageSize=3`)
    expect(idsOf(first)).toEqual(newestFirst().slice(0, 3))
    expect(counts(first)).toEqual(['4', '3'])
    const second = await get(`${at}?pageSize=3&nextPage=${tokenOf(first)}`)
    expect(idsOf(second)).toEqual(newestFirst().slice(3))
    expect(tokenOf(second)).toBeNull()
    const damaged = await get(`${at}?nextPage=x${tokenOf(first)}`)
    expect(damaged.status).toBe(400)
  })

  test('older clients send a page number, and empty parameters', async () => {
    const path = `/formulas/instances/${instanceId}/executions?eventId=&objectId=&nextPage=`
    expect(idsOf(await get(`${path}&page=1&pageSize=50`))).toEqual(newestFirst())
    expect(idsOf(await get(`${path}&page=2&pageSize=3`))).toEqual(newestFirst().slice(3))
  })

  test('of an event, or about an object; not both', async () => {
    const path = `/formulas/instances/${instanceId}/executions`
    for (const filter of ['eventId=35149', 'objectId=003A', 'eventId=35149&objectId=']) {
      const answer = await get(`${path}?${filter}`)
      expect(idsOf(answer)).toEqual([executions[1]?.id])
      expect(counts(answer)).toEqual(['1', '1'])
    }
    const none = await get(`${path}?objectId=nothing`)
    expect([none.status, none.body]).toEqual([200, []])
    const both = await get(`${path}?eventId=35149&objectId=003A`)
    expect([both.status, both.body.message]).toEqual([
      400,
      'eventId and objectId cannot be used together: leave one of them out',
    ])
  })

  test('of an instance that is not there: 404', async () => {
    for (const path of [
      '/formulas/instances/99999/executions',
      '/formulas/instances/abc/executions',
      '/formulas/instances/99999999999/executions',
      `/formulas/99999/instances/${instanceId}/executions`,
    ])
      expect((await get(path)).status, path).toBe(404)
  })
})

describe('one execution', () => {
  test('in both forms: with its steps, the oldest first, without values', async () => {
    const id = executions[0]?.id
    const long = await get(`/formulas/${formulaId}/instances/${instanceId}/executions/${id}`)
    const short = await get(`/formulas/instances/executions/${id}`)
    expect(short.status, short.text).toBe(200)
    expect(long.body).toEqual(short.body)
    expect(short.body).toMatchObject({ id, formulaInstanceId: instanceId, status: 'failed' })
    expect(
      short.body.stepExecutions.map((step: { stepName: string; status: string }) => [step.stepName, step.status]),
    ).toEqual([
      ['trigger', 'success'],
      ['first', 'success'],
      ['ask', 'failed'],
      ['get', 'failed'],
    ])
    for (const step of short.body.stepExecutions) expect(step).not.toHaveProperty('stepExecutionValues')
    expect(short.body.stepExecutions[0]).not.toHaveProperty('updatedDate')
  })

  test('is not found below another instance, nor by an id that there is not', async () => {
    const other = await insertFormulaInstance(hub.hub.store, owner, { formulaId })
    for (const path of [
      `/formulas/${formulaId}/instances/${other}/executions/${executions[0]?.id}`,
      '/formulas/instances/executions/987654321',
      '/formulas/instances/executions/abc',
      '/formulas/instances/executions/987654321/steps',
      '/formulas/instances/executions/987654321/errors',
      '/formulas/instances/executions/steps/987654321',
    ]) {
      const { status, body } = await get(path)
      expect({ path, status, keys: Object.keys(body) }).toEqual({ path, status: 404, keys: ['requestId', 'message'] })
    }
  })

  test('its steps, the newest first, by pages, with values or without', async () => {
    const path = `/formulas/instances/executions/${executions[0]?.id}/steps`
    const plain = await get(path)
    expect(plain.body.map(({ stepName }: { stepName: string }) => stepName)).toEqual(['get', 'ask', 'first', 'trigger'])
    expect(plain.body[0]).not.toHaveProperty('stepExecutionValues')
    expect(counts(plain)).toEqual(['4', '4'])
    const valued = await get(`${path}?includeValues=true`)
    const [step] = valued.body
    expect(step.stepExecutionValues).toEqual([
      { id: step.id * 10_000, key: 'get.request.method', value: 'GET' },
      { id: step.id * 10_000 + 1, key: 'get.request.body' },
      { id: step.id * 10_000 + 2, key: 'get.response.code', value: '404' },
      { id: step.id * 10_000 + 3, key: 'get.response.body', value: '{"message":"gone"}' },
    ])
    const first = await get(`${path}?includeValues=true&pageSize=1`)
    expect([counts(first), first.body]).toEqual([['4', '1'], [step]])
    // the token carries the filter
    const second = await get(`${path}?pageSize=1&nextPage=${tokenOf(first)}`)
    expect(second.body).toEqual([valued.body[1]])
  })

  test('one of its steps, and the values of that, by pages', async () => {
    const id = executions[0]?.stepIds[1]
    const values = [{ id: (id ?? 0) * 10_000, key: 'first.id', value: '8000270E-1392053436' }]
    const step = await get(`/formulas/instances/executions/steps/${id}`)
    expect([step.status, step.body]).toEqual([
      200,
      {
        ...{ id, stepName: 'first', status: 'success', stepExecutionValues: values },
        ...{ createdDate: '2026-11-01T10:00:01Z', updatedDate: '2026-11-01T10:00:01Z' },
      },
    ])
    expect((await get(`/formulas/instances/executions/steps/${id}/values`)).body).toEqual(values)
    const path = `/formulas/instances/executions/steps/${executions[0]?.stepIds[3]}/values`
    const first = await get(`${path}?pageSize=3`)
    expect(counts(first)).toEqual(['4', '3'])
    const second = await get(`${path}?pageSize=3&nextPage=${tokenOf(first)}`)
    expect(second.body.map(({ key }: { key: string }) => key)).toEqual(['get.response.body'])
    expect(tokenOf(second)).toBeNull()
  })

  test('of a step that is not kept any more there are no values', async () => {
    const answer = await get('/formulas/instances/executions/steps/987654321/values')
    expect([answer.status, answer.body, ...counts(answer)]).toEqual([200, [], '0', '0'])
  })
})

describe('errors', () => {
  test('of an execution: the failed steps with one value', async () => {
    const { status, body } = await get(`/formulas/instances/executions/${executions[0]?.id}/errors`)
    expect(status).toBe(200)
    expect(body).toMatchObject([
      {
        stepName: 'get',
        status: 'failed',
        stepExecutionValues: [{ key: 'get.response.body', value: '{"message":"gone"}' }],
      },
    ])
    const none = await get(`/formulas/instances/executions/${executions[3]?.id}/errors`)
    expect([none.status, none.body]).toEqual([200, []])
  })

  test('of an instance, in both forms, by pages and time', async () => {
    for (const path of [
      `/formulas/instances/${instanceId}/executions/errors`,
      `/formulas/${formulaId}/instances/${instanceId}/executions/errors`,
    ]) {
      const all = await get(path)
      expect(idsOf(all)).toEqual(failed())
      expect(counts(all)).toEqual(['3', '3'])
      for (const { status, stepExecutions } of all.body) expect([status, stepExecutions.length]).toEqual(['failed', 1])
      const first = await get(`${path}?pageSize=2`)
      expect(idsOf(first)).toEqual(failed().slice(0, 2))
      const second = await get(`${path}?pageSize=2&nextPage=${tokenOf(first)}`)
      expect(idsOf(second)).toEqual(failed().slice(2))
      const within = await get(`${path}?from=2026-11-01T10:00:30Z&to=2026-11-01T10:01:30Z`)
      expect(idsOf(within)).toEqual([executions[1]?.id])
      const later = await get(`${path}?from=2026-12-01T10:00:00Z`)
      expect([later.status, later.body]).toEqual([200, []])
      const backwards = await get(`${path}?from=2026-12-01T10:00:00Z&to=2026-11-01T10:00:00Z`)
      expect(backwards.status).toBe(400)
    }
  })

  test('of a formula: its instances that failed, by pages and time', async () => {
    const { store } = hub.hub
    const second = await insertFormulaInstance(store, owner, { formulaId, name: 'second' })
    await insertFormulaInstance(store, owner, { formulaId, name: 'never failed' })
    await insertExecution(store, owner, { formulaId, formulaInstanceId: second, status: 'failed', created_at: START })
    const path = `/formulas/${formulaId}/instances/executions/errors`
    const all = await get(path)
    expect(idsOf(all)).toEqual([instanceId, second])
    expect(all.body[0]).toMatchObject({ formula: { id: formulaId, name: 'Read me' } })
    expect(all.body[0].executions.map(({ id }: { id: number }) => id)).toEqual(failed())
    const first = await get(`${path}?pageSize=1`)
    expect([idsOf(first), counts(first)]).toEqual([[instanceId], ['2', '1']])
    const next = await get(`${path}?pageSize=1&nextPage=${tokenOf(first)}`)
    expect([idsOf(next), tokenOf(next)]).toEqual([[second], null])
    expect(idsOf(await get(`${path}?to=2026-11-01T10:00:00Z`))).toEqual([instanceId, second])
    expect(idsOf(await get(`${path}?from=2026-11-01T10:01:00Z`))).toEqual([instanceId])
    expect((await get('/formulas/99999/instances/executions/errors')).status).toBe(404)
  })
})

test('executions belong to their account: neither a colleague of another one nor a stranger reads them', async () => {
  const organizationSecret = organizationSecretOf(hub.authorization)
  const neighbour = await addPerson(hub.hub.store, {
    ...{ organizationId: owner.organizationId, organizationSecret, name: 'Neighbour' },
  })
  const [, step] = executions[0]?.stepIds ?? []
  for (const path of [
    `/formulas/instances/${instanceId}/executions`,
    `/formulas/instances/${instanceId}/executions/errors`,
    `/formulas/instances/executions/${executions[0]?.id}`,
    `/formulas/instances/executions/${executions[0]?.id}/steps`,
    `/formulas/instances/executions/${executions[0]?.id}/errors`,
    `/formulas/instances/executions/steps/${step}`,
    `/formulas/instances/executions/steps/${step}/values`,
  ]) {
    expect((await get(path, neighbour.authorization)).status, path).toBe(403)
    expect((await hub.call('GET', path, { authorization: null })).status, path).toBe(401)
  }
  expect((await get('/formulas/instances/executions', neighbour.authorization)).body).toEqual([])
  // a formula of the default account is there for everybody; what ran of it is not
  const errors = await get(`/formulas/${formulaId}/instances/executions/errors`, neighbour.authorization)
  expect([errors.status, errors.body]).toEqual([200, []])
})
