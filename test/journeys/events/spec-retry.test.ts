import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVENT_HOOK, postEvent, postEventElement, provisionWithEvents, refOf } from '../../support/event-element.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Ask, meetPeople, type Organization, type People } from '../../support/people.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

/** A receiver that is away for a while (spec 40 §9.3, 41 §4): retries at 4 s and 16 s, the policy `queue`, the release. They wait, so all at once. */
let hub: TestHub
let receiver: Receiver
let people: People
const organizations: Organization[] = []
beforeAll(async () => {
  ;[receiver, hub] = await Promise.all([
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  people = await meetPeople(hub)
  for (let index = 0; index < 3; index++) organizations.push(await people.signUp(`Retry ${index}`))
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

let elements = 0

/** An instance of an element of its own, by somebody. */
async function provision(ask: Ask, authorization: string, configuration: object = {}) {
  const key = `retried${++elements}`
  const inbox = receiver.inbox()
  const asThem = {
    ...hub,
    call: (method: string, path: string, given = {}) => hub.call(method, path, { authorization, ...given }),
  }
  await postEventElement(asThem, { key, baseUrl: 'https://api.acme.test', hook: EVENT_HOOK })
  const callback = { 'event.notification.callback.url': inbox.url, 'event.notification.signature.key': 'k' }
  const instance = await provisionWithEvents(asThem, key, { ...callback, ...configuration })
  const send = async (id: string) => {
    const body = { id, type: 'contacts', change: 'created' }
    expect((await postEvent(hub, `/events/${key}/${refOf(instance.id)}`, { body })).status).toBe(200)
  }
  const where = `where=${encodeURIComponent(`channel='webhook' and config.url='${inbox.url}'`)}`
  const deliveries = async () => expectOk(await ask('GET', `/notifications/subscriptions/deliveries?${where}`)).body
  const statuses = async (): Promise<string[]> => (await deliveries()).map((one: { status: string }) => one.status)
  const eventStatus = async () => (await ask('GET', `/instances/${instance.id}/events`)).body[0]?.status
  return { ...instance, inbox, send, statuses, eventStatus }
}
const objectIdOf = ({ json }: { json: { message: { events: { objectId: string }[] } } }) =>
  json.message.events[0]?.objectId
const asFirst = () => people.as(people.first)
const release = (ask: Ask, url: string) =>
  ask(
    'PUT',
    `/notifications/subscriptions/deliveries?where=${encodeURIComponent(`channel='webhook' and status='queued' and config.url='${url}'`)}`,
  )

describe.concurrent('the policy retry', { timeout: 30_000 }, () => {
  test('acceptance 10: status retry, then delivered after the 16 s try; offsets count from the first failure; nothing changes on the way', async ({
    expect,
  }) => {
    const { inbox, send, statuses, eventStatus, id } = await provision(asFirst(), people.first.authorization)
    inbox.answer(502)
    await send('a')
    await inbox.arrived(1)
    await expect.poll(statuses, { timeout: 5_000 }).toEqual(['retry'])
    expect(await eventStatus()).not.toBe('NOTIFIED')
    await inbox.arrived(2, 8_000)
    inbox.answer(200)
    await inbox.arrived(3, 20_000)
    await expect.poll(statuses, { timeout: 3_000 }).toEqual(['delivered'])
    await expect.poll(eventStatus, { timeout: 10_000 }).toBe('NOTIFIED')

    const [first, second, third] = inbox.received
    if (!first || !second || !third) throw new Error('three attempts')
    const since = (one: { arrivedAt: Date }) => one.arrivedAt.getTime() - first.arrivedAt.getTime()
    expect(since(second)).toBeGreaterThan(3_900)
    expect(since(second)).toBeLessThan(7_000)
    expect(since(third)).toBeGreaterThan(15_900)
    expect(since(third)).toBeLessThan(20_000)
    for (const retried of [second, third]) {
      expect(retried.body.equals(first.body)).toBe(true)
      expect(retried.headers['elements-webhook-id']).toBe(first.headers['elements-webhook-id'])
      expect(retried.headers['elements-webhook-signature']).toBe(first.headers['elements-webhook-signature'])
    }
    const dispositions = expectOk(await asFirst()('GET', '/instances/events/dispositions')).body
    const ours = dispositions.filter((one: { elementInstanceId: number }) => one.elementInstanceId === id)
    expect(JSON.stringify(ours)).toContain('Error delivering event')
  })

  test('a retry does not hold back later events', async ({ expect }) => {
    const { inbox, send } = await provision(asFirst(), people.first.authorization)
    inbox.answer((delivery) => (objectIdOf(delivery) === 'b' && inbox.received.length < 5 ? 502 : 200))
    for (const id of ['a', 'b', 'c', 'd']) await send(id)
    await inbox.arrived(5, 10_000)
    expect(inbox.received.map(objectIdOf)).toEqual(['a', 'b', 'c', 'd', 'b'])
  })

  test('it does where the instance asks for order', async ({ expect }) => {
    const { inbox, send } = await provision(asFirst(), people.first.authorization, {
      'event.notification.ordered': true,
    })
    let isFirst = true
    inbox.answer((delivery) => {
      const fails = objectIdOf(delivery) === 'b' && isFirst
      if (fails) isFirst = false
      return fails ? 502 : 200
    })
    for (const id of ['a', 'b', 'c', 'd']) await send(id)
    await inbox.arrived(5, 12_000)
    expect(inbox.received.map(objectIdOf)).toEqual(['a', 'b', 'b', 'c', 'd'])
  })

  test('after the 9th retry later events are queued and the setting stays; the release brings all of them', async ({
    expect,
  }) => {
    const { inbox, send, statuses } = await provision(asFirst(), people.first.authorization)
    inbox.answer(502)
    await send('a')
    await inbox.arrived(1)
    await expect.poll(statuses, { timeout: 4_000 }).toEqual(['retry'])
    // as after the 8th: 18 hours are too long for a test
    await sql`update deliveries set attempts = 9 from subscriptions
      where subscriptions.id = deliveries.subscription_id and subscriptions.url = ${inbox.url}`.execute(
      hub.hub.store.db,
    )
    await inbox.arrived(2, 8_000)
    await expect.poll(async () => (await statuses()).includes('retry'), { timeout: 4_000 }).toBe(false)
    inbox.answer(200)
    await send('b')
    await expect.poll(async () => (await statuses()).toSorted(), { timeout: 5_000 }).toContain('queued')
    await wait(300)
    expect(inbox.received.map(objectIdOf)).toEqual(['a', 'a'])
    const settings = expectOk(await asFirst()('GET', '/accounts/settings')).body
    expect(['retry', undefined]).toContain(settings['notification.webhook.failure.policy'])
    expectOk(await release(asFirst(), inbox.url))
    await inbox.one((delivery) => objectIdOf(delivery) === 'b')
    await send('c')
    await inbox.one((delivery) => objectIdOf(delivery) === 'c')
  })

  test('a receiver that hangs does not keep another instance waiting', async () => {
    const slow = await provision(asFirst(), people.first.authorization)
    const quick = await provision(asFirst(), people.first.authorization)
    slow.inbox.answer('hang')
    for (const id of ['a', 'b', 'c']) await slow.send(id)
    await slow.inbox.arrived(1)
    await quick.send('x')
    await quick.inbox.arrived(1, 3_000)
  })
})

describe.concurrent('the policy queue', { timeout: 30_000 }, () => {
  test('acceptance 11: queued stays queued while the receiver is healthy, until the PUT', async ({ expect }) => {
    const { admin } = organizations[0] as Organization
    const ask = people.as(admin)
    const before = expectOk(await ask('GET', '/accounts/settings')).body
    expect(['retry', undefined]).toContain(before['notification.webhook.failure.policy'])
    const policy = { 'notification.webhook.failure.policy': 'queue' }
    expect(expectOk(await ask('PATCH', '/accounts/settings', policy)).body).toMatchObject(policy)

    const { inbox, send, statuses, eventStatus } = await provision(ask, admin.authorization)
    inbox.answer(502)
    await send('a')
    await inbox.arrived(1)
    await expect.poll(statuses, { timeout: 5_000 }).toEqual(['queued'])
    inbox.answer(200)
    await wait(6_000)
    expect(inbox.received).toHaveLength(1)
    expect(await statuses()).toEqual(['queued'])

    expectOk(await release(ask, inbox.url))
    await inbox.arrived(2)
    await expect.poll(statuses, { timeout: 5_000 }).toEqual(['delivered'])
    await expect.poll(eventStatus, { timeout: 10_000 }).toBe('NOTIFIED')
    expect(inbox.received[1]?.body.equals(inbox.received[0]?.body as Buffer)).toBe(true)
    await send('b')
    await inbox.arrived(3)
  })

  test('by POST /accounts/{id}/settings; it is of one account, and the release of another one releases nothing', async ({
    expect,
  }) => {
    const { admin, defaultAccount } = organizations[1] as Organization
    const ask = people.as(admin)
    const policy = { 'notification.webhook.failure.policy': 'queue' }
    expectOk(await ask('POST', `/accounts/${defaultAccount.id}/settings`, policy))
    const { inbox, send, statuses } = await provision(ask, admin.authorization)
    inbox.answer(502)
    await send('a')
    await inbox.arrived(1)
    await expect.poll(statuses, { timeout: 5_000 }).toEqual(['queued'])
    inbox.answer(200)
    const foreign = people.as((organizations[2] as Organization).admin)
    expectOk(await release(foreign, inbox.url))
    await wait(500)
    expect(await statuses()).toEqual(['queued'])

    expectOk(
      await ask('PATCH', `/accounts/${defaultAccount.id}/settings`, { 'notification.webhook.failure.policy': 'retry' }),
    )
    expect(expectOk(await ask('GET', `/accounts/${defaultAccount.id}/settings`)).body).toMatchObject({
      'notification.webhook.failure.policy': 'retry',
    })
    expectOk(await release(ask, inbox.url))
    await inbox.arrived(2)
    await expect.poll(statuses, { timeout: 5_000 }).toEqual(['delivered'])
  })

  test('after the PUT a receiver that fails again is queued again', async ({ expect }) => {
    const { admin } = organizations[2] as Organization
    const ask = people.as(admin)
    expectOk(await ask('PATCH', '/accounts/settings', { 'notification.webhook.failure.policy': 'queue' }))
    const { inbox, send, statuses } = await provision(ask, admin.authorization)
    inbox.answer(500)
    for (const id of ['a', 'b', 'c']) await send(id)
    await expect.poll(statuses, { timeout: 8_000 }).toEqual(['queued', 'queued', 'queued'])
    expectOk(await release(ask, inbox.url))
    await inbox.arrived(inbox.received.length + 1)
    await expect.poll(statuses, { timeout: 8_000 }).toEqual(['queued', 'queued', 'queued'])
    inbox.answer(200)
    inbox.clear()
    expectOk(await release(ask, inbox.url))
    await inbox.arrived(3)
    expect(inbox.received.map(objectIdOf)).toEqual(['a', 'b', 'c'])
  })
})
