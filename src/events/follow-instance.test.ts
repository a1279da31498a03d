import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestJobs } from '../../test/support/jobs.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { AccountsTables } from '../accounts/accounts-table.ts'
import { seed } from '../accounts/seed.ts'
import type { InstanceChange, ToldInstance } from '../instances/instance-change.ts'
import type { InstanceTables } from '../instances/instance-table.ts'
import { notificationDb } from '../notifications/notification-table.ts'
import type { Store } from '../store/database.ts'
import { followInstances, type PollerSchedule } from './follow-instance.ts'
import { checkpointDb } from './poll/checkpoint-table.ts'

const NOW = new Date('2026-04-02T10:12:01Z')
const KEY = 'event.notification.subscription.id'
const ON = { 'event.notification.enabled': 'true', 'event.vendor.type': 'webhooks' }
const POLLING = {
  'event.notification.enabled': 'true',
  'event.vendor.type': 'polling',
  'event.poller.configuration': '{"contacts":{"url":"/contacts"},"deals":{"url":"/deals"}}',
}
const URL = { 'event.notification.callback.url': 'https://app.test/ce' }

let store: Store
let close: () => Promise<void>
let owner: PollerSchedule['owner']
let lastId = 4710
const polled = new Map<number, PollerSchedule>()
const jobs = createTestJobs()
const follow = followInstances({
  notifications: { jobs, now: () => NOW },
  pollers: {
    keep: async (_trx, _publish, poller) => polled.set(poller.instanceId, poller),
    remove: async (_trx, instanceIds) => instanceIds.map((id) => polled.delete(id)),
  },
})

beforeAll(async () => {
  ;({ store, close } = await openTestStore())
  await seed(store, { email: 'ada@example.com', password: 'correct-horse-1' })
  const { id, account_id, organization_id } = await accounts()
    .selectFrom('users')
    .select(['id', 'account_id', 'organization_id'])
    .where('email', '=', 'ada@example.com')
    .executeTakeFirstOrThrow()
  owner = { userId: id, accountId: account_id, organizationId: organization_id }
})
afterAll(() => close())
beforeEach(() => {
  lastId++
  polled.clear()
})

const accounts = () => store.db.withTables<AccountsTables>()

function told(configuration: Record<string, string | null>, given: Partial<ToldInstance> = {}): ToldInstance {
  const plan = { element: { key: 'acmecrm' } } as ToldInstance['plan']
  return { id: lastId, ...owner, name: 'Acme', tags: [], disabled: false, plan, configuration, ...given }
}

const tell = (change: InstanceChange) =>
  store.changes.transaction((trx, publish) => follow(trx.withTables<InstanceTables>(), publish, change))
const make = (after: ToldInstance) => tell({ before: undefined, after })
const subscription = () =>
  notificationDb(store).selectFrom('subscriptions').selectAll().where('instance_id', '=', lastId).executeTakeFirst()

test('with events and a callback URL there is a subscription, and the instance keeps its id (spec 40 §9.5)', async () => {
  const kept = await make(told({ ...ON, ...URL }))
  const row = await subscription()
  expect(row).toMatchObject({ channel: 'webhook', topics: [`instance-${lastId}-acmecrm-events`], active: true })
  expect(kept).toEqual({ [KEY]: String(row?.id) })
  expect(JSON.parse(row?.config ?? '')).toEqual({ url: 'https://app.test/ce' })
  expect(polled.size).toBe(0)
})

for (const [name, configuration] of [
  ['without events', URL],
  ['without a callback URL', ON],
  ['with a callback URL of "false"', { ...ON, 'event.notification.callback.url': 'false' }],
] as const) {
  test(`${name} there is none`, async () => {
    expect(await make(told(configuration))).toEqual({})
    expect(await subscription()).toBeUndefined()
  })
}

test('another URL changes the subscription and makes it active again; the same one leaves it as it is', async () => {
  const before = told({ ...ON, ...URL })
  const kept = await make(before)
  before.configuration = { ...before.configuration, ...kept }
  await deactivate()
  expect(await tell({ before, after: { ...before, name: 'Renamed' } })).toEqual({})
  expect(await subscription()).toMatchObject({ active: false })
  const after = told({ ...before.configuration, 'event.notification.callback.url': 'https://app.test/other' })
  expect(await tell({ before, after })).toEqual(kept)
  expect(await subscription()).toMatchObject({ active: true, url: 'https://app.test/other' })
})

test('what was held back in order is looked at when it need not be in order any more', async () => {
  const before = told({ ...ON, ...URL, 'event.notification.ordered': 'true' })
  const kept = await make(before)
  before.configuration = { ...before.configuration, ...kept }
  const woken = () => jobs.waiting.filter(({ queue, key }) => queue === 'notifications.deliver' && key === kept[KEY])
  await jobs.drain([{ name: 'notifications.deliver', slots: 1, run: async () => 'done' }])
  await tell({ before, after: { ...before, name: 'Renamed' } })
  expect(woken()).toEqual([])
  await tell({ before, after: told({ ...before.configuration, 'event.notification.ordered': 'false' }) })
  expect(woken()).toHaveLength(1)
})

test('an instance that is enabled again begins anew; a disabled one keeps its subscription', async () => {
  const instance = told({ ...ON, ...URL })
  instance.configuration = { ...instance.configuration, ...(await make(instance)) }
  const disabled = { ...instance, disabled: true }
  expect(await tell({ before: instance, after: disabled })).toEqual({})
  await deactivate()
  await tell({ before: disabled, after: instance })
  expect(await subscription()).toMatchObject({ active: true })
})

for (const [name, change] of [
  ['switched off', { 'event.notification.enabled': 'false' }],
  ['without a URL', { 'event.notification.callback.url': null }],
] as const) {
  test(`${name}, the subscription goes, and its id with it`, async () => {
    const before = told({ ...ON, ...URL })
    before.configuration = { ...before.configuration, ...(await make(before)) }
    expect(await tell({ before, after: told({ ...before.configuration, ...change }) })).toEqual({ [KEY]: null })
    expect(await subscription()).toBeUndefined()
  })
}

test('on a clone of its element it has another topic', async () => {
  const before = told({ ...ON, ...URL })
  before.configuration = { ...before.configuration, ...(await make(before)) }
  const plan = { element: { key: 'clone' } } as ToldInstance['plan']
  await tell({ before, after: { ...before, plan } })
  expect(await subscription()).toMatchObject({ topics: [`instance-${lastId}-clone-events`] })
})

test('an instance that polls has a schedule, and a checkpoint for each resource', async () => {
  const before = told({ ...POLLING, 'event.poller.refresh_interval': '5' })
  await make(before)
  expect([...polled.values()]).toEqual([
    { instanceId: lastId, owner, elementKey: 'acmecrm', name: 'Acme', everyMinutes: 5 },
  ])
  expect(await checkpoints()).toEqual([
    { object_type: 'contacts', switched_on: NOW, read_from: new Date(NOW.getTime() - 300_000), last_poll_date: null },
    { object_type: 'deals', switched_on: NOW, read_from: new Date(NOW.getTime() - 300_000), last_poll_date: null },
  ])
})

test('what it no longer polls is forgotten at once, what it goes on polling goes on (spec 40 §7.6)', async () => {
  const before = told({ ...POLLING, 'event.objects': 'contacts,deals' })
  await make(before)
  await setPolled('contacts', new Date('2026-04-02T10:15:00Z'))
  const after = told({ ...POLLING, 'event.objects': 'contacts' })
  await tell({ before, after })
  expect(await checkpoints()).toMatchObject([
    { object_type: 'contacts', last_poll_date: new Date('2026-04-02T10:15:00Z') },
  ])
  const nothing = told({ ...POLLING, 'event.objects': 'leads' })
  await tell({ before: after, after: nothing })
  expect([await checkpoints(), polled.size]).toEqual([[], 0])
})

for (const [name, change, given] of [
  ['events go off', { 'event.notification.enabled': 'false' }, {}],
  ['it gets webhooks', { 'event.vendor.type': 'webhook' }, {}],
  ['it is disabled', {}, { disabled: true }],
] as const) {
  test(`the poller goes when ${name}, and comes back`, async () => {
    const polling = told(POLLING)
    await make(polling)
    const other = told({ ...POLLING, ...change }, given)
    await tell({ before: polling, after: other })
    expect([await checkpoints(), polled.size]).toEqual([[], 0])
    await tell({ before: other, after: polling })
    expect([(await checkpoints()).length, polled.size]).toEqual([2, 1])
  })
}

test('an inactive owner has no poller, until the first update after he is active again (spec 40 §7.1)', async () => {
  const instance = told(POLLING)
  await make(instance)
  await setActive(false)
  await tell({ before: instance, after: instance })
  expect(polled.size).toBe(0)
  await setActive(true)
  await tell({ before: instance, after: { ...instance, name: 'Renamed' } })
  expect(polled.size).toBe(1)
})

test('both go with the instance', async () => {
  await make(told({ ...POLLING, ...URL }))
  await tell({ deleted: [lastId, 9] })
  expect([await subscription(), await checkpoints(), polled.size]).toEqual([undefined, [], 0])
})

const checkpoints = () =>
  checkpointDb(store)
    .selectFrom('poller_checkpoints')
    .select(['object_type', 'switched_on', 'read_from', 'last_poll_date'])
    .where('instance_id', '=', lastId)
    .orderBy('object_type')
    .execute()
const setPolled = (objectType: string, date: Date) =>
  checkpointDb(store)
    .updateTable('poller_checkpoints')
    .set({ last_poll_date: date })
    .where('instance_id', '=', lastId)
    .where('object_type', '=', objectType)
    .execute()

const deactivate = () =>
  notificationDb(store).updateTable('subscriptions').set({ active: false }).where('instance_id', '=', lastId).execute()
const setActive = (active: boolean) =>
  accounts().updateTable('users').set({ active }).where('id', '=', owner.userId).execute()
