import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { notificationDb } from '../../../src/notifications/notification-table.ts'
import { scheduleDb } from '../../../src/schedules/schedule-table.ts'
import { pollerOf, postEventElement, provisionWithEvents } from '../../support/event-element.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People } from '../../support/people.ts'

/** Subscription and poller follow their instance, whichever way it changes (spec 40 §2, §9.5). */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({ VALENCE_SIMULATE: 'off' })
  await postEventElement(hub, { key: 'followed', baseUrl: 'http://127.0.0.1:9/v1' })
})
afterAll(() => hub.close())

const KEY = 'event.notification.subscription.id'
const URL_KEY = 'event.notification.callback.url'
const POLLING = {
  'event.vendor.type': 'polling',
  'event.poller.configuration': { contacts: pollerOf('contacts') },
  'event.poller.refresh_interval': '999999999',
}

const provision = (configuration: Record<string, unknown>, given = {}) =>
  provisionWithEvents(hub, 'followed', configuration, given)
const patch = async (id: number, configuration: Record<string, unknown>) =>
  expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { configuration } })).body.configuration
const subscriptionOf = (instanceId: number) =>
  notificationDb(hub.hub.store)
    .selectFrom('subscriptions')
    .select(['id', 'url'])
    .where('instance_id', '=', instanceId)
    .executeTakeFirst()
const pollerSchedule = (instanceId: number) =>
  scheduleDb(hub.hub.store)
    .selectFrom('schedules')
    .select(['every_minutes', 'reference', 'instance_id'])
    .where('kind', '=', 'poller')
    .where('instance_id', '=', instanceId)
    .executeTakeFirst()

describe('the subscription', () => {
  test('is made at provisioning; the configuration names it', async () => {
    const { id, configuration } = await provision({ [URL_KEY]: 'https://app.test/ce' })
    expect(await subscriptionOf(id)).toEqual({ id: Number(configuration[KEY]), url: 'https://app.test/ce' })
  })

  test('its id is nobody else’s to set', async () => {
    const { id, configuration } = await provision({ [KEY]: '1', [URL_KEY]: 'https://app.test/ce' })
    const own = configuration[KEY]
    expect(own).toBe(String((await subscriptionOf(id))?.id))
    expect(await patch(id, { [KEY]: '1' })).toMatchObject({ [KEY]: own })
    expect(await patch(id, { [KEY]: null })).toMatchObject({ [KEY]: own })
    const without = await provision({ [KEY]: '1' })
    expect(without.configuration[KEY] ?? null).toBeNull()
  })

  test('follows the URL, one value at a time as well', async () => {
    const { id } = await provision({})
    expect(await subscriptionOf(id)).toBeUndefined()
    const rows = expectOk(await hub.call('GET', `/instances/${id}/configuration`)).body as { id: number; key: string }[]
    const row = rows.find(({ key }) => key === URL_KEY)
    const body = { propertyValue: 'https://app.test/one' }
    expectOk(await hub.call('PATCH', `/instances/${id}/configuration/${row?.id}`, { body }))
    expect(await subscriptionOf(id)).toMatchObject({ url: 'https://app.test/one' })
    const made = await subscriptionOf(id)
    await patch(id, { [URL_KEY]: 'https://app.test/two' })
    expect(await subscriptionOf(id)).toEqual({ id: made?.id, url: 'https://app.test/two' })
    expect((await patch(id, { [URL_KEY]: false }))[KEY] ?? null).toBeNull()
    expect(await subscriptionOf(id)).toBeUndefined()
  })

  test('comes and goes with events', async () => {
    const { id } = await provision({ 'event.notification.enabled': false, [URL_KEY]: 'https://app.test/ce' })
    expect(await subscriptionOf(id)).toBeUndefined()
    await patch(id, { 'event.notification.enabled': 'true' })
    expect(await subscriptionOf(id)).toBeDefined()
    await patch(id, { 'event.notification.enabled': 'false' })
    expect(await subscriptionOf(id)).toBeUndefined()
  })
})

describe('the poller', () => {
  test('is scheduled at once, with intervals beyond every timer', async () => {
    const { id } = await provision(POLLING)
    expect(await pollerSchedule(id)).toEqual({
      every_minutes: 999_999_999,
      reference: String(id),
      instance_id: id,
    })
    await patch(id, { 'event.poller.refresh_interval': 5 })
    expect(await pollerSchedule(id)).toMatchObject({ every_minutes: 5 })
    await patch(id, { 'event.vendor.type': 'webhooks' })
    expect(await pollerSchedule(id)).toBeUndefined()
  })

  test('a disabled instance is not polled; enabled, it is again', async () => {
    const { id } = await provision(POLLING)
    expectOk(await hub.call('DELETE', `/instances/${id}/enabled`))
    expect(await pollerSchedule(id)).toBeUndefined()
    expectOk(await hub.call('PUT', `/instances/${id}/enabled`))
    expect(await pollerSchedule(id)).toBeDefined()
  })

  test('an element without anything to poll has none', async () => {
    const { id } = await provision({ 'event.vendor.type': 'webhooks' })
    expect(await pollerSchedule(id)).toBeUndefined()
  })
})

test('both go with the instance', async () => {
  const { id } = await provision({ ...POLLING, [URL_KEY]: 'https://app.test/ce' })
  expect([await subscriptionOf(id), await pollerSchedule(id)]).toEqual([expect.anything(), expect.anything()])
  expectOk(await hub.call('DELETE', `/instances/${id}`))
  expect([await subscriptionOf(id), await pollerSchedule(id)]).toEqual([undefined, undefined])
})

describe('with its owner', () => {
  let people: People
  beforeAll(async () => {
    people = await meetPeople(hub)
  })

  async function provisionAs(name: string) {
    const { first, addUser } = people
    const owner = await addUser(first, first.accountId, { firstName: name })
    const authorization = { authorization: owner.authorization }
    const instance = await provision({ ...POLLING, [URL_KEY]: 'https://app.test/ce' }, authorization)
    return { owner, instance }
  }

  test('who is made inactive, the poller goes; it comes back with the first update after that is undone (spec 40 §7.1)', async () => {
    const { owner, instance } = await provisionAs('Grace')
    const setActive = async (active: boolean) =>
      expectOk(await hub.call('PATCH', `/users/${owner.id}`, { body: { active } }))
    expect(await pollerSchedule(instance.id)).toBeDefined()
    await setActive(false)
    expect(await pollerSchedule(instance.id)).toBeUndefined()
    expectOk(await hub.call('GET', `/instances/${instance.id}`))
    await setActive(true)
    expect(await pollerSchedule(instance.id)).toBeUndefined()
    await patch(instance.id, { 'event.poller.refresh_interval': '30' })
    expect(await pollerSchedule(instance.id)).toMatchObject({ every_minutes: 30 })
  })

  test('who is deleted, both go', async () => {
    const { owner, instance } = await provisionAs('Alan')
    expectOk(await hub.call('DELETE', `/users/${owner.id}`))
    expect([await subscriptionOf(instance.id), await pollerSchedule(instance.id)]).toEqual([undefined, undefined])
  })
})
