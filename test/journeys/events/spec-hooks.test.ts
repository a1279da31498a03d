import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postEvent, postEventElement, provisionWithEvents, refOf } from '../../support/event-element.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** The event hook: how it ends, what its items become, what happens without one or when it fails (spec 40 §6). */
let hub: TestHub
let receiver: Receiver
beforeAll(async () => {
  ;[receiver, hub] = await Promise.all([
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

let count = 0

/** An instance of an element of its own, with this hook. */
async function hooked(hook: string | undefined, given: { isLegacy?: boolean; configuration?: object } = {}) {
  const key = `hook${++count}`
  const inbox = receiver.inbox()
  const { isLegacy = false } = given
  const element = { key, baseUrl: 'https://api.acme.test', isLegacy, ...(hook === undefined ? {} : { hook }) }
  await postEventElement(hub, { ...element, configuration: [{ name: 'Plan', key: 'plan', type: 'TEXTFIELD_128' }] })
  const instance = await provisionWithEvents(hub, key, {
    'event.notification.callback.url': inbox.url,
    ...given.configuration,
  })
  const send = async (body: unknown) => {
    const answer = await postEvent(hub, `/events/${key}/${refOf(instance.id)}`, { body })
    expect(answer.status, answer.text).toBe(200)
  }
  return { ...instance, key, inbox, send }
}

async function eventsOf(inbox: Inbox): Promise<Record<string, unknown>[]> {
  const [delivery] = await inbox.arrived(1)
  return delivery?.json.message.events
}

/** The one stored event once its status is as expected. */
async function storedAs(instanceId: number, status: string) {
  const path = `/instances/${instanceId}/events`
  await expect.poll(async () => (await hub.call('GET', path)).body[0]?.status, { timeout: 10_000 }).toBe(status)
  return expectOk(await hub.call('GET', path)).body[0]
}

async function messagesOf(eventId: string): Promise<string[]> {
  const { body } = expectOk(await hub.call('GET', '/instances/events/dispositions?pageSize=500'))
  const row = body.find((one: { eventId: string }) => one.eventId === eventId)
  return (row?.notificationData ?? []).map(({ message }: { message: string }) => message)
}

const WHOLE = `{
  event_type: 'updated', event_object_type: 'Files', event_object_id: 77, event_date: '2019-04-02T10:11:12Z',
  event_new_path: '/new', event_old_path: '/old', event_other_id: 'o-1', size: 12, nested: { a: 1 }
}`

describe('how it ends', () => {
  for (const [name, hook, isLegacy] of [
    ['acceptance 15: done({events})', `done({ events: [${WHOLE}] })`, false],
    ['acceptance 15: return {events}', `return { events: [${WHOLE}] }`, false],
    ['return {events} in a legacy script', `return { events: [${WHOLE}] }`, true],
    ['getArray() in a legacy script', `var list = getArray(); list.add(${WHOLE}); return { events: list }`, true],
    [
      'Java.from in a legacy script',
      `return { events: Java.from(events.list).map(function () { return ${WHOLE} }) }`,
      true,
    ],
    ['the first done counts', `done({ events: [${WHOLE}] }); done({ events: [] }); throw new Error('later')`, false],
    ['done later', `setTimeout(function () { done({ events: [${WHOLE}] }) }, 5)`, false],
  ] as const) {
    test(name, async () => {
      const { key, inbox, send } = await hooked(hook, { isLegacy })
      await send({ list: [1] })
      expect(await eventsOf(inbox)).toEqual([
        {
          eventType: 'UPDATED',
          objectType: 'Files',
          objectId: '77',
          date: '2019-04-02T10:11:12Z',
          newPath: '/new',
          oldPath: '/old',
          otherId: 'o-1',
          elementKey: key,
          hubKey: 'crm',
        },
      ])
    })
  }

  for (const [name, hook] of [
    ['done({continue: true})', 'done({ continue: true })'],
    ['done() without events', 'done({})'],
    ['an empty list', 'done({ events: [] })'],
    ['no done at all', 'var a = 1'],
  ] as const) {
    test(`${name}: nobody is notified, the record stays`, async () => {
      const { id, inbox, send } = await hooked(hook)
      await send({ a: 1 })
      const event = await storedAs(id, 'CONSUMED')
      expect(JSON.parse(event.providerData)).toEqual({ a: 1 })
      expect(inbox.received).toEqual([])
    })
  }

  test('many events in one record are one delivery', async () => {
    const { inbox, send } = await hooked(
      "done({ events: events.ids.map(function (id) { return { event_type: 'created', event_object_id: id } }) })",
    )
    await send({ ids: ['a', 'b', 'c'] })
    expect((await eventsOf(inbox)).map(({ objectId }) => objectId)).toEqual(['a', 'b', 'c'])
    expect(inbox.received).toHaveLength(1)
  })
})

describe('its items', () => {
  for (const [given, expected] of [
    ["'created'", 'CREATED'],
    ["'Deleted'", 'DELETED'],
    ["'CANCELLED'", 'CANCELLED'],
    ["'retrieved'", 'RETRIEVED'],
    ["'shipped'", 'SHIPPED'],
    ['undefined', 'UNKNOWN'],
    ['null', 'UNKNOWN'],
  ] as const) {
    test(`event_type ${given} is ${expected}`, async () => {
      const { inbox, send } = await hooked(`done({ events: [{ event_type: ${given}, event_object_id: 'a' }] })`)
      await send({})
      expect(await eventsOf(inbox)).toMatchObject([{ eventType: expected }])
    })
  }

  test('without event_date it happened now', async () => {
    const { inbox, send } = await hooked("done({ events: [{ event_type: 'created', event_object_id: 'a' }] })")
    const before = Math.floor(Date.now() / 1000) * 1000
    await send({})
    const [event] = await eventsOf(inbox)
    expect(event?.['date']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(Date.parse(String(event?.['date']))).toBeGreaterThanOrEqual(before)
    expect(Date.parse(String(event?.['date']))).toBeLessThanOrEqual(Date.now())
  })

  test('what they do not have is left out', async () => {
    const { key, inbox, send } = await hooked("done({ events: [{ event_type: 'created', event_object_id: 'a' }] })")
    await send({})
    const [{ date, objectType, ...event } = {}] = await eventsOf(inbox)
    expect(date).toEqual(expect.any(String))
    expect([undefined, null]).toContain(objectType)
    expect(event).toEqual({ eventType: 'CREATED', objectId: 'a', elementKey: key, hubKey: 'crm' })
  })
})

describe('what it sees', () => {
  test('the configuration of the instance', async () => {
    const hook = "done({ events: [{ event_type: 'created', event_object_id: configuration['plan'] }] })"
    const { inbox, send } = await hooked(hook, { configuration: { plan: 'gold' } })
    await send({})
    expect(await eventsOf(inbox)).toMatchObject([{ objectId: 'gold' }])
  })

  test('libraries', async () => {
    const hook = `
      var _ = require('lodash')
      done({ events: [{ event_type: 'created', event_object_id: CE.b64(_.last(events.list)) }] })`
    const { inbox, send } = await hooked(hook)
    await send({ list: ['x', 'ab'] })
    expect(await eventsOf(inbox)).toMatchObject([{ objectId: 'YWI=' }])
  })

  test('an inbound event never changes the configuration', async () => {
    const hook =
      "done({ configuration: { plan: 'stolen' }, events: [{ event_type: 'created', event_object_id: 'a' }] })"
    const { id, inbox, send } = await hooked(hook, { configuration: { plan: 'gold' } })
    await send({})
    await inbox.arrived(1)
    expect(expectOk(await hub.call('GET', `/instances/${id}`)).body.configuration.plan).toBe('gold')
  })

  test('polled payloads too: known by eventId and objectType, each record with objectId and eventType', async () => {
    const hook = `
      if (!(events.eventId && events.objectType)) { done({ continue: true }); return }
      done({ events: events[events.objectType].map(function (record) {
        return { event_type: record.eventType, event_object_type: events.objectType + '!', event_object_id: record.objectId + '!' }
      }) })`
    const { id, key, inbox } = await hooked(hook)
    const body = { instance_id: id, objectType: 'accounts', accounts: [{ id: 'a1', name: 'Acme' }] }
    const poller = { accounts: { url: '/hubs/crm/accounts', idField: 'id' } }
    const configuration = { 'event.vendor.type': 'polling', 'event.poller.configuration': poller }
    expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { configuration } }))
    expect((await postEvent(hub, `/events/${key}Polling/${refOf(id)}`, { body })).status).toBe(200)
    expect(await eventsOf(inbox)).toMatchObject([{ objectType: 'accounts!', objectId: 'a1!', eventType: 'CREATED' }])
  })
})

describe('without a hook', () => {
  for (const [name, hook] of [
    ['none', undefined],
    ['an empty one', ''],
  ] as const) {
    test(`${name}: one event of unknown kind, and the body`, async () => {
      const { key, inbox, send } = await hooked(hook)
      await send({ a: { b: [1] } })
      const [{ date: _, ...event } = {}] = await eventsOf(inbox)
      const known = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))
      expect(known).toEqual({ eventType: 'UNKNOWN', elementKey: key, hubKey: 'crm' })
      expect(inbox.received[0]?.json.message.raw).toEqual({ a: { b: [1] } })
    })
  }
})

describe('when it fails (§9.4)', () => {
  for (const [name, hook] of [
    ['by an exception', "throw new Error('the moon is full')"],
    ['by its syntax', 'done({ events: [ the moon is full'],
  ] as const) {
    test(`${name}: the record stays RECEIVED, with the reason; the next event is processed`, async () => {
      const { id, inbox, send } = await hooked(hook)
      await send({ a: 1 })
      await send({ a: 2 })
      const path = `/instances/${id}/events`
      const statuses = async () => (await hub.call('GET', path)).body.map(({ status }: { status: string }) => status)
      await expect.poll(statuses, { timeout: 10_000 }).toEqual(['RECEIVED', 'RECEIVED'])
      for (const { id: eventId } of expectOk(await hub.call('GET', path)).body) {
        await expect.poll(() => messagesOf(eventId), { timeout: 10_000 }).not.toEqual([])
      }
      expect(inbox.received).toEqual([])
    })
  }
})
