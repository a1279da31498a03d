import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { type NotificationWorld, notificationWorld, OWNER } from '../../test/support/notifications.ts'
import type { Inbox } from '../../test/support/receiver.ts'
import type { Caller } from '../model/account.ts'
import type { Store } from '../store/database.ts'
import { removeNotification } from './find-notifications.ts'
import { lockSubscriptions } from './lock-subscriptions.ts'
import { inNotifications, notificationDb } from './notification-table.ts'
import { releaseDeliveries } from './release-deliveries.ts'

/** What is released, switched or read while somebody else works at the same deliveries. */

const caller = { ...OWNER, privileges: new Set<string>() } as unknown as Caller

const world = notificationWorld()
let store: Store
let databaseUrl: string
let inbox: Inbox
let room: NotificationWorld['room']
beforeEach(() => {
  ;({ store, databaseUrl, inbox, room } = world)
})

const numbers = () => inbox.received.map(({ json }) => json.message.n)
const release = (where: string) => releaseDeliveries(room.context, caller, where)
const statuses = async (id: number) => (await room.deliveries(id)).map(({ status }) => status)
const later = (seconds: number) => new Date(room.clock.at.getTime() + seconds * 1000)
const setActive = (id: number, active: boolean) =>
  notificationDb(store).updateTable('subscriptions').set({ active }).where('id', '=', id).execute()
/** does it once, when a request was answered and the answer is not written down yet */
function beforeTheAnswerIsKept(work: () => Promise<unknown>): void {
  const { send } = room.context
  room.context.send = async (request) => {
    const reply = await send(request)
    room.context.send = send
    await work()
    return reply
  }
}
/** does it once, before the next transaction begins */
function beforeTheNextTransaction(work: () => Promise<unknown>): void {
  const before = room.context.store
  const transaction: Store['changes']['transaction'] = async (inside) => {
    room.context.store = before
    await work()
    return before.changes.transaction(inside)
  }
  room.context.store = { ...before, changes: { ...before.changes, transaction } }
}

test('a release during the last retry counts: the delivery begins anew, its subscription stays active', async () => {
  inbox.answer(500)
  const { id, instanceId } = await room.subscribe({ url: inbox.url })
  await room.happen(instanceId)
  await room.deliver()
  const row = notificationDb(store).updateTable('deliveries').where('subscription_id', '=', id)
  await row.set({ attempts: 9 }).execute()
  beforeTheAnswerIsKept(() => release(`subscriptionId=${id}`))
  await room.jobs.drain([queue('notifications.retry')])
  expect(await room.deliveries(id)).toMatchObject([{ status: 'created', attempts: 0, first_failed_at: null }])
  expect(await room.subscription(id)).toMatchObject({ active: true })
  inbox.answer(200)
  await room.deliver()
  expect(await statuses(id)).toEqual(['delivered'])
})

test('what is released while the line is being queued is not queued again', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url })
  await setActive(id, false)
  await room.happen(instanceId)
  await setActive(id, true)
  await room.happen(instanceId, 2)
  await setActive(id, false)
  beforeTheNextTransaction(() => release(`subscriptionId=${id}`))
  await room.deliver()
  expect(await statuses(id)).toEqual(['delivered', 'delivered', 'delivered'])
})

test('a release goes on to other subscriptions when some of the first ones leave meanwhile', async () => {
  const { id } = await room.subscribe({ url: inbox.url })
  const other = await room.subscribe({ url: inbox.url })
  await setActive(other.id, false)
  await sql`insert into deliveries (created_at, notification_id, subscription_id, account_id, status, updated_at)
    select now(), 1, ${id}, 12, 'queued', now() from generate_series(1, 5000)`.execute(store.db)
  await room.happen(other.instanceId)
  const [first, ...others] = await room.deliveries(id)
  const releasing = await store.changes.transaction(async (plainTrx) => {
    const trx = inNotifications(plainTrx)
    await lockSubscriptions(trx, [id])
    const ended = release(`(subscriptionId=${id} or subscriptionId=${other.id}) and status='queued'`)
    await waitingForLock()
    await trx
      .updateTable('deliveries')
      .set({ status: 'delivered' })
      .where('id', '=', first?.id as number)
      .execute()
    return { ended }
  })
  await releasing.ended
  expect(await statuses(id)).toEqual(['delivered', ...others.map(() => 'created')])
  expect(await statuses(other.id)).toEqual(['created'])
})

test('the same in order: what comes behind something that is released is not queued', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
  await setActive(id, false)
  await room.happen(instanceId)
  await setActive(id, true)
  await room.happen(instanceId, 2)
  beforeTheNextTransaction(() => release(`subscriptionId=${id}`))
  await room.deliver()
  expect(await statuses(id)).toEqual(['delivered', 'delivered', 'delivered'])
  expect(numbers()).toEqual([0, 0, 1])
})

test('in order: what was released leaves, also while others behind it are still queued', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
  await setActive(id, false)
  await room.happen(instanceId, 2)
  const [first, second] = await room.deliveries(id)
  await release(`id=${first?.id}`)
  await room.happen(instanceId, 1, { message: { n: 2 } })
  await room.deliver()
  expect(await statuses(id)).toEqual(['delivered', 'queued', 'queued'])
  expect(numbers()).toEqual([0])
  await release(`subscriptionId=${id} and id>${second?.id}`)
  await room.deliver()
  expect(await statuses(id)).toEqual(['delivered', 'queued', 'queued'])
})

test('in order: what is released in front of the line while it is being queued stays where it is', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
  await setActive(id, false)
  await room.happen(instanceId, 2)
  const [first] = await room.deliveries(id)
  await setActive(id, true)
  await room.happen(instanceId, 1, { message: { n: 2 } })
  beforeTheNextTransaction(() => release(`id=${first?.id}`))
  await room.deliver()
  expect(await statuses(id)).toEqual(['delivered', 'queued', 'queued'])
  expect(numbers()).toEqual([0])
})

test('what happens while its subscription is made active again is sent', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url })
  await setActive(id, false)
  await room.happen(instanceId)
  const happening = Promise.withResolvers<void>()
  await store.changes.transaction(async (trx) => {
    const tables = trx.withTables<{ subscriptions: { id: number; active: boolean } }>()
    await tables.updateTable('subscriptions').set({ active: true }).where('id', '=', id).execute()
    const happens = room.happen(instanceId)
    // it reads, and either waits for this transaction or is over
    await Promise.race([happens, waitingForLock()])
    happens.then(() => happening.resolve(), happening.reject)
  })
  await happening.promise
  await room.deliver()
  expect(await statuses(id)).toEqual(['queued', 'delivered'])
})

test('in order, and then not any more: what was held back leaves with the retry that it waited for', async () => {
  const { id, instanceId, targets } = await room.subscribe({ url: inbox.url, ordered: true })
  inbox.answer(({ json }) => (json.message.n === 0 ? 500 : 200))
  await room.happen(instanceId, 3)
  await room.deliver()
  expect(await statuses(id)).toEqual(['retry', 'created', 'created'])
  targets.set(instanceId, { url: inbox.url })
  inbox.answer(200)
  await room.retryAt(later(10))
  expect(numbers()).toEqual([0, 0, 1, 2])
})

test('in order: what waits for a retry goes on when its notification is deleted', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
  inbox.answer(({ json }) => (json.message.n === 0 ? 500 : 200))
  const [first] = await room.happen(instanceId, 3)
  await room.deliver()
  expect(await statuses(id)).toEqual(['retry', 'created', 'created'])
  await removeNotification(room.context, caller, first?.id as number)
  await room.deliver()
  expect(await statuses(id)).toEqual(['delivered', 'delivered'])
  expect(numbers()).toEqual([0, 1, 2])
})

test('in order: a retry wakes the line also when nothing is seen to wait: what is being stored saw the retry, and stopped', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
  inbox.answer(500)
  await room.happen(instanceId)
  await room.deliver()
  inbox.answer(200)
  await room.jobs.drain([queue('notifications.retry')])
  expect(await statuses(id)).toEqual(['delivered'])
  expect(room.jobs.waiting).toMatchObject([{ queue: 'notifications.deliver', key: String(id) }])
})

test('in order: what comes behind a message that went round too often is queued with it', async () => {
  const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
  await room.happen(instanceId, 1, { depth: 10 })
  await room.happen(instanceId, 2)
  await room.deliver()
  expect(await statuses(id)).toEqual(['queued', 'queued', 'queued'])
})

function queue(name: string) {
  const found = room.queues.find((one) => one.name === name)
  if (!found) throw new Error(`there is no queue ${name}`)
  return found
}

async function waitingForLock(): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await notificationDb(store)
            .withTables<{ pg_stat_activity: { wait_event_type: string; datname: string; query: string } }>()
            .selectFrom('pg_stat_activity')
            .select('query')
            .where('wait_event_type', '=', 'Lock')
            .where('datname', '=', new URL(databaseUrl).pathname.slice(1))
            .execute()
        ).length,
      { timeout: 2_000 },
    )
    .toBeGreaterThan(0)
}
