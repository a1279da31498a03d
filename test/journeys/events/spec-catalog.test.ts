import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postEvent, refOf } from '../../support/event-element.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { pollNow } from '../../support/poll-now.ts'
import { provisionSimulated } from '../../support/provision-simulated.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** Events of shipped elements on the simulator (spec 40 §6.1, §7.6, §7.7; errata §4). */
let hub: TestHub
let receiver: Receiver
beforeAll(async () => {
  ;[receiver, hub] = await Promise.all([startReceiver(), startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' })])
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

async function provision(key: string, configuration: Record<string, string>) {
  const inbox = receiver.inbox()
  const on = { 'event.notification.enabled': 'true', 'event.notification.callback.url': inbox.url }
  const { id, token } = await provisionSimulated(hub, key, { ...on, ...configuration })
  return { id, token, inbox }
}

async function eventsIn(inbox: Inbox): Promise<Record<string, unknown>[]> {
  await inbox.arrived(1, 15_000)
  return inbox.received.flatMap(({ json }) => json.message.events)
}

describe('sfdc', () => {
  const objects = [
    { attributes: { type: 'Contact' }, Id: '003A', LastModifiedDate: '2019-04-02T10:11:12.000+0000' },
    { Id: '500B', LastModifiedDate: '2019-04-02T10:11:13.000+0000' },
  ]
  for (const [action, eventType] of [
    ['create', 'CREATED'],
    ['update', 'UPDATED'],
    ['delete', 'DELETED'],
  ] as const) {
    test(`a posted ${action}, by Element-Instances`, async () => {
      const { id, inbox } = await provision('sfdc', { 'event.vendor.type': 'webhook' })
      const headers = { 'Element-Instances': String(id) }
      expect((await postEvent(hub, '/events/sfdc', { body: { objects, action }, headers })).status).toBe(200)
      expect(await eventsIn(inbox)).toMatchObject([
        { objectType: 'Contact', objectId: '003A', eventType, date: '2019-04-02T10:11:12Z', hubKey: 'crm' },
        { objectType: 'UNKNOWN', objectId: '500B', eventType },
      ])
    })
  }

  test('polled by event.objects alone: a contact that is made is told; records follow event.objects', async () => {
    const { id, token, inbox } = await provision('sfdc', {
      'event.vendor.type': 'polling',
      'event.objects': 'Contact,Account',
    })
    // the vendor's dates have whole seconds
    const second = Math.floor(Date.now() / 1000)
    await expect.poll(() => Math.floor(Date.now() / 1000), { timeout: 2_000, interval: 20 }).toBeGreaterThan(second)
    const body = { FirstName: 'Ada', LastName: 'Lovelace', Email: 'ada@engine.example' }
    const contact = expectOk(await hub.call('POST', '/hubs/crm/contacts', { token, body })).body
    await pollNow(hub, id)
    const events = await eventsIn(inbox)
    const contactId = contact.Id ?? contact.id
    expect(events).toMatchObject([{ objectType: 'Contact', objectId: contactId, eventType: 'CREATED' }])
    const objectTypes = async () =>
      expectOk(await hub.call('GET', '/instances/event-poller-records', { token }))
        .body.map(({ objectType }: { objectType: string }) => objectType)
        .toSorted()
    expect(await objectTypes()).toEqual(['Account', 'Contact'])
    expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { configuration: { 'event.objects': 'Contact' } } }))
    expect(await objectTypes()).toEqual(['Contact'])
  })
})

describe('element metadata', () => {
  const eventsOf = async (key: string) => expectOk(await hub.call('GET', `/elements/${key}/metadata`)).body.events
  test('dropbox lists webhook', async () => {
    expect(await eventsOf('dropbox')).toMatchObject({ supported: true, methods: expect.arrayContaining(['webhook']) })
  })
  for (const key of ['netsuitecrm', 'closeio', 'sfdc']) {
    test(`${key} lists polling, with resources`, async () => {
      const { methods, polling } = await eventsOf(key)
      expect(methods).toContain('polling')
      expect(Object.keys(polling)).not.toEqual([])
    })
  }
})

test('every shipped element that polls can be polled with what it ships', { timeout: 60_000 }, async () => {
  const { body: elements } = expectOk(await hub.call('GET', '/elements?abridged=true&pageSize=500'))
  const polled = (elements as { key: string }[]).map(async ({ key }) => {
    const { events } = expectOk(await hub.call('GET', `/elements/${key}/metadata`)).body
    if (!events.methods.includes('polling')) return []
    // those that ship one poller for any object want to be told of which
    const named = Object.keys(events.polling).filter((name) => name !== '{objectName}')
    const objects = named.length > 0 ? named.slice(0, 2).join(',') : 'contacts'
    const isForAny = Object.hasOwn(events.polling, '{objectName}')
    const { id } = await provision(key, {
      'event.vendor.type': 'polling',
      ...(isForAny ? { 'event.objects': objects } : ({} as Record<string, string>)),
    })
    await pollNow(hub, id)
    const jobs = expectOk(await hub.call('GET', '/jobs')).body
    const job = jobs.find(({ data }: { data: { instanceId: number } }) => data.instanceId === id)
    const [run] = expectOk(await hub.call('GET', `/jobs/${job.id}/history`)).body
    return [[key, run.job_state, run.job_error_message ?? undefined]]
  })
  const runs = (await Promise.all(polled)).flat()
  expect(runs).toContainEqual(['closeio', 'COMPLETED', undefined])
  expect(runs.filter(([, state, message]) => state !== 'COMPLETED' || message)).toEqual([])
})

test('an instance of a shipped element has its webhook URL', async () => {
  const { id, inbox } = await provision('sfdc', { 'event.vendor.type': 'webhooks' })
  const { webhookUrl } = expectOk(await hub.call('GET', `/instances/${id}`)).body
  expect(webhookUrl).toBe(`${hub.api}/events/sfdc/${refOf(id)}`)
  const body = { objects: [{ attributes: { type: 'Lead' }, Id: '00Q' }], action: 'create' }
  expect((await fetch(webhookUrl, { method: 'POST', body: JSON.stringify(body) })).status).toBe(200)
  expect(await eventsIn(inbox)).toMatchObject([{ objectType: 'Lead', objectId: '00Q', eventType: 'CREATED' }])
})
