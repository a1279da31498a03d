import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EVENT_HOOK,
  type ProvisionedInstance,
  postEvent,
  postEventElement,
  provisionWithEvents,
} from '../../support/event-element.ts'
import { type EventVendor, startEventVendor } from '../../support/event-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, type FormulaText, formulasOf, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Executions by events and by calls (spec 31 §1, 32 §2, scenarios 10 and 14). */
let hub: TestHub
let vendor: EventVendor
let formulas: Formulas
let crm: ProvisionedInstance
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startEventVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  formulas = formulasOf(hub)
  await formulas.warm()
  await postEventElement(hub, { key: 'hooked', baseUrl: vendor.baseUrl, hook: EVENT_HOOK })
  crm = await provisionWithEvents(hub, 'hooked', {})
  vendor.fill('contacts', [{ id: 1, name: 'Ann' }])
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})

const item = (id: string) => ({ id, type: 'Contact', change: 'created' })
const send = (items: string[], to = crm.id) =>
  postEvent(hub, `/events/hooked/${to}`, { body: { items: items.map(item), extra: 'untouched' } })
const onEvents = (elementInstanceId = '${config.crm}'): FormulaText => ({
  trigger: { type: 'event', properties: { elementInstanceId } },
  config: { crm: 'elementInstance' },
  steps: { tell: script('done({ id: trigger.event.objectId, type: trigger.type, message: trigger.body.message })') },
})
const bound = async (formula: FormulaText, crmId = crm.id, more = {}) =>
  formulas.bind(await formulas.make(formula), { crm: crmId }, more)

describe('31 §1: event', () => {
  test('scenario 10: one event with three objects is three executions, each object once', async () => {
    const instance = await bound(onEvents())
    await send(['a', 'b', 'c'])
    const executions = await formulas.executions(instance.id, 3)
    expect(executions).toHaveLength(3)
    const runs = await Promise.all(executions.map(({ id }) => formulas.read(id)))
    expect(runs.map(({ value }) => value('tell.id')).toSorted()).toEqual(['a', 'b', 'c'])
    for (const { status, value } of runs) expect([status, value('tell.type')]).toEqual(['success', 'event'])
  })

  test('31 §1.1, §1.2: what its trigger knows', async () => {
    const instance = await bound(onEvents())
    await send(['x1'])
    const [execution] = await formulas.executions(instance.id, 1)
    const { visits, json, value } = await formulas.read(execution.id)
    expect(Object.keys(visits[0]?.values ?? {}).toSorted()).toEqual([
      ...['trigger.body', 'trigger.event', 'trigger.eventId', 'trigger.instanceId', 'trigger.type'],
    ])
    expect(json('trigger.event')).toMatchObject({
      ...{ objectType: 'Contact', objectId: 'x1', eventType: expect.stringMatching(/created/i), elementKey: 'hooked' },
      ...{ date: expect.any(String), hubKey: 'crm' },
    })
    expect(value('trigger.type')).toBe('event')
    expect(value('trigger.instanceId')).toBe(String(crm.id))
    expect(value('trigger.eventId')).toBe(String(execution.eventId))
    const { message } = json('trigger.body')
    expect(message).toMatchObject({
      ...{ elementKey: 'hooked', instanceId: crm.id, instance_id: crm.id, instanceName: crm.name },
      ...{ accountId: expect.any(Number), userId: expect.any(Number), eventId: expect.anything() },
    })
    expect(message.events[0]).toMatchObject({ objectId: 'x1' })
    expect(JSON.stringify(message.raw)).toContain('untouched')
  })

  test('v1 shorthand names the instance, too', async () => {
    const instance = await bound({ ...onEvents('${crm}'), engine: 'v1' })
    await send(['short'])
    expect(await formulas.executions(instance.id, 1)).toHaveLength(1)
  })

  test('only instances that are active, of templates that are, and bound to that element instance', async () => {
    const other = await provisionWithEvents(hub, 'hooked', {})
    const off = await bound(onEvents(), crm.id, { active: false })
    const offTemplate = await bound({ ...onEvents(), more: { active: false } })
    const elsewhere = await bound(onEvents(), other.id)
    const [one, two] = [await bound(onEvents()), await bound(onEvents())]
    await send(['only'])
    for (const { id } of [one, two]) expect(await formulas.executions(id, 1)).toHaveLength(1)
    for (const { id } of [off, offTemplate, elsewhere]) expect(await formulas.executions(id, 0)).toEqual([])
  })

  test('32 §2: by eventId and by objectId', async () => {
    const instance = await bound(onEvents())
    await send(['o1', 'o2'])
    await formulas.executions(instance.id, 2)
    await send(['o1'])
    const all = await formulas.executions(instance.id, 3)
    const path = `/formulas/instances/${instance.id}/executions`
    const find = async (query: string) => expectOk(await formulas.call('GET', `${path}?${query}`)).body
    expect(await find('objectId=o1')).toHaveLength(2)
    expect(await find('objectId=o2')).toHaveLength(1)
    expect(await find('objectId=o9')).toEqual([])
    const ids = new Set<string>(all.map(({ eventId }) => eventId))
    expect(ids.size).toBe(2)
    const counts = await Promise.all([...ids].map(async (id) => (await find(`eventId=${id}`)).length))
    expect(counts.toSorted()).toEqual([1, 2])
    expectError(await formulas.call('GET', `${path}?eventId=1&objectId=o1`), 400)
  })

  test('32 §10: ten events at once are ten executions, each with its own', async () => {
    const instance = await bound(onEvents())
    const ids = Array.from({ length: 10 }, (_, index) => `at-once-${index}`)
    await Promise.all(ids.map((id) => send([id])))
    const executions = await formulas.executions(instance.id, 10)
    const runs = await Promise.all(executions.map(({ id }) => formulas.read(id)))
    expect(runs.map(({ value }) => value('tell.id')).toSorted()).toEqual(ids.toSorted())
  })

  test('30 §1.5: the dispositions of the event say so', async () => {
    const instance = await bound(onEvents())
    await send(['told'])
    const [execution] = await formulas.executions(instance.id, 1)
    await expect
      .poll(
        async () => {
          const { body } = await formulas.call('GET', '/instances/events/dispositions')
          const one = [body].flat().find(({ eventId, id }) => String(eventId ?? id) === String(execution.eventId))
          const messages = (one?.notificationData ?? []).map(({ message }: { message: string }) => message)
          const at = (text: string) => messages.findIndex((message: string) => message.includes(text))
          return at('Triggered executions') >= 0 && at('Completed execution') > at('Triggered executions')
        },
        { timeout: 5_000, interval: 50 },
      )
      .toBe(true)
  })
})

describe('32 §2, scenario 14: POST on a formula for events', () => {
  const events = ['p1', 'p2', 'p3'].map((objectId) => ({ objectId, objectType: 'Contact', eventType: 'CREATED' }))

  test.each([
    ['with the wrapper', (id: number) => ({ message: { instance_id: id, events, raw: { some: 'raw' } } })],
    ['without it', (id: number) => ({ instance_id: id, events })],
  ])('%s: one execution for each event, like real ones', async (_, bodyOf) => {
    const instance = await bound(onEvents())
    const ids = await formulas.start(instance.id, bodyOf(crm.id))
    expect(ids).toHaveLength(3)
    const runs = await Promise.all(ids.map((id) => formulas.read(id)))
    expect(runs.map(({ value }) => value('tell.id')).toSorted()).toEqual(['p1', 'p2', 'p3'])
    for (const { value, json, visits } of runs) {
      expect(value('trigger.type')).toBe('event')
      expect(json('trigger.event')).toMatchObject({ objectType: 'Contact', eventType: 'CREATED' })
      expect(visits[0]?.values).not.toHaveProperty('trigger.args')
    }
    const found = await formulas.call('GET', `/formulas/instances/${instance.id}/executions?objectId=p2`)
    expect(found.body).toHaveLength(1)
  })
})

describe('31 §1: elementRequest', () => {
  const onCalls = (api: string, method = 'GET', type = 'elementRequest'): FormulaText => ({
    trigger: { type, properties: { elementInstanceId: '${config.crm}', method, api } },
    config: { crm: 'elementInstance' },
    steps: {
      tell: script(
        'done({ type: trigger.type, code: trigger.response.code, first: trigger.response.body[0].name, query: trigger.request.query })',
      ),
    },
  })

  test.each(['/hubs/crm/contacts', 'hubs/crm/contacts', '/contacts', 'contacts'])('a call of %s', async (api) => {
    const instance = await bound(onCalls(api))
    expectOk(await hub.call('GET', '/hubs/crm/contacts?pageSize=5', { token: crm.token }))
    const [execution] = await formulas.executions(instance.id, 1)
    const { visits, value, json, status } = await formulas.read(execution.id)
    expect([status, value('trigger.type'), value('tell.type'), value('tell.code')]).toEqual([
      ...['success', 'request', 'request', '200'],
    ])
    expect(value('tell.first')).toBe('Ann')
    expect(json('tell.query')).toMatchObject({ pageSize: '5' })
    expect(Object.keys(visits[0]?.values ?? {})).toEqual(
      expect.arrayContaining([
        ...['trigger.request.headers', 'trigger.request.method', 'trigger.request.path', 'trigger.request.query'],
        ...['trigger.request.body', 'trigger.response.body', 'trigger.response.code', 'trigger.response.headers'],
      ]),
    )
    const secrets = [crm.token, ...hub.authorization.split(/[ ,]+/).filter((one) => one.length > 20)]
    for (const secret of secrets) expect(JSON.stringify(visits)).not.toContain(secret)
    expectOk(await formulas.call('DELETE', `/formulas/instances/${instance.id}`))
  })

  test('`request` is another word for it; the hub-less path is the same call', async () => {
    const instance = await bound(onCalls('/hubs/crm/contacts', 'GET', 'request'))
    expectOk(await hub.call('GET', '/contacts', { token: crm.token }))
    expect(await formulas.executions(instance.id, 1)).toHaveLength(1)
    expectOk(await formulas.call('DELETE', `/formulas/instances/${instance.id}`))
  })

  test('another method, path or element instance is no start', async () => {
    const other = await provisionWithEvents(hub, 'hooked', {})
    const instances = [
      await bound(onCalls('/contacts', 'POST')),
      await bound(onCalls('/accounts')),
      await bound(onCalls('/contacts'), other.id),
    ]
    const right = await bound(onCalls('/contacts'))
    expectOk(await hub.call('GET', '/contacts', { token: crm.token }))
    expect(await formulas.executions(right.id, 1)).toHaveLength(1)
    for (const { id } of instances) expect(await formulas.executions(id, 0)).toEqual([])
    expectOk(await formulas.call('DELETE', `/formulas/instances/${right.id}`))
  })
})
