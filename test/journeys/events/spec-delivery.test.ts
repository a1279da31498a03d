import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EVENT_HOOK,
  type EventProvisioning,
  postEvent,
  postEventElement,
  provisionWithEvents,
  refOf,
} from '../../support/event-element.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type Person } from '../../support/people.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** What the consumer receives, to the last member, and what is a delivery (spec 40 §8, §9.1–9.3). */
let hub: TestHub
let receiver: Receiver
let owner: Person
beforeAll(async () => {
  ;[receiver, hub] = await Promise.all([
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  owner = (await meetPeople(hub)).first
  await postEventElement(hub, { key: 'acmecrm', baseUrl: 'https://api.acme.test', hook: EVENT_HOOK })
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

async function provision(configuration: object = {}, given: EventProvisioning = {}, inbox: Inbox = receiver.inbox()) {
  const callback = { 'event.notification.callback.url': inbox.url }
  const instance = await provisionWithEvents(hub, 'acmecrm', { ...callback, ...configuration }, given)
  const send = async (body: unknown) => {
    const answer = await postEvent(hub, `/events/acmecrm/${refOf(instance.id)}`, { body })
    expect(answer.status, answer.text).toBe(200)
  }
  return { ...instance, inbox, send }
}

const CONTACT = { id: 'a1', type: 'contacts', change: 'created', at: '2019-04-02T10:11:12Z' }
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const JAVA_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-3]\d \d\d:\d\d:\d\d UTC \d{4}$/

describe('the payload (§8)', () => {
  test('of a webhook, every member', async () => {
    const { id, inbox, send } = await provision({}, { name: 'Acme prod' })
    await send(CONTACT)
    const [delivery] = await inbox.arrived(1)
    expect(delivery).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    expect(delivery?.json).toEqual({
      id: expect.stringMatching(/^\d+$/),
      topic: `instance-${id}-acmecrm-events`,
      severity: 'medium',
      action: 'create',
      createdDate: expect.stringMatching(JAVA_DATE),
      user: expect.stringMatching(/^\S+@\S+$/),
      message: {
        eventId: expect.stringMatching(/^[A-Za-z0-9_-]{20}$/),
        elementKey: 'acmecrm',
        instanceId: id,
        instance_id: id,
        instanceName: 'Acme prod',
        instanceTags: ['Acme prod'],
        accountId: owner.accountId,
        companyId: owner.organizationId,
        userId: owner.id,
        events: [
          {
            date: '2019-04-02T10:11:12Z',
            elementKey: 'acmecrm',
            eventType: 'CREATED',
            hubKey: 'crm',
            objectId: 'a1',
            objectType: 'contacts',
          },
        ],
        raw: CONTACT,
      },
    })
    const age = Date.now() - Date.parse(`${delivery?.json.createdDate.replace('UTC ', '')} UTC`)
    expect(age).toBeLessThan(60_000)
  })

  test('of a poll: pollDate twice, the type and the records in raw', async () => {
    const { id, inbox } = await provision({}, { name: 'Polled', tags: ['a', 'b'] })
    const body = {
      instance_id: id,
      objectType: 'accounts',
      accounts: [{ id: 'a1', name: 'Acme', date_updated: '2019-04-02T10:11:12Z' }],
      events: [
        {
          objectType: 'accounts',
          objectId: 'a1',
          date: '2019-04-02T10:11:12Z',
          pollDate: '2019-04-02T10:12:00Z',
          eventType: 'CREATED',
          elementKey: 'acmecrm',
          hubKey: 'crm',
        },
      ],
    }
    await postEvent(hub, `/events/acmecrmPolling/${refOf(id)}`, { body, headers: { Id: String(id) } })
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json.message).toMatchObject({
      instanceName: 'Polled',
      instanceTags: ['a', 'b'],
      events: body.events,
    })
    expect(delivery?.json.message.events).toEqual(body.events)
    expect(delivery?.json.message.raw).toEqual({
      objectType: 'accounts',
      pollDate: expect.any(Number),
      accounts: [expect.objectContaining({ id: 'a1', name: 'Acme', objectId: 'a1', eventType: 'CREATED' })],
    })
  })

  test('raw of a list is the wrapped list', async () => {
    const { inbox, send } = await provision()
    await send([CONTACT, { ...CONTACT, id: 'a2' }])
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json.message.raw).toEqual({ objects: [CONTACT, { ...CONTACT, id: 'a2' }] })
    expect(delivery?.json.message.events).toHaveLength(2)
  })

  test('tags and name are those of now', async () => {
    const { id, inbox, send } = await provision()
    expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { name: 'Renamed', tags: ['x'] } }))
    await send(CONTACT)
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json.message).toMatchObject({ instanceName: 'Renamed', instanceTags: ['x'] })
  })

  test('dates of events have seconds and a Z', async () => {
    const { inbox, send } = await provision()
    await send({ ...CONTACT, at: undefined })
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json.message.events[0].date).toMatch(SECONDS)
  })
})

describe('posted polls (§7.8)', () => {
  const post = (path: string, body: unknown) => postEvent(hub, path, { body })
  const poller = {
    'event.vendor.type': 'polling',
    'event.poller.refresh_interval': 999999999,
    'event.poller.configuration': { accounts: { url: '/hubs/crm/accounts', idField: 'id' } },
  }

  test('acceptance 6: three events are one delivery, taken as they are', async () => {
    const { id, inbox } = await provision(poller)
    const events = ['a1', 'a2', 'a3'].map((objectId) => ({
      objectType: 'accounts',
      objectId,
      date: '2019-04-02T10:11:12Z',
      pollDate: '2019-04-02T10:12:00Z',
      eventType: 'UPDATED',
      elementKey: 'acmecrm',
      hubKey: 'crm',
    }))
    const accounts = events.map(({ objectId }) => ({ id: objectId }))
    await post(`/events/acmecrmPolling/${refOf(id)}`, { instance_id: id, objectType: 'accounts', accounts, events })
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json.message.events).toEqual(events)
    await post(`/events/acmecrmPolling/${refOf(id)}`, { instance_id: id, objectType: 'accounts', accounts, events })
    await inbox.arrived(2)
    expect(inbox.received).toHaveLength(2)
  })

  test('the key before Polling need not be that of the element', async () => {
    const { id, inbox } = await provision(poller)
    await post(`/events/marketoPolling/${refOf(id)}`, { objectType: 'accounts', accounts: [{ id: 'a1' }] })
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json).toMatchObject({ topic: `instance-${id}-acmecrm-events`, message: { elementKey: 'acmecrm' } })
  })

  test('without events they are derived; an eventId in the body is ignored', async () => {
    const { id, inbox } = await provision(poller)
    const body = { action: 'update', objectType: 'accounts', accounts: [{ id: 7 }], instance_id: id, eventId: 'mine' }
    await post(`/events/acmecrmPolling/${refOf(id)}`, body)
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.json.message.eventId).not.toBe('mine')
    expect(delivery?.json.message.events).toMatchObject([{ objectType: 'accounts', objectId: '7' }])
    expect(delivery?.json.message.raw).toMatchObject({ objectType: 'accounts', accounts: [{ id: 7 }] })
  })
})

/** As a receiver checks it. */
const sign = (key: string, body: string | Buffer) => `sha256=${createHmac('sha256', key).update(body).digest('base64')}`

describe('headers (§9.1, §9.2)', () => {
  for (const [key, body, value] of [
    [
      'MySecretEventSignatureKey',
      '<INSERT_EVENT_NOTIFICATION_RESPONSE_BODY>',
      'sha256=jHdbRx5EZAsOfTwAPJOGkNUzQMVVdu5VJlxcsk+G6jQ=',
    ],
    [
      'valence-test-key',
      '{"message":{"eventId":"AXv1sample0000000001"},"id":"7"}',
      'sha256=SMNUaDO+6wsh3gdLYMzEEdyvHeIGkaZdWKzXEoad3bw=',
    ],
  ] as const) {
    test(`acceptance 1: a receiver that checks the published sample of ${key} takes what the hub signs with it`, async () => {
      expect(sign(key, body)).toBe(value)
      const { inbox, send } = await provision({ 'event.notification.signature.key': key })
      await send({ ...CONTACT, name: 'Zoë 𝄞 </script>' })
      const [delivery] = await inbox.arrived(1)
      expect(delivery?.headers['elements-webhook-signature']).toBe(sign(key, delivery?.body ?? ''))
    })
  }

  test('without a key no signature, without a name no Basic, but always an id and a user agent', async () => {
    const { inbox, send } = await provision()
    await send(CONTACT)
    await send(CONTACT)
    const [first, second] = await inbox.arrived(2)
    expect(first?.headers).not.toHaveProperty('elements-webhook-signature')
    expect(first?.headers).not.toHaveProperty('authorization')
    expect(first?.headers['user-agent']).toMatch(/\S/)
    expect(first?.headers['elements-webhook-id']).toBe(first?.json.id)
    expect(second?.headers['elements-webhook-id']).not.toBe(first?.headers['elements-webhook-id'])
  })

  test('a key that is changed signs the next delivery', async () => {
    const { id, inbox, send } = await provision({ 'event.notification.signature.key': 'old' })
    const configuration = { 'event.notification.signature.key': 'new-key-ü' }
    expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { configuration } }))
    await send(CONTACT)
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.headers['elements-webhook-signature']).toBe(sign('new-key-ü', delivery?.body ?? ''))
  })

  test('Basic', async () => {
    const { inbox, send } = await provision({
      'event.notification.basic.username': 'Ann',
      'event.notification.basic.password': 's3:cret ü',
    })
    await send(CONTACT)
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.headers['authorization']).toBe(`Basic ${Buffer.from('Ann:s3:cret ü').toString('base64')}`)
  })

  for (const [name, value] of [
    ['a JSON object', { 'X-Tenant': 'blue', 'X-Key': 'k 1' }],
    ['a JSON object as text', '{"X-Tenant":"blue","X-Key":"k 1"}'],
    ['lines', 'X-Tenant: blue\nX-Key: k 1'],
    ['entries with ;', 'X-Tenant: blue; X-Key: k 1'],
    ['entries with ,', 'X-Tenant:blue,X-Key:k 1'],
  ] as const) {
    test(`headers of the customer as ${name}`, async () => {
      const { inbox, send } = await provision({ 'event.notification.callback.headers': value })
      await send(CONTACT)
      const [delivery] = await inbox.arrived(1)
      expect(delivery?.headers).toMatchObject({
        'x-tenant': 'blue',
        'x-key': 'k 1',
        'content-type': 'application/json',
      })
    })
  }

  test('of an address with a query the receiver gets the query', async () => {
    const inbox = receiver.inbox()
    const { send } = await provision({ 'event.notification.callback.url': `${inbox.url}?tenant=a%20b&x=1` }, {}, inbox)
    await send(CONTACT)
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.url).toMatch(/\?tenant=a%20b&x=1$/)
  })
})

describe('what is a delivery (§9.3)', () => {
  async function deliveryOf(inbox: Inbox): Promise<Record<string, unknown>> {
    const [delivery] = await inbox.arrived(1)
    const { body } = expectOk(await hub.call('GET', `/notifications/${delivery?.json.id}/subscriptions/deliveries`))
    expect(body).toHaveLength(1)
    return body[0]
  }

  for (const status of [200, 201, 202, 204, 299]) {
    test(`${status} is one: the event is NOTIFIED`, async () => {
      const { id, inbox, send } = await provision()
      inbox.answer(status)
      await send(CONTACT)
      await expect.poll(async () => (await deliveryOf(inbox))['status'], { timeout: 10_000 }).toBe('delivered')
      const status10 = async () => (await hub.call('GET', `/instances/${id}/events`)).body[0].status
      await expect.poll(status10, { timeout: 10_000 }).toBe('NOTIFIED')
    })
  }

  for (const [name, behaviour] of [
    ['302, even to a good address', { status: 302, headers: { location: '/inbox-1' } }],
    ['304', 304],
    ['400', 400],
    ['404', 404],
    ['410', 410],
    ['500', 500],
    ['502', 502],
    ['a broken connection', 'reset'],
  ] as const) {
    test(`${name} is none: it waits for the next attempt`, async () => {
      const { inbox, send } = await provision()
      inbox.answer(behaviour)
      await send(CONTACT)
      await expect.poll(async () => (await deliveryOf(inbox))['status'], { timeout: 4_000 }).toBe('retry')
      inbox.answer(200)
    })
  }
})

test('an instance gets its events in the order in which they came', async () => {
  const { inbox, send } = await provision()
  const ids = Array.from({ length: 40 }, (_, index) => `n${index}`)
  for (const id of ids) await send({ ...CONTACT, id })
  await inbox.arrived(ids.length)
  expect(inbox.received.map(({ json }) => json.message.events[0].objectId)).toEqual(ids)
})
