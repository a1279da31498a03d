import { beforeEach, describe, expect, test } from 'vitest'
import { type NotificationWorld, notificationWorld, OWNER } from '../../test/support/notifications.ts'
import type { Inbox } from '../../test/support/receiver.ts'
import type { Caller } from '../model/account.ts'
import type { Store } from '../store/database.ts'
import { notificationDb } from './notification-table.ts'
import { releaseDeliveries } from './release-deliveries.ts'

const caller = { ...OWNER, privileges: new Set<string>() } as unknown as Caller
const stranger = { ...caller, accountId: 13 }

const world = notificationWorld()
let store: Store
let inbox: Inbox
let room: NotificationWorld['room']
beforeEach(() => {
  ;({ store, inbox, room } = world)
})

const numbers = () => inbox.received.map(({ json }) => json.message.n)
const release = (where: string, by = caller) => releaseDeliveries(room.context, by, where)
async function givenUp(count: number) {
  const { id, instanceId } = await room.subscribe({ url: inbox.url })
  await notificationDb(store).updateTable('subscriptions').set({ active: false }).where('id', '=', id).execute()
  await room.happen(instanceId, count)
  return { id, instanceId }
}

describe('what is released', () => {
  test('leaves in its order, and its subscription is active again', async () => {
    const { id, instanceId } = await givenUp(3)
    await room.deliver()
    expect(numbers()).toEqual([])
    await release(`channel='webhook' and status='queued' and config.url='${inbox.url}'`)
    await room.happen(instanceId)
    await room.deliver()
    expect(numbers()).toEqual([0, 1, 2, 0])
    expect(await room.subscription(id)).toMatchObject({ active: true })
  })

  test('starts anew: its retries count from the next failure', async () => {
    inbox.answer(500)
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    await room.happen(instanceId)
    await room.deliver()
    const stale = room.jobs.waiting.map(({ key }) => key)
    room.clock.at = new Date(room.clock.at.getTime() + 60_000)
    await release(`subscriptionId=${id}`)
    await room.deliver()
    expect(await room.deliveries(id)).toMatchObject([{ status: 'retry', attempts: 1, first_failed_at: room.clock.at }])
    expect(room.jobs.waiting.map(({ key }) => key)).toHaveLength(2)
    inbox.answer(200)
    await room.retryAt(new Date(room.clock.at.getTime() + 5_000))
    expect(stale).toHaveLength(1)
    expect(inbox.received).toHaveLength(3)
    expect(await room.deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 2 }])
  })

  test('is sent again after it was delivered only when the condition says so', async () => {
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    const [notified] = await room.happen(instanceId)
    await room.deliver()
    await release(`subscriptionId=${id}`)
    await room.deliver()
    expect(inbox.received).toHaveLength(1)
    await release(`subscriptionId=${id} and notificationId=${notified?.id}`)
    await room.deliver()
    expect(inbox.received).toHaveLength(2)
    expect(inbox.received[1]?.body).toEqual(inbox.received[0]?.body)
    expect(inbox.received[1]?.headers['webhook-id']).toBe(inbox.received[0]?.headers['webhook-id'])
  })

  test('is never somebody else’s', async () => {
    const { id } = await givenUp(1)
    await release(`subscriptionId=${id} and status='queued'`, stranger)
    await release(`subscriptionId=${id} or status='queued' or id>0`, stranger)
    expect(await room.deliveries(id)).toMatchObject([{ status: 'queued' }])
    expect(await room.subscription(id)).toMatchObject({ active: false })
  })
})
