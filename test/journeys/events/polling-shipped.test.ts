import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { checkpointDb } from '../../../src/events/poll/checkpoint-table.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { provisionSimulated } from '../../support/provision-simulated.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

/** Shipped elements are polled as their manifests say, at their simulated vendors. */
let hub: TestHub
let receiver: Receiver
beforeAll(async () => {
  ;[hub, receiver] = await Promise.all([startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' }), startReceiver()])
})
afterAll(() => Promise.all([hub?.close(), receiver?.close()]))

async function letCome(instanceId: number): Promise<void> {
  const { db, changes } = hub.hub.store
  await sql`update schedules set next_run_at = now() - interval '1 second' where kind = 'poller' and instance_id = ${instanceId}`.execute(
    db,
  )
  await changes.transaction(async (_trx, publish) => publish({ topic: 'schedules', key: '' }))
}
const checkpoints = (instanceId: number) =>
  checkpointDb(hub.hub.store)
    .selectFrom('poller_checkpoints')
    .select(['object_type', 'last_poll_date', 'message'])
    .where('instance_id', '=', instanceId)
    .execute()

for (const [key, objects, resource, body, objectType, idField] of [
  ['sfdc', 'Contact,Account', 'contacts', { LastName: 'Polled' }, 'Contact', 'Id'],
  ['sugarcrmv2', 'contacts,leads', 'contacts', { last_name: 'Polled' }, 'contacts', 'id'],
  ['zohocrmv2', 'contacts', 'contacts', { Last_Name: 'Polled' }, 'contacts', 'id'],
  ['hubspotcrm', undefined, 'contacts', { properties: { email: 'polled@example.com' } }, 'contacts', 'id'],
  ['closeio', undefined, 'accounts', { name: 'Polled' }, 'accounts', 'id'],
  ['pipedrive', undefined, 'accounts', { name: 'Polled' }, 'accounts', 'id'],
  ['netsuitecrm', undefined, 'contacts', { lastName: 'Polled' }, 'contacts', 'id'],
  ['base', undefined, 'contacts', { last_name: 'Polled' }, 'contacts', 'id'],
  ['zendesk', undefined, 'incidents', { subject: 'Polled', comment: { body: 'x' } }, 'incidents', 'id'],
  [
    'freshdesk',
    undefined,
    'incidents',
    { subject: 'Polled', description: 'x', email: 'a@example.com', priority: 1, status: 2 },
    'incidents',
    'id',
  ],
  [
    'jira',
    undefined,
    'incidents',
    { fields: { summary: 'Polled', project: { key: 'ACME' }, issuetype: { name: 'Task' } } },
    'incidents',
    'id',
  ],
] as const) {
  test(`${key}: a new record is polled and told, and no old one`, async () => {
    const inbox = receiver.inbox()
    const { id, token } = await provisionSimulated(hub, key, {
      'event.notification.enabled': 'true',
      'event.vendor.type': 'polling',
      'event.poller.refresh_interval': '999999999',
      'event.notification.callback.url': inbox.url,
      ...(objects ? { 'event.objects': objects } : {}),
    })
    const { hub: hubKey } = expectOk(await hub.call('GET', `/elements/${key}`)).body
    const created = expectOk(await hub.call('POST', `/hubs/${hubKey}/${resource}`, { token, body })).body
    await letCome(id)
    await vi.waitFor(
      async () => {
        for (const one of await checkpoints(id)) {
          if (one.message === null && one.last_poll_date === null)
            throw new Error(`${one.object_type} is not polled yet`)
        }
      },
      { timeout: 15_000, interval: 50 },
    )
    expect((await checkpoints(id)).map(({ message }) => message).filter(Boolean)).toEqual([])
    const { json } = await inbox.one((delivery) => delivery.json.message.raw.objectType === objectType, 15_000)
    expect(json.message.events).toEqual([
      expect.objectContaining({
        objectType,
        objectId: String(created[idField]),
        eventType: 'CREATED',
        elementKey: key,
      }),
    ])
  })
}
