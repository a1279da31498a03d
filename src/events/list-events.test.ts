import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { type EventWorld, OWNER, openEventWorld, START } from '../../test/support/event-world.ts'
import { ValenceError } from '../errors.ts'
import { inNotifications } from '../notifications/notification-table.ts'
import { countByAccount, countByInstance, countEvents, type EventQuestion } from './analyze-events.ts'
import type { EventScope, EventStoreContext } from './event-scope.ts'
import { eventDb } from './event-table.ts'
import { listDispositions } from './list-dispositions.ts'
import { findEvent, listEvents } from './list-events.ts'
import { noteDeliveries } from './on-settled.ts'
import { retryEvent } from './retry-event.ts'

const HOOKED = elementOf({ id: 10_001, key: 'acme', hooks: [{ type: 'event', body: 'done()' }] })
const ACCOUNT: EventScope = { organizationId: OWNER.organizationId, accountId: OWNER.accountId }
const ALL = { from: undefined, to: undefined, pageSize: 200, after: undefined }

/** Three events a minute apart, of two instances: told of, failed, and one that a receiver took. */
let world: EventWorld
let context: EventStoreContext
let one: number
let other: number
let told: string
let failed: string
let taken: string
let isMended = false
beforeAll(async () => {
  world = await openEventWorld([HOOKED], {
    runScript: async ({ variables }) => {
      if ((variables['events'] as { fails?: boolean }).fails && !isMended) throw new ValenceError('SCRIPT_FAILED', 'no')
      return { value: { events: [{ event_type: 'CREATED', event_object_id: 7 }] }, returnedAsGiven: [], console: [] }
    },
  })
  context = { ...world.context, slots: { run: (work) => work() } }
  one = await world.addInstance({ element: HOOKED })
  other = await world.addInstance({ element: HOOKED })
  told = await world.post(one, { n: 1 })
  world.moveClock(60_000)
  failed = await world.post(one, { fails: true })
  world.moveClock(60_000)
  taken = await world.post(other, '<r>3</r>', { contentType: 'text/xml', instanceIds: [other, one] })
  await world.drain()
  const body = JSON.stringify({ id: '3', message: { eventId: taken, events: [{ objectId: '7' }] } })
  const receivedAt = (await world.targets()).at(-1)?.received_at ?? START
  await context.store.changes.transaction((trx, publish) =>
    noteDeliveries(context)(inNotifications(trx), publish, [
      {
        notificationId: 3,
        subscriptionId: 1,
        outcome: 'delivered',
        body,
        event: { eventId: taken, receivedAt, instanceId: other },
      },
      {
        notificationId: 4,
        subscriptionId: 2,
        outcome: 'failed',
        message: '502',
        event: { eventId: taken, receivedAt, instanceId: one },
      },
    ]),
  )
  await eventDb(context.store)
    .updateTable('event_targets')
    .set({ status: 'DISPATCHED' })
    .where('event_id', '=', taken)
    .where('instance_id', '=', one)
    .execute()
})
afterAll(() => world.close())

const ids = async (scope: EventScope, query = {}) => {
  const { events, next } = await listEvents(context, scope, { ...ALL, ...query })
  return { ids: events.map(({ id }) => id), next }
}

describe('stored events are listed', () => {
  test('the newest first, with what came of them', async () => {
    const { events } = await listEvents(context, ACCOUNT, ALL)
    expect(events.map(({ id, status }) => [id, status])).toEqual([
      [taken, 'NOTIFIED'],
      [failed, 'RECEIVED'],
      [told, 'CONSUMED'],
    ])
    expect(events[0]).toMatchObject({
      ...{
        eventDate: '2026-11-26T03:32:00Z',
        providerData: '<r>3</r>',
        encodedid: Buffer.from(String(other)).toString('base64'),
      },
      notifiedData: [{ eventId: taken, events: [{ objectId: '7' }] }],
      eventElementInstances: [
        { eventId: taken, elementInstanceId: other, status: 'NOTIFIED', notifiedData: expect.stringContaining(taken) },
        { eventId: taken, elementInstanceId: one, status: 'DISPATCHED' },
      ],
    })
    expect(events[2]).toMatchObject({ providerData: '{"n":1}', notifiedData: [] })
  })
  test('of one instance, with what came of them there', async () => {
    const { events } = await listEvents(context, { ...ACCOUNT, instanceId: other }, ALL)
    expect(events).toMatchObject([{ id: taken, eventElementInstances: [{ elementInstanceId: other }] }])
    expect(events[0]?.eventElementInstances).toHaveLength(1)
  })
  test('page by page', async () => {
    const first = await ids(ACCOUNT, { pageSize: 2 })
    expect(first).toEqual({ ids: [taken, failed], next: { at: START.getTime() + 60_000, id: failed } })
    expect(await ids(ACCOUNT, { pageSize: 2, after: first.next })).toEqual({ ids: [told], next: undefined })
  })
  test('of a time', async () => {
    const at = new Date(START.getTime() + 60_000)
    expect((await ids(ACCOUNT, { from: at })).ids).toEqual([taken, failed])
    expect((await ids(ACCOUNT, { to: at })).ids).toEqual([failed, told])
    expect((await ids(ACCOUNT, { from: at, to: at })).ids).toEqual([failed])
  })
  test('to nobody else', async () => expect((await ids({ ...ACCOUNT, accountId: 1 })).ids).toEqual([]))
})

describe('one event', () => {
  test('is found by its id', async () => expect(await findEvent(context, ACCOUNT, told)).toMatchObject({ id: told }))
  for (const [name, scope, id] of [
    ['of another account', { ...ACCOUNT, accountId: 1 }, () => told],
    ['of another instance', { ...ACCOUNT, instanceId: 999 }, () => told],
    ['with an id that was never given', ACCOUNT, () => '0'.repeat(20)],
    ['with what is no id', ACCOUNT, () => '-1'],
  ] as const) {
    test(`${name} is not there`, async () => {
      await expect(findEvent(context, scope, id())).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' })
    })
  }
})

test('dispositions say why, for each event and instance', async () => {
  const { dispositions, next } = await listDispositions(context, ACCOUNT, { ...ALL, pageSize: 3 })
  expect(dispositions.map(({ eventId, elementInstanceId }) => [eventId, elementInstanceId])).toEqual([
    [taken, other],
    [taken, one],
    [failed, one],
  ])
  expect(dispositions.map(({ notificationData }) => notificationData.map(({ message }) => message))).toEqual([
    [],
    [`Error delivering event ${taken}: 502`],
    ['no'],
  ])
  expect(
    (await listDispositions(context, ACCOUNT, { ...ALL, after: next })).dispositions.map(({ eventId }) => eventId),
  ).toEqual([told])
})

describe('events are counted', () => {
  const question = (more: Partial<EventQuestion> = {}): EventQuestion => ({
    scope: { organizationId: OWNER.organizationId, accountIds: [OWNER.accountId] },
    range: { from: START, to: new Date(START.getTime() + 3_600_000) },
    interval: 'minute',
    ...more,
  })

  test('an hour by minute has 61 rows, both ends included', async () => {
    const rows = await countEvents(context, question())
    expect(rows).toHaveLength(61)
    expect(rows.slice(0, 4)).toEqual([
      { timestamp: '2026-11-26T03:30:00.000Z', count: 1 },
      { timestamp: '2026-11-26T03:31:00.000Z', count: 1 },
      { timestamp: '2026-11-26T03:32:00.000Z', count: 2 },
      { timestamp: '2026-11-26T03:33:00.000Z', count: 0 },
    ])
  })
  test('by instance, by outcome', async () => {
    const [row] = await countByInstance(context, question({ interval: 'day' }))
    expect(row).toEqual({
      timestamp: '2026-11-26T00:00:00.000Z',
      total: 4,
      records: [
        { instanceId: one, count: 3, success: 1, failed: 2 },
        { instanceId: other, count: 1, success: 1, failed: 0 },
      ],
    })
  })
  test('by account, of one instance', async () => {
    const rows = await countByAccount(context, question({ interval: 'day', instanceId: other }))
    expect(rows).toEqual([
      { timestamp: '2026-11-26T00:00:00.000Z', total: 1, records: [{ accountId: 2, count: 1, success: 1, failed: 0 }] },
    ])
  })
  test('for nobody else', async () => {
    const rows = await countByAccount(context, question({ interval: 'day', scope: { organizationId: 1 } }))
    expect(rows).toMatchObject([{ total: 0, records: [] }])
  })
})

describe('an event is processed again', () => {
  test('not when it was processed', async () => {
    await expect(retryEvent(context, ACCOUNT, told)).rejects.toMatchObject({ code: 'EVENT_NOT_FAILED', status: 409 })
  })
  test('not for anybody else', async () => {
    await expect(retryEvent(context, { ...ACCOUNT, accountId: 1 }, failed)).rejects.toMatchObject({
      code: 'EVENT_NOT_FOUND',
    })
  })
  test('when its hook was mended', async () => {
    isMended = true
    expect(await retryEvent(context, ACCOUNT, failed)).toMatchObject({ id: failed, status: 'NEW' })
    await world.drain()
    expect(await findEvent(context, ACCOUNT, failed)).toMatchObject({ status: 'CONSUMED' })
    expect((await world.told()).filter(({ eventId }) => eventId === failed)).toHaveLength(1)
  })
  test('not for an instance that was deleted: its history stays', async () => {
    isMended = false
    const gone = await world.addInstance({ element: HOOKED })
    const id = await world.post(one, { fails: true }, { instanceIds: [gone, one] })
    await world.drain()
    isMended = true
    await world.removeInstance(gone)
    const ofGone = { ...ACCOUNT, instanceId: gone }
    await expect(retryEvent(context, ofGone, id)).rejects.toMatchObject({
      ...{ code: 'EVENT_NOT_FAILED', message: expect.stringContaining('deleted') },
    })
    await retryEvent(context, ACCOUNT, id)
    await world.drain()
    const { eventElementInstances } = await findEvent(context, ACCOUNT, id)
    expect(eventElementInstances.map(({ elementInstanceId, status }) => [elementInstanceId, status])).toEqual([
      [gone, 'RECEIVED'],
      [one, 'CONSUMED'],
    ])
  })
})
