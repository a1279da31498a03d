import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { elementRequest, type Formulas, formulasOf, loop, script, step } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Steps, triggers and variables one by one (spec 30 §1.2, §2.4). */
let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
})
afterAll(() => hub.close())

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const ok = async (method: string, path: string, body?: unknown): Promise<any> =>
  expectOk(await formulas.call(method, path, body)).body
const whole = (id: number) => ok('GET', `/formulas/${id}`)

describe('30 §1.2: steps', () => {
  test('POST, GET, list, PUT, DELETE', async () => {
    const { id } = await formulas.make({ steps: { a: script('done(1)') } })
    const given = { name: '2-b', type: 'script', onSuccess: [], onFailure: ['a'], properties: { body: 'done(2)' } }
    const made = await ok('POST', `/formulas/${id}/steps`, given)
    expect(made).toMatchObject({ ...given, id: expect.any(Number) })
    expect(await ok('GET', `/formulas/${id}/steps/${made.id}`)).toEqual(made)
    const steps = await ok('GET', `/formulas/${id}/steps`)
    expect(steps.map(({ name }: { name: string }) => name)).toEqual(['a', '2-b'])
    const change = { ...given, properties: { body: 'done(3)' }, onFailure: [] }
    const put = await ok('PUT', `/formulas/${id}/steps/${made.id}`, change)
    expect(put).toMatchObject({ ...change, id: made.id })
    expect((await whole(id)).steps).toContainEqual(put)
    await ok('DELETE', `/formulas/${id}/steps/${made.id}`)
    expectError(await formulas.call('GET', `/formulas/${id}/steps/${made.id}`), 404)
  })

  test('DELETE takes the name out of every edge, of steps and of the trigger', async () => {
    const { id, steps } = await formulas.make({
      steps: { gone: script('done()', 'b'), b: script('done()', 'gone'), c: script('done()', 'b', 'gone') },
    })
    await ok('DELETE', `/formulas/${id}/steps/${steps[0].id}`)
    const left = await whole(id)
    expect(left.triggers[0].onSuccess).toEqual([])
    expect(left.steps).toMatchObject([
      { name: 'b', onSuccess: [], onFailure: [] },
      { name: 'c', onSuccess: ['b'], onFailure: [] },
    ])
  })

  test('numbers in properties stay numbers (§2.3)', async () => {
    const { id } = await formulas.make({})
    const properties = { elementInstanceId: '${config.crm}', method: 'GET', api: '/x', retry: 'true', retryDelay: 500 }
    const made = await ok('POST', `/formulas/${id}/steps`, { name: 'get', type: 'elementRequest', properties })
    expect(made.properties).toEqual(properties)
  })
})

describe('30 §1.2, §2.2: triggers', () => {
  test('POST, GET, PUT, DELETE; left-over properties of another type stay', async () => {
    const { id } = await ok('POST', '/formulas', { name: 'without a trigger' })
    const given = { type: 'scheduled', properties: { cron: '0 0 2 1/1 * ? *' }, onSuccess: [], onFailure: [] }
    const made = await ok('POST', `/formulas/${id}/triggers`, given)
    expect(made).toMatchObject({ ...given, id: expect.any(Number), name: 'trigger', async: true })
    expect(await ok('GET', `/formulas/${id}/triggers/${made.id}`)).toEqual(made)
    expect(await ok('GET', `/formulas/${id}/triggers`)).toEqual([made])
    const put = await ok('PUT', `/formulas/${id}/triggers/${made.id}`, { ...made, type: 'manual' })
    expect(put).toMatchObject({ id: made.id, type: 'manual', properties: { cron: '0 0 2 1/1 * ? *' } })
    await ok('DELETE', `/formulas/${id}/triggers/${made.id}`)
    expect((await whole(id)).triggers).toEqual([])
  })
})

describe('30 §1.2, §2.4: variables', () => {
  const variable = { key: 'crm.source', name: 'CRM source', type: 'elementInstance', description: 'of leads' }

  test('POST, GET, list, PUT, DELETE; required when nothing else is said', async () => {
    const { id } = await formulas.make({})
    const made = await ok('POST', `/formulas/${id}/configuration`, variable)
    expect(made).toMatchObject({ ...variable, id: expect.any(Number), required: true })
    expect(await ok('GET', `/formulas/${id}/configuration/${made.id}`)).toEqual(made)
    expect(await ok('GET', `/formulas/${id}/configuration`)).toEqual([made])
    const change = { ...variable, name: 'Source', required: false }
    expect(await ok('PUT', `/formulas/${id}/configuration/${made.id}`, change)).toMatchObject(change)
    await ok('DELETE', `/formulas/${id}/configuration/${made.id}`)
    expect((await whole(id)).configuration).toEqual([])
  })

  test('a key twice is 409', async () => {
    const { id } = await formulas.make({ config: { flag: 'value' } })
    const again = { key: 'flag', name: 'again', type: 'value' }
    expectError(await formulas.call('POST', `/formulas/${id}/configuration`, again), 409)
    expect((await whole(id)).configuration).toHaveLength(1)
  })

  test('a changed key changes every reference, each in its style', async () => {
    const { id, configuration } = await formulas.make({
      config: { old: 'elementInstance', 'old.deep': 'value', elder: 'value' },
      trigger: { type: 'event', properties: { elementInstanceId: '${old}' } },
      steps: {
        short: elementRequest('GET /x/${old}/${config.old}', { elementInstanceId: '${old}', query: '${config.elder}' }),
        long: step('loop', { list: '${config.old}' }),
        others: loop('${config.old.deep}'),
      },
    })
    const [old] = configuration
    await ok('PUT', `/formulas/${id}/configuration/${old.id}`, { ...old, key: 'fresh' })
    const { triggers, steps, configuration: now } = await whole(id)
    expect(now.map(({ key }: { key: string }) => key)).toEqual(['fresh', 'old.deep', 'elder'])
    expect(triggers[0].properties.elementInstanceId).toBe('${fresh}')
    expect(steps.map(({ properties }: { properties: object }) => properties)).toMatchObject([
      { elementInstanceId: '${fresh}', api: '/x/${fresh}/${config.fresh}', query: '${config.elder}' },
      { list: '${config.fresh}' },
      { list: '${config.old.deep}' },
    ])
  })

  test('DELETE is refused while instances exist', async () => {
    const { id, configuration } = await formulas.make({ config: { flag: 'value?' } })
    const instance = await formulas.bind({ id })
    const path = `/formulas/${id}/configuration/${configuration[0].id}`
    expectError(await formulas.call('DELETE', path), 409)
    await ok('DELETE', `/formulas/${id}/instances/${instance.id}`)
    await ok('DELETE', path)
  })
})

test('30 §2.5: unknown ids are 404, also those of another formula', async () => {
  const { id } = await formulas.make({})
  const other = await formulas.make({ steps: { a: script('done()') }, config: { flag: 'value' } })
  for (const [part, theirs] of [
    ['steps', other.steps[0]],
    ['triggers', other.triggers[0]],
    ['configuration', other.configuration[0]],
  ] as const) {
    for (const path of [`/formulas/${id}/${part}/999999`, `/formulas/${id}/${part}/${theirs.id}`]) {
      expectError(await formulas.call('GET', path), 404)
      expectError(await formulas.call('PUT', path, theirs), 404)
      expectError(await formulas.call('DELETE', path), 404)
    }
    expectError(await formulas.call('POST', `/formulas/999999/${part}`, theirs), 404)
  }
  expect(await whole(other.id)).toEqual(other)
})
