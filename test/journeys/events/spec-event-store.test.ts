import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  EVENT_HOOK,
  type ProvisionedInstance,
  postEvent,
  postEventElement,
  provisionWithEvents,
  refOf,
} from '../../support/event-element.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type Organization, type People } from '../../support/people.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** Events that were taken: reading them, what became of them, how many there were (spec 40 §10). */
let hub: TestHub
let receiver: Receiver
let people: People
let stranger: Organization
/** five events, all delivered */
let busy: ProvisionedInstance
let busyInbox: Inbox
/** one event, refused by the receiver */
let refused: ProvisionedInstance
beforeAll(async () => {
  ;[receiver, hub] = await Promise.all([
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  people = await meetPeople(hub)
  stranger = await people.signUp('Strangers')
  await postEventElement(hub, { key: 'stored', baseUrl: 'https://api.acme.test', hook: EVENT_HOOK })
  busyInbox = receiver.inbox()
  busy = await provision(busyInbox)
  for (const id of ['1', '2', '3', '4', '5']) await send(busy.id, id)
  await busyInbox.arrived(5)
  const inbox = receiver.inbox()
  inbox.answer(500)
  refused = await provision(inbox)
  await send(refused.id, 'r')
  await inbox.arrived(1)
  const settled = async () => {
    const statuses = (await events(`/instances/${busy.id}/events`)).map(({ status }) => status)
    expect(statuses).toEqual(Array(5).fill('NOTIFIED'))
  }
  await vi.waitFor(settled, { timeout: 10_000 })
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

const provision = (inbox: Inbox) => provisionWithEvents(hub, 'stored', { 'event.notification.callback.url': inbox.url })

async function send(instanceId: number, id: string): Promise<void> {
  const body = { id, type: 'contacts', change: 'created' }
  expect((await postEvent(hub, `/events/stored/${refOf(instanceId)}`, { body })).status).toBe(200)
}

interface StoredEvent {
  id: string
  eventDate: string
  status: string
  providerData: string
  notifiedData: Record<string, unknown>[]
  eventElementInstances: Record<string, unknown>[]
}
async function events(path: string, token?: string): Promise<StoredEvent[]> {
  return expectOk(await hub.call('GET', path, token === undefined ? {} : { token })).body
}
const sentIds = () => busyInbox.received.map(({ json }) => json.message.eventId)

describe('reading events', () => {
  test('of an instance: all of them, with all members', async () => {
    const all = await events(`/instances/${busy.id}/events`)
    expect(all.map(({ id }) => id).toSorted()).toEqual(sentIds().toSorted())
    for (const event of all) {
      const [delivery] = busyInbox.received.filter(({ json }) => json.message.eventId === event.id)
      expect(event).toMatchObject({
        id: expect.stringMatching(/^[A-Za-z0-9_-]{20}$/),
        eventDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
        status: 'NOTIFIED',
        encodedid: refOf(busy.id),
      })
      expect(JSON.parse(event.providerData)).toEqual(delivery?.json.message.raw)
      expect(event.notifiedData).toHaveLength(1)
      expect(JSON.stringify(event.notifiedData)).toContain(event.id)
      expect(event.eventElementInstances).toMatchObject([
        {
          eventId: event.id,
          elementInstanceId: busy.id,
          notificationId: expect.anything(),
          notifiedData: expect.any(String),
          createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        },
      ])
      const [target] = event.eventElementInstances
      expect(String(target?.['notificationId'])).toBe(delivery?.json.id)
      expect(String(target?.['notifiedData'])).toContain(event.id)
    }
  })

  test('by the token: those of its instance', async () => {
    expect((await events('/instances/events', busy.token)).map(({ id }) => id).toSorted()).toEqual(sentIds().toSorted())
  })

  test('without a token: those of all instances that the user sees', async () => {
    const all = (await events('/instances/events')).map(({ id }) => id)
    expect(all).toEqual(expect.arrayContaining(sentIds()))
    expect(all).toHaveLength(6)
  })

  test('one, by each path', async () => {
    const [id] = sentIds()
    for (const [path, token] of [
      [`/instances/events/${id}`, undefined],
      [`/instances/events/${id}`, busy.token],
      [`/instances/${busy.id}/events/${id}`, undefined],
    ] as const) {
      expect(expectOk(await hub.call('GET', path, token === undefined ? {} : { token })).body).toMatchObject({
        id,
        status: 'NOTIFIED',
      })
    }
  })

  test('what is not there is 404', async () => {
    const [id] = sentIds()
    for (const path of [
      '/instances/events/AXv0Qk3hVw9sLr2TzYbC',
      '/instances/events/-1',
      '/instances/events/1088',
      `/instances/${busy.id}/events/AXv0Qk3hVw9sLr2TzYbC`,
      `/instances/${refused.id}/events/${id}`,
      '/instances/999999999/events',
    ]) {
      expectError(await hub.call('GET', path), 404)
    }
    expectError(await hub.call('GET', `/instances/events/${id}`, { token: refused.token }), 404)
  })

  test('pages of two, each event once, no token at the end', async () => {
    const seen: string[] = []
    let token: string | null = ''
    for (let pages = 0; token !== null && pages < 10; pages++) {
      const path = `/instances/${busy.id}/events?pageSize=2&nextPage=${encodeURIComponent(token)}`
      const answer = expectOk(await hub.call('GET', path))
      seen.push(...answer.body.map((event: StoredEvent) => event.id))
      token = answer.headers.get('elements-next-page-token')
      expect(answer.headers.get('elements-returned-count')).toBe(String(answer.body.length))
    }
    expect(token).toBeNull()
    expect(seen.toSorted()).toEqual(sentIds().toSorted())
  })

  test('from and to', async () => {
    const past = 'from=2019-01-01&to=2019-02-01'
    expect(await events(`/instances/${busy.id}/events?${past}`)).toEqual([])
    const now = `from=${new Date(Date.now() - 600_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`
    expect(await events(`/instances/${busy.id}/events?${now}`)).toHaveLength(5)
    expectError(await hub.call('GET', '/instances/events?from=2019-02-01&to=2019-01-01'), 400)
  })

  test('no events are an empty list', async () => {
    expect(await events(`/instances/${(await provision(receiver.inbox())).id}/events`)).toEqual([])
  })

  test('strangers see none of them', async () => {
    const ask = people.as(stranger.admin)
    const [id] = sentIds()
    expect(expectOk(await ask('GET', '/instances/events')).body).toEqual([])
    expectError(await ask('GET', `/instances/events/${id}`), 404)
    expectError(await ask('GET', `/instances/${busy.id}/events`), 404, 403)
    expectError(await ask('GET', `/instances/${busy.id}/events/${id}`), 404, 403)
    expect(expectOk(await ask('GET', '/instances/events/dispositions')).body).toEqual([])
  })
})

describe('dispositions (§10.1)', () => {
  test('a receiver that refused', async () => {
    const find = async () =>
      expectOk(await hub.call('GET', '/instances/events/dispositions?pageSize=100')).body.find(
        ({ elementInstanceId }: { elementInstanceId: number }) => elementInstanceId === refused.id,
      )
    await expect.poll(find, { timeout: 10_000 }).toMatchObject({
      eventId: expect.any(String),
      elementInstanceId: refused.id,
    })
    const row = await find()
    expect(row.notificationData[0]).toEqual({
      message: expect.stringContaining('Error delivering event'),
      timestamp: expect.any(String),
    })
  })

  test('by the token: of that instance', async () => {
    const { body } = expectOk(await hub.call('GET', '/instances/events/dispositions', { token: refused.token }))
    expect(body.map(({ elementInstanceId }: { elementInstanceId: number }) => elementInstanceId)).toEqual([refused.id])
  })

  test('from, to and pages', async () => {
    expect(
      expectOk(await hub.call('GET', '/instances/events/dispositions?from=2019-01-01&to=2019-02-01')).body,
    ).toEqual([])
    expect(expectOk(await hub.call('GET', '/instances/events/dispositions?pageSize=1')).body).toHaveLength(1)
  })
})

describe('analytics (§10.2)', () => {
  const PATHS = ['', '/instances', '/accounts']
  const path = (kind: string, query = '') => `/instances/events/analytics${kind}${query === '' ? '' : `?${query}`}`
  const hourOf = (minute: Date) => {
    const to = new Date(Math.floor(minute.getTime() / 60_000) * 60_000)
    return `from=${new Date(to.getTime() - 3_600_000).toISOString()}&to=${to.toISOString()}`
  }

  for (const kind of PATHS) {
    test(`acceptance 2: one hour by minute is 61 rows at ${kind || '/'}`, async () => {
      const { body } = expectOk(
        await hub.call('GET', path(kind, 'from=2019-04-02T10:00:00Z&to=2019-04-02T11:00:00Z&interval=minute')),
      )
      expect(body).toHaveLength(61)
      const [first] = body
      const last = body[60]
      expect([first.timestamp, last.timestamp]).toEqual(['2019-04-02T10:00:00.000Z', '2019-04-02T11:00:00.000Z'])
      expect(first).toEqual(
        kind === ''
          ? { timestamp: first.timestamp, count: 0 }
          : { timestamp: first.timestamp, total: 0, records: expect.any(Array) },
      )
    })

    test(`all parameters of ${kind || '/'} are optional`, async () => {
      const { body } = expectOk(await hub.call('GET', path(kind)))
      expect(body.length).toBeGreaterThanOrEqual(24)
    })

    for (const [name, query, status] of [
      ['from behind to', 'from=2019-04-03T00:00:00Z&to=2019-04-02T00:00:00Z', 400],
      ['a day by second', 'from=2019-04-02T00:00:00Z&to=2019-04-03T00:00:00Z&interval=second', 400],
      ['an interval that is none', 'from=2019-04-02T00:00:00Z&to=2019-04-03T00:00:00Z&interval=fortnight', 400],
      ['an unknown account', 'accountIds[]=0', 403],
    ] as const) {
      test(`${name} is ${status} at ${kind || '/'}`, async () => {
        expectError(await hub.call('GET', path(kind, query)), status)
      })
    }

    test(`a foreign account is 403 at ${kind || '/'}`, async () => {
      expectError(await hub.call('GET', path(kind, `accountIds[]=${stranger.defaultAccount.id}`)), 403)
    })
  }

  interface Bucket {
    timestamp: string
    count: number
    total: number
    records: { instanceId: number; accountId: number; count: number; success: number; failed: number }[]
  }
  const recent = () => `${hourOf(new Date(Date.now() + 60_000))}&interval=minute`
  const buckets = async (kind: string, query = recent()): Promise<Bucket[]> =>
    expectOk(await hub.call('GET', path(kind, query))).body

  test('every event is counted once', async () => {
    const total = async () => (await buckets('')).reduce((sum, { count }) => sum + count, 0)
    await expect.poll(total, { timeout: 15_000 }).toBe(6)
    for (const kind of ['/instances', '/accounts']) {
      const rows = await buckets(kind)
      expect(
        rows.reduce((sum, row) => sum + row.total, 0),
        kind,
      ).toBe(6)
    }
  })

  test('by instance, with successes and failures', async () => {
    const ofInstance = async (id: number) => {
      const records = (await buckets('/instances')).flatMap((row) => row.records.filter((one) => one.instanceId === id))
      return ['count', 'success', 'failed'].map((member) =>
        records.reduce((sum, record) => sum + record[member as 'count'], 0),
      )
    }
    await expect.poll(() => ofInstance(busy.id), { timeout: 15_000 }).toEqual([5, 5, 0])
    await expect.poll(() => ofInstance(refused.id), { timeout: 15_000 }).toEqual([1, 0, 1])
  })

  test('by account', async () => {
    const { accountId } = people.first
    const records = (await buckets('/accounts')).flatMap((row) => row.records)
    expect(new Set(records.map((record) => record.accountId))).toEqual(new Set([accountId]))
    expect(records.reduce((sum, { count }) => sum + count, 0)).toBe(6)
    expect(await buckets('/accounts', `${recent()}&accountIds[]=${accountId}`)).toEqual(await buckets('/accounts'))
  })

  test('strangers count none', async () => {
    const { body } = expectOk(await people.as(stranger.admin)('GET', path('', recent())))
    expect(body.reduce((sum: number, { count }: Bucket) => sum + count, 0)).toBe(0)
  })
})
