import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { type EventWorld, openEventWorld, START } from '../../test/support/event-world.ts'
import { ValenceError } from '../errors.ts'
import { notificationDb } from '../notifications/notification-table.ts'
import type { ScriptCall, ScriptResult } from '../sandbox/sandbox.ts'
import { eventDb } from './event-table.ts'
import { processQueue } from './process.ts'
import { retryEvent } from './retry-event.ts'

const PLAIN = elementOf({ id: 10_001, key: 'acme' })
const HOOKED = elementOf({ id: 10_002, key: 'hooked', hooks: [{ type: 'event', body: 'done()' }] })

/** What the script of the test does; by default it tells of what the body says. */
let script: (call: ScriptCall) => Promise<ScriptResult> | ScriptResult
const result = (events: unknown): ScriptResult => ({ value: { events }, returnedAsGiven: [], console: [] })
const echo = ({ variables }: ScriptCall) => result([{ event_type: 'created', event_object_id: numberIn(variables) }])
const numberIn = (variables: ScriptCall['variables']) => (variables['events'] as { n?: number }).n

let world: EventWorld
let plain: number
let hooked: number
beforeAll(async () => {
  world = await openEventWorld([PLAIN, HOOKED], { runScript: async (call) => script(call) })
  plain = await world.addInstance({ element: PLAIN })
  hooked = await world.addInstance({ element: HOOKED })
})
afterAll(() => world.close())
beforeEach(async () => {
  script = echo
  world.logged.length = 0
  const { store } = world.context
  await eventDb(store).deleteFrom('event_targets').execute()
  await eventDb(store).deleteFrom('events').execute()
  await notificationDb(store).deleteFrom('notifications').execute()
  await notificationDb(store).deleteFrom('deliveries').execute()
  await notificationDb(store).deleteFrom('subscription_topics').execute()
  await notificationDb(store).deleteFrom('subscriptions').execute()
})

async function subscribe(topic: string): Promise<void> {
  const { id } = await notificationDb(world.context.store)
    .insertInto('subscriptions')
    .values({
      ...{
        organization_id: 2,
        account_id: 2,
        user_id: 2,
        channel: 'webhook',
        topics: [topic],
        config: '{}',
        url: null,
      },
      ...{ secrets_ciphertext: null, instance_id: null, created_at: START, updated_at: START },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await notificationDb(world.context.store)
    .insertInto('subscription_topics')
    .values({ account_id: 2, topic, subscription_id: id })
    .execute()
}

/** `{ message, timestamp }` of each row */
const dispositions = async () => (await world.targets()).map(({ messages }) => JSON.parse(messages))

describe('an event of an instance', () => {
  test('is told of once, and leaves the lane with it', async () => {
    await subscribe(`instance-${plain}-acme-events`)
    const id = await world.post(plain, { a: 1 })
    await world.drain()
    const [target] = await world.targets()
    expect(target).toMatchObject({ event_id: id, pending: false, status: 'DISPATCHED', account_id: 2, attempts: 0 })
    const [notification, ...others] = await world.notifications()
    expect(others).toEqual([])
    expect(notification).toMatchObject({
      ...{ id: target?.notification_id, topic: `instance-${plain}-acme-events`, severity: 'medium' },
      ...{ sender: 'notifications@hub.test', event_id: id, instance_id: plain, depth: 0 },
    })
    const event = { eventType: 'UNKNOWN', date: '2026-11-26T03:30:00Z', elementKey: 'acme', hubKey: 'crm' }
    expect(await world.told()).toEqual([
      {
        ...{ eventId: id, elementKey: 'acme', instanceId: plain, instance_id: plain, instanceName: 'Acme prod' },
        ...{ instanceTags: ['Acme prod'], accountId: 2, companyId: 2, userId: 2, events: [event], raw: { a: 1 } },
      },
    ])
  })
  test('is consumed when nobody listens', async () => {
    await world.post(plain, { a: 1 })
    await world.drain()
    expect(await world.targets()).toMatchObject([{ pending: false, status: 'CONSUMED', messages: '[]' }])
    expect(await world.notifications()).toHaveLength(1)
  })
  test('is consumed without a word when its hook has nothing to tell', async () => {
    script = () => ({ value: undefined, returnedAsGiven: [], console: [] })
    await world.post(hooked, {})
    await world.drain()
    expect(await world.targets()).toMatchObject([
      { pending: false, status: 'CONSUMED', attempts: 1, notification_id: null },
    ])
    expect(await world.notifications()).toEqual([])
  })
  test('goes to each instance that it is for', async () => {
    const id = await world.post(plain, { n: 1 }, { instanceIds: [plain, hooked] })
    await world.drain()
    expect((await world.told()).map(({ eventId, instanceId }) => [eventId, instanceId])).toEqual([
      [id, plain],
      [id, hooked],
    ])
  })
  test('tells how many hubs it went through', async () => {
    await world.post(plain, {}, { headers: { 'elements-webhook-depth': '3' } })
    await world.drain()
    expect(await world.notifications()).toMatchObject([{ depth: 3 }])
  })
})

describe('events of one instance', () => {
  test('are told of in the order of receipt, however many and however long their scripts take', async () => {
    script = async (call) => {
      if ((numberIn(call.variables) ?? 0) % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 70))
      return echo(call)
    }
    for (let n = 0; n < 130; n++) await world.post(hooked, { n })
    await world.drain()
    expect((await world.told()).map(({ raw }) => raw.n)).toEqual(Array.from({ length: 130 }, (_, n) => n))
  })
  test('that are ready do not wait for one whose script takes its time, and no transaction is open while it runs', async () => {
    const release = Promise.withResolvers<void>()
    script = async (call) => {
      if (numberIn(call.variables) === 2) await release.promise
      return echo(call)
    }
    for (const n of [1, 2, 3]) await world.post(hooked, { n })
    const drained = world.drain()
    await expect.poll(async () => (await world.told()).map(({ raw }) => raw.n)).toEqual([1])
    await world.context.store.db.transaction().execute((trx) =>
      trx
        .withTables<{ event_targets: { lane: string } }>()
        .updateTable('event_targets')
        .set({ lane: `i:${hooked}` })
        .execute(),
    )
    release.resolve()
    await drained
    expect((await world.told()).map(({ raw }) => raw.n)).toEqual([1, 2, 3])
  })
})

describe('a script that', () => {
  test('fails leaves the event as received, with a message, and the next is told of', async () => {
    script = (call) => {
      if (numberIn(call.variables) === 1) throw new ValenceError('SCRIPT_FAILED', 'event hook of hooked: no \0')
      return echo(call)
    }
    for (const n of [1, 2]) await world.post(hooked, { n })
    await world.drain()
    expect(await world.targets()).toMatchObject([
      { pending: false, status: 'RECEIVED', attempts: 1 },
      { pending: false, status: 'CONSUMED' },
    ])
    expect(await dispositions()).toEqual([
      [{ message: 'event hook of hooked: no \ufffd', timestamp: START.toISOString() }],
      [],
    ])
    expect((await world.told()).map(({ raw }) => raw.n)).toEqual([2])
  })
  for (const code of ['SCRIPT_BUSY', 'UNAVAILABLE'] as const) {
    test(`found no runner (${code}) is run again later, and what came after it waits`, async () => {
      let isBusy = true
      script = (call) => {
        if (isBusy && numberIn(call.variables) === 2) throw new ValenceError(code, 'no runner')
        return echo(call)
      }
      for (const n of [1, 2, 3]) await world.post(hooked, { n })
      await processQueue(world.context).run(`i:${hooked}`, new AbortController().signal)
      expect((await world.told()).map(({ raw }) => raw.n)).toEqual([1])
      const again = new Date(world.context.now().getTime() + 1_000)
      expect((await world.targets()).slice(1)).toMatchObject([
        { pending: true, status: 'NEW', attempts: 0, retry_at: again },
        { pending: true, status: 'NEW', attempts: 0, retry_at: null },
      ])
      expect(world.jobs.waiting.filter(({ key }) => key === `i:${hooked}`)).toHaveLength(1)
      isBusy = false
      world.moveClock(1_000)
      await world.drain()
      expect((await world.told()).map(({ raw }) => raw.n)).toEqual([1, 2, 3])
    })
  }
  test('breaks in a way that nobody foresaw stops its own event and no other', async () => {
    const run = () => processQueue(world.context).run(`i:${hooked}`, new AbortController().signal)
    script = (call) => {
      if (numberIn(call.variables) === 2) throw new TypeError('a mistake')
      return echo(call)
    }
    for (const n of [1, 2, 3]) await world.post(hooked, { n })
    const { store } = world.context
    await eventDb(store).updateTable('event_targets').set({ attempts: 2 }).execute()
    await run()
    expect((await world.targets()).map(({ attempts, status }) => [attempts, status])).toEqual([
      [3, 'CONSUMED'],
      [3, 'RECEIVED'],
      [3, 'CONSUMED'],
    ])
    await world.drain()
  })
})

test('an event that began five times is put aside without a sixth', async () => {
  let runs = 0
  script = (call) => {
    runs++
    return echo(call)
  }
  await world.post(hooked, { n: 1 })
  await eventDb(world.context.store).updateTable('event_targets').set({ attempts: 5 }).execute()
  await world.post(hooked, { n: 2 })
  await world.drain()
  expect(runs).toBe(1)
  expect(await world.targets()).toMatchObject([{ status: 'RECEIVED', pending: false }, { status: 'CONSUMED' }])
  expect((await dispositions())[0]).toMatchObject([{ message: expect.stringContaining('began 5 times') }])
  const alarms = (await world.notifications()).filter(({ topic }) => topic === 'alarms-event-parked')
  expect(alarms).toMatchObject([{ severity: 'high', account_id: 2 }])
})

test('an event is not put aside because the database was not there when it was to be written down', async () => {
  await world.post(hooked, { n: 1 })
  const { store } = world.context
  const transaction = () => Promise.reject(new ValenceError('UNAVAILABLE', 'no database connection became free'))
  world.context.store = { ...store, changes: { ...store.changes, transaction } }
  const run = () => processQueue(world.context).run(`i:${hooked}`, new AbortController().signal)
  for (let time = 0; time < 4; time++) await expect(run()).rejects.toThrow('no database connection')
  world.context.store = store
  expect(await world.targets()).toMatchObject([{ pending: true, attempts: 0 }])
  await world.drain()
  expect(await world.targets()).toMatchObject([{ pending: false, status: 'CONSUMED', attempts: 1 }])
})

test('what two processes read at once is told of once', async () => {
  await subscribe(`instance-${hooked}-hooked-events`)
  const both = Promise.withResolvers<void>()
  let running = 0
  script = async (call) => {
    if (++running === 2) both.resolve()
    await both.promise
    return echo(call)
  }
  await world.post(hooked, { n: 1 })
  const run = () => processQueue(world.context).run(`i:${hooked}`, new AbortController().signal)
  await Promise.all([run(), run()])
  expect(await world.notifications()).toHaveLength(1)
  await world.drain()
})

describe('nobody hears of', () => {
  for (const [name, instance, why] of [
    ['a disabled instance', { disabled: true }, 'The instance is disabled'],
    [
      'one with its events off',
      { configuration: { 'event.notification.enabled': 'false' } },
      'event.notification.enabled',
    ],
  ] as const) {
    test(name, async () => {
      const id = await world.addInstance({ element: HOOKED, ...instance })
      await world.post(id, { n: 1 })
      await world.drain()
      expect(await world.targets()).toMatchObject([{ pending: false, status: 'CONSUMED', account_id: 2, attempts: 0 }])
      expect((await dispositions())[0]).toMatchObject([{ message: expect.stringContaining(why) }])
      expect(await world.notifications()).toEqual([])
    })
  }
  test('one whose owner is not active', async () => {
    const { store } = world.context
    const set = (active: boolean) =>
      store.changes.transaction(async (trx, publish) => {
        await trx
          .withTables<{ users: { id: number; active: boolean } }>()
          .updateTable('users')
          .set({ active })
          .where('id', '=', 2)
          .execute()
        publish({ topic: 'user', key: '2' })
      })
    await set(false)
    await world.post(plain, {})
    await world.drain()
    await set(true)
    expect((await dispositions())[0]).toMatchObject([{ message: 'The owner of the instance is not active' }])
    expect(await world.notifications()).toEqual([])
  })
})

describe('an instance that is not there', () => {
  test('may come while its events wait', async () => {
    const id = 900
    await world.post(id, { a: 1 })
    await processQueue(world.context).run(`i:${id}`, new AbortController().signal)
    expect(await world.targets()).toMatchObject([{ pending: true, attempts: 0 }])
    expect(world.jobs.waiting.map(({ key }) => key)).toContain(`i:${id}`)
    await world.addInstance({ element: PLAIN, id })
    await world.drain()
    expect(await world.targets()).toMatchObject([{ pending: false, status: 'CONSUMED', account_id: 2 }])
    expect(await world.notifications()).toHaveLength(1)
  })
  test('is no longer waited for after ten minutes: its events are forgotten, with one line in the log', async () => {
    await world.post(901, { a: 1 })
    await world.post(901, { a: 2 })
    world.moveClock(600_001)
    await world.drain()
    expect(await world.targets()).toEqual([])
    expect(await eventDb(world.context.store).selectFrom('events').selectAll().execute()).toEqual([])
    expect(world.logged).toMatchObject([{ message: 'events were dropped', why: 'there is no instance 901', count: 2 }])
  })
  test('is looked for a few times only: anybody may make up ids', async () => {
    await world.post(903, { a: 1 })
    const startedAt = world.context.now().getTime()
    let looks = 0
    for (let next: Date | undefined = world.context.now(); next; looks++) {
      world.moveClock(next.getTime() - world.context.now().getTime())
      const wakes: (Date | undefined)[] = []
      const jobs: EventWorld['context']['jobs'] = {
        ...world.jobs,
        wake: async (_trx, _publish, _queue, some) => void wakes.push(...some.map(({ at }) => at)),
      }
      await processQueue({ ...world.context, jobs }).run('i:903', new AbortController().signal)
      next = wakes[0]
    }
    expect(await world.targets()).toEqual([])
    expect(world.context.now().getTime() - startedAt).toBe(600_000)
    expect(looks).toBeLessThan(15)
  })
  test('may come later: a delivery that was dropped is taken when it comes again', async () => {
    const deliver = () => world.post(904, { a: 1 }, { instanceIds: [plain, 904], dedupeKey: 'delivery 1' })
    const first = await deliver()
    expect(await deliver()).toBeUndefined()
    world.moveClock(600_001)
    await world.drain()
    const again = await deliver()
    expect((await world.targets()).map(({ event_id, lane }) => [event_id, lane])).toEqual([
      [first, `i:${plain}`],
      [again, 'i:904'],
    ])
    world.moveClock(600_001)
    await world.drain()
  })
  test('is not waited for when it was deleted', async () => {
    const id = await world.addInstance({ element: PLAIN })
    await world.removeInstance(id)
    await world.post(id, { a: 1 })
    await world.drain()
    expect(await world.targets()).toEqual([])
    expect(world.logged).toMatchObject([{ why: `instance ${id} was deleted` }])
  })
})

test('an event whose objects cannot be read is told of without them, and says so', async () => {
  script = () => result([{ event_type: 'UPDATED', event_object_type: 'contacts', event_object_id: 5 }])
  const id = await world.addInstance({ element: HOOKED, configuration: { 'event.notification.hydrate': 'true' } })
  await world.post(id, { n: 1 })
  await world.drain()
  expect(await world.told()).toMatchObject([{ instanceId: id, raw: { n: 1 } }])
  expect(await dispositions()).toMatchObject([[{ message: 'contacts 5 could not be read: there is no platform here' }]])
})

test('a key that is no lane is no work', async () => {
  expect(await processQueue(world.context).run('x', new AbortController().signal)).toBe('done')
})

test('what proved an event that came before its instance is forgotten with the last that waited for it', async () => {
  const unverified = {
    url: 'http://hub.test/events/acme',
    headers: [['x-signature', 'secret']] as const,
    reference: undefined,
  }
  const kept = async () =>
    (await eventDb(world.context.store).selectFrom('events').select('unverified').execute()).map(
      (row) => row.unverified,
    )
  await world.post(902, { a: 1 }, { instanceIds: [plain, 902], unverified })
  const run = (id: number) => processQueue(world.context).run(`i:${id}`, new AbortController().signal)
  await run(plain)
  expect(await kept()).toEqual([expect.any(String)])
  await world.addInstance({ element: PLAIN, id: 902 })
  await run(902)
  expect(await kept()).toEqual([null])
  await world.drain()
})

test('what proves an event that could not be processed stays: when it is asked for again, it is verified', async () => {
  const unverified = { url: 'http://hub.test/events/hooked', headers: [], reference: undefined }
  const id = await world.post(hooked, { n: 1 }, { unverified })
  await eventDb(world.context.store).updateTable('event_targets').set({ attempts: 5, account_id: 2 }).execute()
  await world.drain()
  expect(await world.targets()).toMatchObject([{ status: 'RECEIVED', pending: false }])
  const { verifyLate } = world.context
  world.context.verifyLate = async () => 'the signature is wrong'
  const context = { ...world.context, slots: { run: <T>(work: () => Promise<T>) => work() } }
  expect(await retryEvent(context, { organizationId: 2, accountId: 2 }, id)).toMatchObject({ status: 'NEW' })
  await world.drain()
  world.context.verifyLate = verifyLate
  expect(await world.targets()).toEqual([])
  expect((await world.notifications()).map(({ topic }) => topic)).toEqual(['alarms-event-parked'])
  expect(world.logged).toContainEqual(expect.objectContaining({ why: 'the signature is wrong' }))
})

test('many large bodies are told of in their order', async () => {
  for (let n = 0; n < 5; n++) await world.post(plain, { n, text: 'x'.repeat(1_500_000) })
  await world.drain()
  expect((await world.told()).map(({ raw }) => raw.n)).toEqual([0, 1, 2, 3, 4])
})

test('a large body is read when its turn comes', async () => {
  const text = 'x'.repeat(100_000)
  await world.post(plain, { text })
  await world.drain()
  expect((await world.told())[0].raw.text).toBe(text)
  expect(await world.targets()).toMatchObject([{ attempts: 1, status: 'CONSUMED' }])
})
