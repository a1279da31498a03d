import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { type NotificationWorld, notificationWorld } from '../../test/support/notifications.ts'
import type { Inbox } from '../../test/support/receiver.ts'
import type { Store } from '../store/database.ts'
import { notificationDb } from './notification-table.ts'
import { wakeOverdueRetries } from './wake-overdue-retries.ts'

const MINUTE_MS = 60_000

const world = notificationWorld()
let store: Store
let inbox: Inbox
let room: NotificationWorld['room']
beforeEach(() => {
  ;({ store, inbox, room } = world)
})
beforeEach(() => sql`delete from deliveries`.execute(store.db))

/** failed once, and the jobs of the retries are gone */
async function lost(count: number, { slow = false } = {}) {
  inbox.answer(500)
  const { id, instanceId } = await room.subscribe({ url: inbox.url })
  await room.happen(instanceId, count)
  await room.deliver()
  await notificationDb(store).updateTable('subscriptions').set({ slow }).where('id', '=', id).execute()
  const [first] = await room.deliveries(id)
  const due = first?.next_attempt_at as Date
  const jobs = room.jobs.waiting
  await room.jobs.drain(room.queues.map((queue) => ({ ...queue, run: async () => 'done' as const })))
  return { id, due, jobs }
}
const wakeAt = (at: Date) => wakeOverdueRetries({ ...room.context, now: () => at })
const later = (at: Date, minutes: number) => new Date(at.getTime() + minutes * MINUTE_MS)

describe('a retry whose job is gone', () => {
  test.each([false, true])(
    'is woken as it was, once it is overdue by a quarter of an hour (slow: %s)',
    async (slow) => {
      const { due, jobs } = await lost(3, { slow })
      expect(await wakeAt(later(due, 15))).toBe(0)
      expect(room.jobs.waiting).toEqual([])
      expect(await wakeAt(new Date(later(due, 15).getTime() + 1))).toBe(3)
      const queue = slow ? 'notifications.retry-slow' : 'notifications.retry'
      expect(room.jobs.waiting).toEqual(jobs.map((job) => ({ ...job, queue })))
    },
  )

  test('is made, and then there is nothing to wake', async () => {
    const { id, due } = await lost(2)
    inbox.answer(200)
    await wakeAt(later(due, 60))
    await wakeAt(later(due, 60))
    await room.jobs.drain(room.queues)
    expect(inbox.received).toHaveLength(4)
    expect(await room.deliveries(id)).toMatchObject([{ status: 'delivered' }, { status: 'delivered' }])
    expect(await wakeAt(later(due, 120))).toBe(0)
  })
})

test('however many they are, each is woken once', async () => {
  const { due } = await lost(1)
  await sql`
    insert into deliveries (created_at, notification_id, subscription_id, account_id, status, attempts, next_attempt_at, updated_at)
    select created_at, notification_id, subscription_id, account_id, status, attempts, next_attempt_at, updated_at
    from deliveries, generate_series(1, 2499)`.execute(store.db)
  expect(await wakeAt(later(due, 60))).toBe(2_500)
  expect(new Set(room.jobs.waiting.map(({ key }) => key)).size).toBe(2_500)
})
