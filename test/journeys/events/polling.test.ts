import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { pollerOf, postEventElement, provisionWithEvents } from '../../support/event-element.ts'
import { type EventVendor, startEventVendor } from '../../support/event-vendor.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

/** From a change at a vendor to the customer's receiver, by polling (spec 40 §7). */
let hub: TestHub
let vendor: EventVendor
let receiver: Receiver

const POLLING = { 'event.vendor.type': 'polling', 'event.poller.refresh_interval': '999999999' }

beforeAll(async () => {
  ;[hub, vendor, receiver] = await Promise.all([
    startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1', VALENCE_SIMULATE: 'off' }),
    startEventVendor(),
    startReceiver(),
  ])
  await postEventElement(hub, { key: 'polled', baseUrl: vendor.baseUrl })
})
afterAll(() => Promise.all([hub?.close(), vendor?.close(), receiver?.close()]))

/** as if the time of its poller had come */
async function letCome(instanceId: number): Promise<void> {
  const { db, changes } = hub.hub.store
  const due = sql`update schedules set next_run_at = now() - interval '1 second' where kind = 'poller' and instance_id = ${instanceId}`
  await due.execute(db)
  await changes.transaction(async (_trx, publish) => publish({ topic: 'schedules', key: '' }))
}
const records = async (token: string) =>
  expectOk(await hub.call('GET', '/instances/event-poller-records', { token })).body as Record<string, unknown>[]
const jobsOf = async (instanceId: number) =>
  ((await hub.call('GET', '/jobs')).body as { name: string }[]).filter(({ name }) => name.endsWith(` ${instanceId}`))
const now = () => `${new Date().toISOString().slice(0, 19)}Z`

test('what changes after provisioning is polled and delivered, once; what was there before is not', async () => {
  const inbox = receiver.inbox()
  const before = { id: 'old', created: '2019-04-02T10:11:12Z', updated: '2019-04-02T10:11:12Z' }
  vendor.fill('contacts', [before])
  const { id, token, name } = await provisionWithEvents(hub, 'polled', {
    ...POLLING,
    'event.notification.callback.url': inbox.url,
    'event.poller.configuration': { contacts: pollerOf('contacts') },
  })
  expect(await records(token)).toEqual([
    expect.objectContaining({ elementInstanceId: id, objectType: 'contacts', failures: 0 }),
  ])
  expect(await jobsOf(id)).toHaveLength(1)
  const made = { id: 'c1', created: now(), updated: now() }
  const changed = { ...before, id: 'c2', updated: now() }
  vendor.fill('contacts', [made, changed, before])
  await letCome(id)
  await inbox.arrived(1, 20_000)
  expect(inbox.received[0]?.json).toMatchObject({
    topic: `instance-${id}-polled-events`,
    message: {
      instanceId: id,
      instanceName: name,
      raw: {
        objectType: 'contacts',
        pollDate: expect.any(Number),
        contacts: [
          { ...made, objectId: 'c1', eventType: 'CREATED' },
          { ...changed, objectId: 'c2', eventType: 'UPDATED' },
        ],
      },
      events: [
        {
          objectId: 'c1',
          objectType: 'contacts',
          eventType: 'CREATED',
          date: made.updated,
          elementKey: 'polled',
          hubKey: 'crm',
        },
        { objectId: 'c2', objectType: 'contacts', eventType: 'UPDATED', pollDate: expect.stringMatching(/Z$/) },
      ],
    },
  })
  expect(vendor.take().map(({ query }) => query['filter'])).toEqual([
    expect.stringMatching(/^updated>='20..-..-..T..:..:..Z'$/),
  ])
  vendor.fill('contacts', [{ ...made, updated: '2099-01-01T00:00:00Z' }, changed])
  await letCome(id)
  await inbox.arrived(2, 20_000)
  expect(
    inbox.received.map((one) => one.json.message.events.map((event: { objectId: string }) => event.objectId)),
  ).toEqual([['c1', 'c2'], ['c1']])
  await vi.waitFor(async () => {
    const { body } = await hub.call('GET', `/usage?from=2020-01-01T00:00:00Z&searchText=`)
    expect(JSON.stringify(body)).toContain('/hubs/crm/contacts')
  })
})

test('what event.objects no longer names is gone at once (spec 40 §7.6)', async () => {
  const { id, token } = await provisionWithEvents(hub, 'polled', {
    ...POLLING,
    'event.objects': 'contacts,accounts',
    'event.poller.configuration': { contacts: pollerOf('contacts'), accounts: pollerOf('accounts') },
  })
  const types = async () => (await records(token)).map(({ objectType }) => objectType)
  expect(await types()).toEqual(['contacts', 'accounts'])
  expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { configuration: { 'event.objects': 'accounts' } } }))
  expect(await types()).toEqual(['accounts'])
  expectOk(
    await hub.call('PATCH', '/instances', { token, body: { configuration: { 'event.notification.enabled': false } } }),
  )
  expect([await types(), await jobsOf(id)]).toEqual([[], []])
})

test('a vendor that fails is told of, and its place is kept', async () => {
  vendor.answer('GET /deals', { status: 400, body: { message: 'deals are closed' } })
  const { id, token } = await provisionWithEvents(hub, 'polled', {
    ...POLLING,
    'event.poller.configuration': JSON.stringify({ deals: pollerOf('deals') }),
  })
  const [before] = await records(token)
  await letCome(id)
  await vi.waitFor(async () => {
    expect(await records(token)).toEqual([
      {
        ...before,
        failures: 1,
        message: expect.stringMatching(/^deals: /),
        nextPollAfter: expect.any(String),
        updatedDate: expect.any(String),
      },
    ])
  }, 20_000)
})
