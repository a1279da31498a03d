import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EVENT_HOOK,
  pollerOf,
  postEvent,
  postEventElement,
  provisionWithEvents,
  refOf,
} from '../../support/event-element.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** The configuration keys of events, as clients send and change them (spec 40 §2, §9.5, §9.6). */
let hub: TestHub
let receiver: Receiver
beforeAll(async () => {
  ;[receiver, hub] = await Promise.all([
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  await postEventElement(hub, { key: 'keyed', baseUrl: 'https://api.acme.test', hook: EVENT_HOOK })
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

const provision = (configuration: object) => provisionWithEvents(hub, 'keyed', { ...configuration })
const read = async (id: number) => expectOk(await hub.call('GET', `/instances/${id}`)).body
const patch = async (id: number, configuration: object) =>
  expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { configuration } })).body
const subscriptionOf = async (id: number) => (await read(id)).configuration['event.notification.subscription.id']

async function send(id: number, objectId = 'one'): Promise<void> {
  const body = { id: objectId, type: 'contacts', change: 'created' }
  expect((await postEvent(hub, `/events/keyed/${refOf(id)}`, { body })).status).toBe(200)
}

async function statusOf(id: number, status: string): Promise<void> {
  const now = async () => (await hub.call('GET', `/instances/${id}/events`)).body[0]?.status
  await expect.poll(now, { timeout: 10_000 }).toBe(status)
}

/** No work is left for the instance: what it does with an event depends on how it is then. */
async function settled(id: number): Promise<void> {
  const pending = async () => {
    const { rows } = await sql`select 1 from event_targets where instance_id = ${id} and pending`.execute(
      hub.hub.store.db,
    )
    return rows.length
  }
  await expect.poll(pending, { timeout: 10_000 }).toBe(0)
}

const ids = (inbox: Inbox) => inbox.received.map(({ json }) => json.message.events[0].objectId)

describe('event.notification.enabled', () => {
  for (const value of [true, 'true']) {
    test(`${JSON.stringify(value)}: events flow; the instance says so, in text and as a boolean`, async () => {
      const inbox = receiver.inbox()
      const { id } = await provision({
        'event.notification.enabled': value,
        'event.notification.callback.url': inbox.url,
      })
      expect(await read(id)).toMatchObject({
        eventsEnabled: true,
        eventsNotificationCallbackUrl: inbox.url,
        configuration: { 'event.notification.enabled': 'true', 'event.notification.callback.url': inbox.url },
      })
      await send(id)
      await inbox.arrived(1)
    })
  }

  test('absent: the default of the element, off', async () => {
    const inbox = receiver.inbox()
    const configuration = { 'event.notification.enabled': undefined, 'event.notification.callback.url': inbox.url }
    const { id } = await provision(configuration)
    expect(await read(id)).toMatchObject({
      eventsEnabled: false,
      configuration: { 'event.notification.enabled': 'false' },
    })
    await send(id)
    await settled(id)
    await patch(id, { 'event.notification.enabled': 'true' })
    await send(id, 'two')
    await inbox.arrived(1)
    expect(ids(inbox)).toEqual(['two'])
  })
})

describe('event.notification.callback.url', () => {
  for (const [name, value] of [
    ['absent', undefined],
    ['empty', ''],
    ['null', null],
    ['false', false],
    ['"false"', 'false'],
  ] as const) {
    test(`${name}: there is none; events are consumed without one, and a later one is used at once`, async () => {
      const { id } = await provision({ 'event.notification.callback.url': value })
      const instance = await read(id)
      expect([undefined, 'false']).toContain(instance.eventsNotificationCallbackUrl)
      expect([undefined, null, '']).toContain(instance.configuration['event.notification.subscription.id'])
      await send(id)
      await statusOf(id, 'CONSUMED')
      const inbox = receiver.inbox()
      await patch(id, { 'event.notification.callback.url': inbox.url })
      await send(id, 'two')
      await inbox.arrived(1)
      expect(ids(inbox)).toEqual(['two'])
    })
  }
})

describe('the subscription (§9.5)', () => {
  test('is made at provisioning, and its id stands in the configuration', async () => {
    const inbox = receiver.inbox()
    const provisioned = await provision({ 'event.notification.callback.url': inbox.url })
    const { id } = provisioned
    const subscriptionId = await subscriptionOf(id)
    expect(subscriptionId).toMatch(/^\d+$/)
    expect(provisioned.configuration['event.notification.subscription.id']).toBe(subscriptionId)
    expect(await read(id)).toMatchObject({ subscriptionId: Number(subscriptionId) })
    expect(expectOk(await hub.call('GET', `/notifications/subscriptions/${subscriptionId}`)).body).toMatchObject({
      id: Number(subscriptionId),
      channel: 'webhook',
      topics: [`instance-${id}-keyed-events`],
      config: { url: inbox.url },
    })
  })

  test('another URL updates it: it is the same one, and the next event goes there', async () => {
    const [old, now] = [receiver.inbox(), receiver.inbox()]
    const { id } = await provision({ 'event.notification.callback.url': old.url })
    const subscriptionId = await subscriptionOf(id)
    await patch(id, { 'event.notification.callback.url': now.url })
    expect(await subscriptionOf(id)).toBe(subscriptionId)
    const { body } = expectOk(await hub.call('GET', `/notifications/subscriptions/${subscriptionId}`))
    expect(body.config.url).toBe(now.url)
    await send(id)
    await now.arrived(1)
    expect(old.received).toEqual([])
  })

  for (const [name, act] of [
    ['deleting the instance', (id: number) => hub.call('DELETE', `/instances/${id}`)],
    ['taking the URL away', (id: number) => patch(id, { 'event.notification.callback.url': null })],
  ] as const) {
    test(`${name} deletes it`, async () => {
      const { id } = await provision({ 'event.notification.callback.url': receiver.inbox().url })
      const subscriptionId = await subscriptionOf(id)
      await act(id)
      expectError(await hub.call('GET', `/notifications/subscriptions/${subscriptionId}`), 404)
    })
  }

  test('the id is the hub’s: what a client sends for it is not used', async () => {
    const [first, second] = [receiver.inbox(), receiver.inbox()]
    const { id } = await provision({ 'event.notification.callback.url': first.url })
    const victim = await subscriptionOf(id)
    const other = await provision({
      'event.notification.callback.url': second.url,
      'event.notification.subscription.id': victim,
    })
    expect(await subscriptionOf(other.id)).not.toBe(victim)
    await send(id)
    await first.arrived(1)
    expect(second.received).toEqual([])
  })

  test('a copy of an instance, posted back, gets a subscription of its own', async () => {
    const inbox = receiver.inbox()
    const { id } = await provision({ 'event.notification.callback.url': inbox.url })
    const copy = expectOk(await hub.call('POST', '/instances', { body: { ...(await read(id)), name: 'Copy' } })).body
    expect(await subscriptionOf(copy.id)).not.toBe(await subscriptionOf(id))
  })
})

describe('changes act at once', () => {
  for (const [name, change] of [
    [
      'PATCH /instances, with the token',
      ({ token }: { token: string }, key: string, value: unknown) =>
        hub.call('PATCH', '/instances', { token, body: { configuration: { [key]: value } } }),
    ],
    [
      'PATCH /instances/{id}',
      ({ id }: { id: number }, key: string, value: unknown) =>
        hub.call('PATCH', `/instances/${id}`, { body: { configuration: { [key]: value } } }),
    ],
    [
      'PATCH /instances/{id}/configuration/{configId}',
      async ({ id }: { id: number }, key: string, value: unknown) => {
        const rows = expectOk(await hub.call('GET', `/instances/${id}/configuration`)).body
        const row = rows.find((one: { key: string }) => one.key === key)
        return hub.call('PATCH', `/instances/${id}/configuration/${row.id}`, {
          body: { propertyValue: value === null ? null : String(value) },
        })
      },
    ],
  ] as const) {
    test(`by ${name}: on, another receiver, off`, async () => {
      const [first, second] = [receiver.inbox(), receiver.inbox()]
      const configuration = { 'event.notification.enabled': false, 'event.notification.callback.url': first.url }
      const instance = await provision(configuration)
      expectOk(await change(instance, 'event.notification.enabled', true))
      expect(await read(instance.id)).toMatchObject({ eventsEnabled: true })
      await send(instance.id, 'on')
      await first.arrived(1)
      expectOk(await change(instance, 'event.notification.callback.url', second.url))
      await send(instance.id, 'moved')
      await second.arrived(1)
      expectOk(await change(instance, 'event.notification.enabled', false))
      expect(await read(instance.id)).toMatchObject({ eventsEnabled: false })
      await send(instance.id, 'off')
      await settled(instance.id)
      expectOk(await change(instance, 'event.notification.enabled', 'true'))
      await send(instance.id, 'on again')
      await second.arrived(2)
      expect([ids(first), ids(second)]).toEqual([['on'], ['moved', 'on again']])
    })
  }
})

describe('event.poller.configuration', () => {
  const poller = { contacts: pollerOf('contacts') }
  for (const [name, value] of [
    ['an object', poller],
    ['text', JSON.stringify(poller)],
  ] as const) {
    test(`acceptance 14: ${name} is kept as text`, async () => {
      const { id } = await provision({
        'event.vendor.type': 'polling',
        'event.poller.refresh_interval': 999999999,
        'event.poller.configuration': value,
      })
      const { configuration } = await read(id)
      expect(typeof configuration['event.poller.configuration']).toBe('string')
      expect(JSON.parse(configuration['event.poller.configuration'])).toEqual(poller)
      expect(configuration['event.poller.refresh_interval']).toBe('999999999')
    })
  }
})

describe('the webhook URL of an instance (§4.1)', () => {
  test('is told by the instance and by its events', async () => {
    const { id } = await provision({})
    expect(await read(id)).toMatchObject({ webhookUrl: `${hub.api}/events/keyed/${refOf(id)}` })
    await send(id)
    await statusOf(id, 'CONSUMED')
    expect((await hub.call('GET', `/instances/${id}/events`)).body[0]).toMatchObject({ encodedid: refOf(id) })
  })
})

describe('acceptance 12: a callback to the hub itself does not loop (§9.6)', () => {
  for (const path of ['/events/keyed/', '/events/keyed', '/instances/events']) {
    test(path, async () => {
      const { id } = await provision({ 'event.notification.callback.url': hub.api + path })
      await send(id)
      await statusOf(id, 'NOTIFIED')
      expect(expectOk(await hub.call('GET', `/instances/${id}/events`)).body).toHaveLength(1)
    })
  }

  test('nor one to the webhook URL of the instance', async () => {
    const { id } = await provision({})
    await patch(id, { 'event.notification.callback.url': `${hub.api}/events/keyed/${refOf(id)}` })
    await send(id)
    await statusOf(id, 'NOTIFIED')
    expect(expectOk(await hub.call('GET', `/instances/${id}/events`)).body).toHaveLength(1)
  })
})

describe('what the platform adds to an element without event keys (10 §2.4)', () => {
  test('the keys are there, and its instances can have events', async () => {
    const body = {
      name: 'Plain element',
      description: 'No event keys',
      authentication: { type: 'custom' },
      configuration: [{ key: 'base.url', name: 'Base', defaultValue: 'https://api.acme.test' }],
    }
    const { id, key } = expectOk(await hub.call('POST', '/elements', { body })).body
    const { configuration } = expectOk(await hub.call('GET', `/elements/${id}`)).body
    expect(configuration.map((row: { key: string }) => row.key)).toEqual(
      expect.arrayContaining([
        'event.vendor.type',
        'event.notification.instance.finder',
        'event.notification.enabled',
        'event.notification.callback.url',
      ]),
    )
    const inbox = receiver.inbox()
    const instance = await provisionWithEvents(hub, key, {
      'event.vendor.type': 'webhook',
      'event.notification.callback.url': inbox.url,
    })
    expect((await postEvent(hub, `/events/${key}/${refOf(instance.id)}`, { body: { a: 1 } })).status).toBe(200)
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json.message.events).toMatchObject([{ eventType: 'UNKNOWN' }])
  })
})
