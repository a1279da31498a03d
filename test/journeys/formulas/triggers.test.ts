import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { SCHEDULES_TOPIC } from '../../../src/schedules/put-schedule.ts'
import {
  EVENT_HOOK,
  type ProvisionedInstance,
  postEvent,
  postEventElement,
  provisionWithEvents,
  refOf,
} from '../../support/event-element.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf, platformRequest, type TriggerText } from '../../support/formulas.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type Organization, type People } from '../../support/people.ts'
import { awaitStarted, startedOf } from '../../support/started-executions.ts'

/** What starts executions, and what they begin with (spec 31 §1, 32 §2). */
let hub: TestHub
let formulas: Formulas
let people: People
let stranger: Organization
let base: { id: number; token: string }
let source: ProvisionedInstance

beforeAll(async () => {
  hub = await startTestHub({}, { clockEveryMs: 50 })
  formulas = formulasOf(hub)
  people = await meetPeople(hub)
  stranger = await people.signUp('Strangers')
  base = await hub.provisionBase()
  await postEventElement(hub, { key: 'acme', baseUrl: 'https://api.acme.test', hook: EVENT_HOOK })
  source = await provisionWithEvents(hub, 'acme', {})
})
afterAll(() => hub.close())

const bound = async (trigger: TriggerText, crm: { id: number }, more: object = {}) => {
  const formula = await formulas.make({ trigger, config: { crm: 'elementInstance' } })
  return formulas.bind(formula, { crm: String(crm.id) }, more)
}
const EVENT = { type: 'event', properties: { elementInstanceId: '${config.crm}' } }
const onCall = (method: string, api: string) => ({
  type: 'elementRequest',
  properties: { elementInstanceId: '${config.crm}', method, api },
})
const item = (id: string) => ({ id, type: 'contacts', change: 'created' })
const send = async (body: object, to = source) =>
  expect((await postEvent(hub, `/events/acme/${refOf(to.id)}`, { body })).status).toBe(200)
const start = (instanceId: number, body?: unknown, headers: Record<string, string> = {}) =>
  hub.call('POST', `/formulas/instances/${instanceId}/executions`, { body, headers })
const refused = (answer: Answer, status: number, text: string) =>
  expect(expectError(answer, status).body.message).toContain(text)
const settledEvents = async (to: ProvisionedInstance) =>
  vi.waitFor(async () => {
    const { body } = await hub.call('GET', `/instances/${to.id}/events`)
    expect(body.length).toBeGreaterThan(0)
    for (const { status } of body) expect(['CONSUMED', 'NOTIFIED']).toContain(status)
    return body
  })

describe('an event', () => {
  test('starts one execution for each of its objects, of each instance that listens', async () => {
    const [one, two] = [await bound(EVENT, source), await bound(EVENT, source)]
    await send({ items: [item('1'), item('2'), item('3')] })
    const started = await awaitStarted(hub, one.id, 3)
    await awaitStarted(hub, two.id, 3)
    expect(started.map(({ object_id }) => object_id)).toEqual(['1', '2', '3'])
    const [first, second] = started
    expect(second).toMatchObject({ trigger_type: 'event', chain: 0, depth: 0 })
    expect(Object.keys(second?.trigger)).toEqual(['type', 'event', 'eventId', 'instanceId', 'body'])
    expect(second?.trigger).toMatchObject({
      type: 'event',
      event: { objectId: '2', objectType: 'contacts', eventType: 'CREATED', elementKey: 'acme', hubKey: 'crm' },
      eventId: first?.event_id,
      instanceId: source.id,
      body: {
        topic: `instance-${source.id}-acme-events`,
        action: 'create',
        severity: 'medium',
        message: { instance_id: source.id, events: [{ objectId: '1' }, { objectId: '2' }, { objectId: '3' }] },
      },
    })
    expect(second?.trigger.body.message.raw.items).toHaveLength(3)
  })

  test('says so beside it', async () => {
    const own = await provisionWithEvents(hub, 'acme', {})
    const listening = await bound(EVENT, own)
    await send(item('d'), own)
    const [started] = await awaitStarted(hub, listening.id, 1)
    await formulas.ended(started?.id ?? 0)
    const { body } = await hub.call('GET', '/instances/events/dispositions')
    const messages = body
      .filter(({ eventId }: { eventId: string }) => eventId === started?.event_id)
      .flatMap(({ notificationData }: { notificationData: { message: string }[] }) => notificationData)
      .map(({ message }: { message: string }) => message)
    expect(messages[0]).toBe(`Triggered executions ${started?.id}`)
    expect(messages).toContain(`Completed execution ${started?.id}: success`)
  })

  test('starts nothing that is not active, and nothing of other instances', async () => {
    const own = await provisionWithEvents(hub, 'acme', {})
    const off = await bound(EVENT, own, { active: false })
    const other = await bound(EVENT, source)
    const switched = await bound(EVENT, own)
    expectOk(await hub.call('DELETE', `/formulas/${switched.formula.id}/instances/${switched.id}/active`))
    await send(item('x'), own)
    await settledEvents(own)
    for (const { id } of [off, other, switched]) expect(await startedOf(hub, id)).toEqual([])
    expectOk(await hub.call('PUT', `/formulas/${switched.formula.id}/instances/${switched.id}/active`))
    await send(item('y'), own)
    expect((await awaitStarted(hub, switched.id, 1))[0]?.object_id).toBe('y')
  })
})

describe('a call of an element instance', () => {
  test('starts what listens to it, after it was answered', async () => {
    const listening = await bound(onCall('get', 'hubs/crm/contacts/{id}'), base)
    const { body: made } = expectOk(
      await hub.call('POST', '/hubs/crm/contacts', { token: base.token, body: { last_name: 'Listened' } }),
    )
    const answer = expectOk(await hub.call('GET', `/contacts/${made.id}?a=1`, { token: base.token }))
    const [started] = await awaitStarted(hub, listening.id, 1)
    expect(started).toMatchObject({ trigger_type: 'elementRequest' })
    expect(started?.trigger).toMatchObject({
      type: 'request',
      request: { method: 'GET', path: `/contacts/${made.id}`, query: { a: '1' }, body: null },
      response: { code: 200, body: answer.body },
    })
    expect(Object.keys(started?.trigger)).toEqual(['type', 'request', 'response'])
    expect(JSON.stringify(started?.trigger)).not.toContain(base.token)
  })

  test('starts what listens to it when it failed, and nothing that listens to another one', async () => {
    const listening = await bound(onCall('GET', '/contacts/{id}'), base)
    const other = await bound(onCall('DELETE', '/contacts/{id}'), base)
    expect((await hub.call('GET', '/contacts/999999999', { token: base.token })).status).toBe(404)
    const [started] = await awaitStarted(hub, listening.id, 1)
    expect(started?.trigger.response).toMatchObject({ code: 404, body: { message: expect.any(String) } })
    expect(await startedOf(hub, other.id)).toEqual([])
  })

  test('of the formula itself starts it no second time', async () => {
    const listening = await bound(onCall('GET', '/accounts'), base)
    const headers = { 'elements-formula-id': String(listening.formula.id), 'elements-formula-chain': '1' }
    expectOk(await hub.call('GET', '/hubs/crm/accounts', { token: base.token, headers }))
    expectOk(
      await hub.call('GET', '/hubs/crm/accounts', { token: base.token, headers: { 'elements-formula-chain': '7' } }),
    )
    expect(await awaitStarted(hub, listening.id, 1)).toMatchObject([{ chain: 7 }])
  })
})

test('a clock starts one execution each time', async () => {
  const formula = await formulas.make({ trigger: { type: 'scheduled', properties: { cron: '0 0 12 1 1 ? *' } } })
  const { id } = await formulas.bind(formula)
  const fire = () =>
    hub.hub.store.changes.transaction(async (trx, publish) => {
      publish({ topic: SCHEDULES_TOPIC, key: '' })
      await sql`update schedules set next_run_at = now() - interval '1 millisecond'
        where kind = 'formula' and reference = ${String(id)}`.execute(trx)
    })
  await fire()
  const [first] = await awaitStarted(hub, id, 1)
  expect(first).toMatchObject({ trigger_type: 'scheduled', trigger: { type: 'scheduled' }, event_id: null })
  await fire()
  await awaitStarted(hub, id, 2)
  const { rows } = await sql<{ message: string }>`select message from schedule_runs
    where kind = 'formula' and reference = ${String(id)} and ended_at is not null order by id`.execute(hub.hub.store.db)
  expect(rows[0]?.message).toBe(`Started execution ${first?.id}`)
})

describe('by hand (spec 32 §2)', () => {
  test('a manual formula gets what was sent', async () => {
    const { id } = await formulas.bind(await formulas.make({}))
    const { body } = expectOk(await start(id, { a: { b: [1] } }))
    expect(body).toEqual([
      {
        id: expect.any(Number),
        formulaInstanceId: id,
        status: 'pending',
        createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    ])
    expectOk(await start(id))
    const started = await startedOf(hub, id)
    expect(started.map(({ trigger }) => trigger)).toEqual([{ args: { a: { b: [1] } } }, { args: {} }])
    expect(started[0]).toMatchObject({ trigger_type: 'manual', chain: 0 })
  })

  test('an event formula starts once for each object, in both forms of the path', async () => {
    const { id, formula } = await bound(EVENT, source)
    const message = { instance_id: source.id, eventId: '35149', events: [item('1'), item('2')], raw: { a: 1 } }
    const { body } = expectOk(
      await hub.call('POST', `/formulas/${formula.id}/instances/${id}/executions`, { body: { message } }),
    )
    expect(body).toMatchObject([{ eventId: '35149' }, { eventId: '35149' }])
    expectOk(await start(id, { events: [item('3')] }))
    const started = await startedOf(hub, id)
    expect(started.map(({ trigger }) => trigger.event.id)).toEqual(['1', '2', '3'])
    expect(started[0]?.trigger).toMatchObject({ type: 'event', eventId: '35149', body: { message } })
    refused(await start(id, {}), 400, 'this formula starts with an event')
  })

  test('clocks and calls can be started as well', async () => {
    const clock = await formulas.make({ trigger: { type: 'scheduled', properties: { cron: '0 0 12 1 1 ? *' } } })
    const [timed, called] = [await formulas.bind(clock), await bound(onCall('GET', '/x'), base)]
    expectOk(await start(timed.id, {}))
    expect((await startedOf(hub, timed.id))[0]).toMatchObject({
      trigger_type: 'manual',
      trigger: { type: 'scheduled' },
    })
    expectOk(await start(called.id, { request: { method: 'GET' }, response: { code: 201 } }))
    expect((await startedOf(hub, called.id))[0]?.trigger).toMatchObject({ type: 'request', response: { code: 201 } })
  })

  test('what is not active says so', async () => {
    const formula = await formulas.make({})
    const [off, on] = [await formulas.bind(formula, {}, { active: false }), await formulas.bind(formula)]
    refused(await start(off.id), 400, `Formula instance ${off.id} is not active`)
    await sql`update formulas set active = false where id = ${formula.id}`.execute(hub.hub.store.db)
    refused(await start(on.id), 400, `Formula ${formula.id}, which instance ${on.id} is of, is not active`)
  })

  test('more than 5 MiB are refused, and what is no JSON', async () => {
    const { id } = await formulas.bind(await formulas.make({}))
    refused(await start(id, { a: 'x'.repeat(5 * 1024 * 1024) }), 413, 'may have 5242880 bytes')
    const form = new FormData()
    form.set('file', new Blob(['x']))
    const response = await fetch(`${hub.api}/formulas/instances/${id}/executions`, {
      method: 'POST',
      headers: { authorization: hub.authorization },
      body: form,
    })
    expect(response.status).toBe(415)
    expect(await startedOf(hub, id)).toEqual([])
  })

  test('a hundred that start each other are the last', async () => {
    const { id } = await formulas.bind(await formulas.make({}))
    expectOk(await start(id, {}, { 'Elements-Formula-Chain': '100' }))
    refused(await start(id, {}, { 'Elements-Formula-Chain': '101' }), 400, '100 in a row')
    expect(await startedOf(hub, id)).toMatchObject([{ chain: 100 }])
  })

  test('a formula that starts itself comes to an end', async () => {
    const path = '/formulas/instances/${info.formulaInstanceId}/executions'
    const formula = await formulas.make({
      steps: { again: platformRequest(`POST ${path}`, { body: '${trigger.args}' }) },
    })
    const { id } = await formulas.bind(formula)
    expectOk(await start(id, { a: 1 }))
    const started = await vi.waitFor(
      async () => {
        const all = await startedOf(hub, id)
        expect(all).toHaveLength(101)
        return all
      },
      { timeout: 30_000, interval: 100 },
    )
    expect(started.map(({ chain }) => chain)).toEqual(started.map((_one, at) => at))
    expect(started.at(-1)?.trigger).toEqual({ args: { a: 1 } })
    const last = await formulas.read(started.at(-1)?.id ?? 0)
    expect([last.status, last.json('again.response.body').message]).toEqual([
      'failed',
      expect.stringContaining('in a row'),
    ])
  }, 40_000)

  test('a bulk job tells of its end', async () => {
    const { id } = await formulas.bind(await formulas.make({}))
    const headers = { 'Elements-Async-Callback-Url': `/formulas/instances/${id}/executions` }
    const body = { query: 'select * from contacts limit 1' }
    const { body: job } = expectOk(await hub.call('POST', '/bulk/query', { token: base.token, body, headers }))
    const [started] = await awaitStarted(hub, id, 1)
    expect(started?.trigger.args).toMatchObject({ id: Number(job.id), status: 'COMPLETED' })
  })

  test('nobody else can, and what is not there is not found', async () => {
    const { id, formula } = await formulas.bind(await formulas.make({}))
    const other = await formulas.make({})
    const ask = people.as(stranger.admin)
    expectError(await ask('POST', `/formulas/instances/${id}/executions`, {}), 403)
    expectError(await start(2147483000), 404)
    expectError(await hub.call('POST', `/formulas/${other.id}/instances/${id}/executions`, { body: {} }), 404)
    expectOk(await hub.call('POST', `/formulas/${formula.id}/instances/${id}/executions`, { body: {} }))
    expect(await startedOf(hub, id)).toHaveLength(1)
  })
})
