import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { type EventWorld, openEventWorld, START } from '../../test/support/event-world.ts'
import type { Settled } from '../notifications/context.ts'
import { inNotifications } from '../notifications/notification-table.ts'
import { eventDb } from './event-table.ts'
import { noteDeliveries } from './on-settled.ts'

const PLAIN = elementOf({ id: 10_001, key: 'acme' })
let world: EventWorld
let instanceId: number
beforeAll(async () => {
  world = await openEventWorld([PLAIN])
  instanceId = await world.addInstance({ element: PLAIN })
})
afterAll(() => world.close())
beforeEach(() => eventDb(world.context.store).deleteFrom('event_targets').execute())

const note = (settled: readonly Settled[]) =>
  world.context.store.changes.transaction((trx, publish) =>
    noteDeliveries(world.context)(inNotifications(trx), publish, settled),
  )
const timestamp = START.toISOString()

test('a receiver that took it makes it notified, whatever another one does', async () => {
  const id = await world.post(instanceId, { a: 1 })
  const other = await world.post(instanceId, { a: 2 })
  await world.drain()
  const event = { eventId: id, receivedAt: START, instanceId }
  const common = { notificationId: 1, event }
  await note([
    { ...common, subscriptionId: 1, outcome: 'failed', message: 'https://app.example.com answered 502' },
    { ...common, subscriptionId: 2, outcome: 'delivered', body: '{"id":"1"}' },
    { ...common, subscriptionId: 3, outcome: 'failed', message: 'no\0answer' },
    { notificationId: 2, subscriptionId: 3, outcome: 'delivered', body: 'of no event' },
    { notificationId: 3, subscriptionId: 3, outcome: 'queued', message: 'held', event: { ...event, eventId: other } },
  ])
  await note([{ ...common, subscriptionId: 3, outcome: 'failed', message: 'again' }])
  const [first, second] = await world.targets()
  expect(first).toMatchObject({ event_id: id, status: 'NOTIFIED', notified_data: '{"id":"1"}', notified_at: START })
  expect(JSON.parse(first?.messages ?? '')).toEqual([
    { message: `Error delivering event ${id}: https://app.example.com answered 502`, timestamp },
    { message: `Error delivering event ${id}: no\ufffdanswer`, timestamp },
    { message: `Error delivering event ${id}: again`, timestamp },
  ])
  expect(second).toMatchObject({ event_id: other, status: 'CONSUMED', notified_data: null })
  expect(JSON.parse(second?.messages ?? '')).toEqual([{ message: `Holding back event ${other}: held`, timestamp }])
})

test('lines have an end', async () => {
  const id = await world.post(instanceId, {})
  const failed = { notificationId: 1, subscriptionId: 1, outcome: 'failed', message: 'x'.repeat(1000) } as const
  for (let at = 0; at < 4; at++)
    await note(Array.from({ length: 50 }, () => ({ ...failed, event: { eventId: id, receivedAt: START, instanceId } })))
  const [target] = await world.targets()
  expect(target?.messages.length).toBeLessThan(66_000)
  expect(JSON.parse(target?.messages ?? '').length).toBeGreaterThan(50)
  await world.drain()
})
