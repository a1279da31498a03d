import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestJobs } from '../../test/support/jobs.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { keepInstanceSubscription } from './instance-subscription.ts'
import { type NotificationTables, notificationDb } from './notification-table.ts'
import { type Notice, notify } from './notify.ts'

const at = new Date('2026-04-02T10:12:01.250Z')
const owner = { organizationId: 3, accountId: 12, userId: 77 }
const stranger = { organizationId: 4, accountId: 13, userId: 78 }
const topic = 'instance-4711-acmecrm-events'

let store: Store
let close: () => Promise<void>
const jobs = createTestJobs()
const context = { jobs, now: () => at }

beforeAll(async () => {
  ;({ store, close } = await openTestStore())
})
afterAll(() => close())

function notice(fields: Partial<Notice> = {}): Notice {
  return { owner, topic, severity: 'medium', from: 'hub@example.com', message: { text: 'x' }, ...fields }
}

const send = (notices: readonly Notice[]) =>
  store.changes.transaction((trx, publish) => notify(context, trx, publish, notices))
const keep = (wanted: { instanceId: number; owner: typeof owner; topic: string; url: string | undefined }) =>
  store.changes.transaction((trx, publish) => keepInstanceSubscription(context, trx, publish, wanted))
const deliveries = (notificationId: number) =>
  notificationDb(store)
    .selectFrom('deliveries')
    .selectAll()
    .where('notification_id', '=', notificationId)
    .orderBy('id')
    .execute()

describe('notify', () => {
  test('without subscriptions there is a notification and nothing to do', async () => {
    const [one] = await send([notice({ topic: 'nobody-listens' })])
    expect(one).toMatchObject({ deliveries: 0, body: expect.stringContaining('"topic":"nobody-listens"') })
    expect(jobs.waiting).toEqual([])
  })

  test('the subscription of the same account and topic gets a delivery and is woken once', async () => {
    const id = await keep({ instanceId: 4711, owner, topic, url: 'https://app.example.com/ce' })
    await keep({ instanceId: 4712, owner: stranger, topic, url: 'https://other.example.com/ce' })
    await jobs.drain([{ name: 'notifications.deliver', slots: 1, run: async () => 'done' }])
    const event = { eventId: 'AXv0Qk3hVw9sLr2TzYbC', receivedAt: at, instanceId: 4711 }
    const [first, second, other] = await send([notice({ event }), notice(), notice({ topic: 'other' })])
    expect([first?.deliveries, second?.deliveries, other?.deliveries]).toEqual([1, 1, 0])
    expect((first?.id ?? 0) < (second?.id ?? 0)).toBe(true)
    expect(jobs.waiting).toEqual([{ queue: 'notifications.deliver', key: String(id), group: 'account:12' }])
    expect(await deliveries(first?.id ?? 0)).toMatchObject([
      { subscription_id: id, account_id: 12, status: 'created', attempts: 0, created_at: at },
    ])
    const stored = await notificationDb(store)
      .selectFrom('notifications')
      .selectAll()
      .where('id', '=', first?.id ?? 0)
      .executeTakeFirst()
    expect(stored).toMatchObject({ body: first?.body, event_id: event.eventId, instance_id: 4711, depth: 0 })
    expect(stored?.size_bytes).toBe(Buffer.byteLength(first?.body ?? ''))
  })

  test('a subscription that is not active gets its delivery queued and sleeps on', async () => {
    const id = (await keep({ instanceId: 5000, owner, topic: 'sleeping', url: 'https://app.example.com/s' })) ?? 0
    await notificationDb(store).updateTable('subscriptions').set({ active: false }).where('id', '=', id).execute()
    await jobs.drain([{ name: 'notifications.deliver', slots: 1, run: async () => 'done' }])
    const [one] = await send([notice({ topic: 'sleeping' })])
    expect(await deliveries(one?.id ?? 0)).toMatchObject([{ status: 'queued' }])
    expect(jobs.waiting).toEqual([])
  })
})

describe('the subscription of an instance', () => {
  const topicsOf = (id: number) =>
    notificationDb(store)
      .selectFrom('subscription_topics')
      .selectAll()
      .where('subscription_id', '=', id)
      .execute() as Promise<NotificationTables['subscription_topics'][]>

  test('keeps its id when the address changes, is active again then, and goes without an address', async () => {
    const wanted = { instanceId: 6000, owner, topic: 'six' }
    const id = (await keep({ ...wanted, url: 'https://a.example.com/' })) ?? 0
    await notificationDb(store).updateTable('subscriptions').set({ active: false }).where('id', '=', id).execute()
    expect(await keep({ ...wanted, url: 'https://b.example.com/', topic: 'seven' })).toBe(id)
    const row = notificationDb(store).selectFrom('subscriptions').selectAll().where('id', '=', id)
    expect(await row.executeTakeFirst()).toMatchObject({ active: true, url: 'https://b.example.com/', user_id: 77 })
    expect(await topicsOf(id)).toEqual([{ account_id: 12, topic: 'seven', subscription_id: id }])

    const [one] = await send([notice({ topic: 'seven' })])
    expect(await keep({ ...wanted, url: undefined })).toBeUndefined()
    expect(await row.executeTakeFirst()).toBeUndefined()
    expect(await topicsOf(id)).toEqual([])
    expect(await deliveries(one?.id ?? 0)).toEqual([])
    expect(await keep({ ...wanted, url: undefined })).toBeUndefined()
  })
})
