import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CatalogInstance, provisionElement } from '../../support/catalog-element.ts'
import { postEvent } from '../../support/event-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** A simulated vendor tells the hub of what was written there, and the hub tells the customer (spec 40 §1, §5). */
let hub: TestHub
let receiver: Receiver
beforeAll(async () => {
  ;[hub, receiver] = await Promise.all([startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' }), startReceiver()])
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

async function provision(key: string, configuration: Record<string, string>) {
  const inbox = receiver.inbox()
  const events = {
    'event.notification.enabled': 'true',
    'event.vendor.type': 'webhooks',
    'event.notification.callback.url': inbox.url,
  }
  return { inbox, instance: await provisionElement(hub, key, { ...events, ...configuration }) }
}

const configurationOf = async ({ id }: CatalogInstance) =>
  (await hub.call('GET', `/instances/${id}`)).body.configuration

async function told(inbox: Inbox, count: number) {
  return (await inbox.arrived(count)).map(({ json }) =>
    json.message.events.map((event: Record<string, string>) => [
      event['eventType'],
      event['objectType'],
      event['objectId'],
    ]),
  )
}

test('Stripe: what provisioning subscribed comes signed, and anything else is refused', async () => {
  const { inbox, instance } = await provision('stripe', {})
  const configuration = await configurationOf(instance)
  expect(configuration['event.vendor.signature.key']).toBe('********')
  expect(configuration['stripe.webhook.id']).toBeTruthy()

  const customer = await instance.ok('POST', '/hubs/payment/customers', { email: 'ada@example.com' })
  await instance.ok('PATCH', `/hubs/payment/customers/${customer.id}`, { name: 'Ada' })
  expect(await told(inbox, 2)).toEqual([
    [['CREATED', 'customers', customer.id]],
    [['UPDATED', 'customers', customer.id]],
  ])

  const forged = { type: 'customer.deleted', data: { object: { id: customer.id, object: 'customer' } } }
  await postEvent(hub, `/events/stripe/${Buffer.from(String(instance.id)).toString('base64')}`, { body: forged })
  await instance.ok('DELETE', `/hubs/payment/customers/${customer.id}`)
  expect((await told(inbox, 3)).at(-1)).toEqual([['DELETED', 'customers', customer.id]])
  expect(inbox.received).toHaveLength(3)

  const sentTo = async () =>
    (await (await fetch(`${hub.hub.url}/simulator/__simulator/webhooks?element=stripe`)).json()) as {
      subscriptions: string[]
    }
  expect((await sentTo()).subscriptions).toHaveLength(1)
  await hub.call('DELETE', `/instances/${instance.id}`)
  expect((await sentTo()).subscriptions).toHaveLength(0)
})

test('Pipedrive: webhooks instead of polling, when an instance asks for them', async () => {
  const { inbox, instance } = await provision('pipedrive', {})
  const made = await instance.ok('POST', '/hubs/crm/contacts', { name: 'Ada Lovelace' })
  expect(await told(inbox, 1)).toEqual([[['CREATED', 'contacts', String(made.id)]]])
})
