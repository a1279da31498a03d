import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What binds a template to element instances and values (spec 30 §1.3, §3). */
let hub: TestHub
let formulas: Formulas
let crm: { id: number; name: string }
let made: { id: number; name: string }
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  crm = (await hub.provisionBase({ name: 'Sales of Zürich' })) as unknown as typeof crm
  made = await formulas.make({
    config: { 'crm.source': 'elementInstance?', object: 'value?' },
    steps: { a: script('done({ object: config.object })') },
  })
})
afterAll(() => hub.close())

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const ok = async (method: string, path: string, body?: unknown): Promise<any> =>
  expectOk(await formulas.call(method, path, body)).body
const idsOf = (bodies: { id: number }[]) => bodies.map(({ id }) => id)

describe('30 §3.1: the members of an instance', () => {
  test('as it was given, with what the server adds', async () => {
    const configuration = { 'crm.source': crm.id, object: 'leads' }
    const settings = { 'notification.email': 'ops@example.test', 'notification.webhook.url': 'no-scheme.example/x' }
    const instance = await formulas.bind(made, configuration, { name: '<b>EU</b> tenant', settings })
    expect(instance).toMatchObject({
      id: expect.any(Number),
      name: 'EU tenant',
      active: true,
      formula: { id: made.id, active: true },
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      configuration: { 'crm.source': String(crm.id), object: 'leads' },
      settings,
    })
    expect(await ok('GET', `/formulas/instances/${instance.id}`)).toMatchObject(instance)
    expect(await ok('GET', `/formulas/${made.id}/instances/${instance.id}`)).toMatchObject(instance)
  })

  test('no settings are {}; a name is needed, and may be had twice', async () => {
    expect((await formulas.bind(made)).settings).toEqual({})
    const path = `/formulas/${made.id}/instances`
    expectError(await formulas.call('POST', path, { configuration: {} }), 400)
    const twins = await Promise.all(['same', 'same'].map((name) => ok('POST', path, { name, configuration: {} })))
    expect(new Set(idsOf(twins)).size).toBe(2)
  })
})

describe('30 §3.2: PUT merges', () => {
  test('configuration alone keeps name and settings, and all keys that it does not name', async () => {
    const settings = { 'notification.email': 'ops@example.test' }
    const instance = await formulas.bind(made, { object: 'leads', own: 'x' }, { name: 'kept', settings })
    const path = `/formulas/${made.id}/instances/${instance.id}`
    await ok('PUT', path, { configuration: { object: 'contacts' } })
    const { name, configuration, settings: now } = await ok('GET', path)
    expect({ name, settings: now }).toEqual({ name: 'kept', settings })
    expect(configuration['object']).toBe('contacts')
    expect(expectOk(await formulas.call('PUT', path, { name: '<i>renamed</i>' })).body.name).toBe('renamed')
    expect((await ok('GET', path)).configuration).toEqual(configuration)
  })

  test('the two fields of the guard alone', async () => {
    const instance = await formulas.bind(made, { object: 'leads' })
    const path = `/formulas/${made.id}/instances/${instance.id}`
    const guard = { numberConsecutiveErrors: 50, firstConsecutiveErrorDate: '2018-03-01T10:00:00Z' }
    await ok('PUT', path, guard)
    expect(await ok('GET', path)).toMatchObject({ ...guard, name: instance.name, configuration: { object: 'leads' } })
  })

  test('an element instance that is not there is refused, and nothing changes', async () => {
    const instance = await formulas.bind(made, { 'crm.source': crm.id })
    const path = `/formulas/${made.id}/instances/${instance.id}`
    expectError(await formulas.call('PUT', path, { configuration: { 'crm.source': '999999' } }), 400)
    expect((await ok('GET', path)).configuration).toEqual({ 'crm.source': String(crm.id) })
  })
})

describe('30 §3.4: executions start only if both are active', () => {
  test('an instance is deactivated and activated; PUT with `active` does the same', async () => {
    const instance = await formulas.bind(made)
    const path = `/formulas/${made.id}/instances/${instance.id}`
    const isActive = async () => (await ok('GET', path)).active
    const start = () => formulas.call('POST', `/formulas/instances/${instance.id}/executions`, {})
    expectOk(await formulas.call('DELETE', `${path}/active`))
    expect(await isActive()).toBe(false)
    expectError(await start(), 400)
    expectOk(await formulas.call('PUT', `${path}/active`))
    expect(await isActive()).toBe(true)
    expectOk(await start())
    await ok('PUT', path, { active: false })
    expect(await isActive()).toBe(false)
    await ok('PUT', path, { active: true })
    expectOk(await start())
    await formulas.executions(instance.id, 2)
  })

  test('a template that is not active starts nothing', async () => {
    const template = await formulas.make({ steps: { a: script('done()') }, more: { active: false } })
    const instance = await formulas.bind(template)
    expect(instance.formula.active).toBe(false)
    const path = `/formulas/instances/${instance.id}/executions`
    expectError(await formulas.call('POST', path, {}), 400)
    await ok('PATCH', `/formulas/${template.id}`, { active: true })
    expectOk(await formulas.call('POST', path, {}))
    await formulas.executions(instance.id, 1)
  })

  test('activate and deactivate: unknown ids are 404', async () => {
    const instance = await formulas.bind(made)
    const other = await formulas.make({})
    for (const method of ['PUT', 'DELETE'])
      for (const path of [
        `/formulas/${made.id}/instances/999999/active`,
        `/formulas/999999/instances/${instance.id}/active`,
        `/formulas/${other.id}/instances/${instance.id}/active`,
      ])
        expectError(await formulas.call(method, path), 404)
  })
})

describe('30 §1.6: lists of instances', () => {
  test('all of them: active ones, and others when they are asked for; each names its formula', async () => {
    const [on, off] = [await formulas.bind(made), await formulas.bind(made, {}, { active: false })]
    const active = await ok('GET', '/formulas/instances?pageSize=200')
    expect(idsOf(active)).toContain(on.id)
    expect(idsOf(active)).not.toContain(off.id)
    expect(active.find(({ id }: { id: number }) => id === on.id).formula).toMatchObject({
      id: made.id,
      name: made.name,
    })
    expect(idsOf(await ok('GET', '/formulas/instances?pageSize=200&includeInactive=true'))).toContain(off.id)
    const ofFormula = await formulas.call('GET', `/formulas/${made.id}/instances?pageSize=200`)
    expect(idsOf(ofFormula.body)).toEqual(expect.arrayContaining([on.id, off.id]))
    expect(ofFormula.body[0].formula.id).toBe(made.id)
    expect(ofFormula.headers.get('elements-total-count')).toBe(String(ofFormula.body.length))
  })

  test('pages', async () => {
    await formulas.bind(made)
    await formulas.bind(made)
    const first = expectOk(await formulas.call('GET', '/formulas/instances?pageSize=1&nextPage='))
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const second = expectOk(await formulas.call('GET', `/formulas/instances?pageSize=1&nextPage=${token}`))
    expect(second.body).toHaveLength(1)
    expect(second.body[0].id).not.toBe(first.body[0].id)
  })

  test('by element instance; an unknown one is an empty list', async () => {
    const bound = await formulas.bind(made, { 'crm.source': crm.id })
    const unbound = await formulas.bind(made)
    const ids = idsOf(await ok('GET', `/formulas/instances?elementInstanceId=${crm.id}&pageSize=200`))
    expect(ids).toContain(bound.id)
    expect(ids).not.toContain(unbound.id)
    expect(await ok('GET', '/formulas/instances?elementInstanceId=999999')).toEqual([])
  })

  test('searchText: of its name, of the name of its element instance, of the key of the element', async () => {
    const named = await formulas.bind(made, {}, { name: 'A most peculiar 100% name' })
    const bound = await formulas.bind(made, { 'crm.source': crm.id }, { name: 'plain' })
    const search = async (text: string) =>
      idsOf(await ok('GET', `/formulas/instances?pageSize=200&searchText=${encodeURIComponent(text)}`))
    expect(await search('peculiar 100%')).toEqual([named.id])
    expect(await search('of Zürich')).toContain(bound.id)
    expect(await search('of Zürich')).not.toContain(named.id)
    expect(await search('base')).toContain(bound.id)
    expect(await search('nothing like that')).toEqual([])
  })

  test('of one account', async () => {
    const instance = await formulas.bind(made)
    const { accountId } = await ok('GET', `/formulas/${made.id}`)
    expect(idsOf(await ok('GET', `/accounts/${accountId}/formulas/${made.id}/instances`))).toContain(instance.id)
  })
})

describe('30 §1.3: the end', () => {
  test('DELETE by the long path and by the instance alone', async () => {
    for (const pathOf of [
      (id: number) => `/formulas/${made.id}/instances/${id}`,
      (id: number) => `/formulas/instances/${id}`,
    ]) {
      const { id } = await formulas.bind(made)
      expectOk(await formulas.call('DELETE', pathOf(id)))
      expectError(await formulas.call('GET', pathOf(id)), 404)
      expectError(await formulas.call('DELETE', pathOf(id)), 404)
      expectError(await formulas.call('POST', `/formulas/instances/${id}/executions`, {}), 404)
    }
  })

  test('an instance of another formula is not there', async () => {
    const other = await formulas.make({})
    const { id } = await formulas.bind(made)
    for (const method of ['GET', 'DELETE'])
      expectError(await formulas.call(method, `/formulas/${other.id}/instances/${id}`), 404)
    expectError(await formulas.call('PUT', `/formulas/${other.id}/instances/${id}`, { name: 'x' }), 404)
    await ok('GET', `/formulas/instances/${id}`)
  })
})
