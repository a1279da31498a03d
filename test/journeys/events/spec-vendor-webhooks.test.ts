import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  postEventElement,
  provisionWithEvents,
  refOf,
  WEBHOOK_ID,
  webhookResources,
} from '../../support/event-element.ts'
import { type EventVendor, startEventVendor } from '../../support/event-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Subscribing at the vendor (spec 40 §5): what runs when, where the webhook URL is put, how the vendor's id is kept. */
let hub: TestHub
let vendor: EventVendor
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startEventVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  const configuration = [WEBHOOK_ID]
  const make = (key: string, resources: readonly Record<string, unknown>[]) =>
    postEventElement(hub, { key, baseUrl: vendor.baseUrl, configuration, resources })
  await make('webhooked', webhookResources())
  await make('doublebraces', webhookResources('{{webhookCallbackUrl}}'))
  await make('capturedbyrequest', withCapture(webhookResources(), { source: 'request' }))
  await make('capturedbyhook', [
    {
      ...bare(webhookResources()[0]),
      hooks: [
        { type: 'preRequest', body: BUILT_BODY },
        { type: 'postRequest', body: "done({ configuration: { 'webhook.id': response_body.id } })" },
      ],
    },
    webhookResources()[1] as Record<string, unknown>,
  ])
  await make('eighthooks', [
    ...Array.from({ length: 8 }, (_, index) => ({
      ...bare(webhookResources()[0]),
      path: `/hubs/crm/hooks-${8 - index}`,
      vendorPath: `/hooks/${8 - index}`,
    })),
  ])
  await make('asked', [
    {
      method: 'GET',
      path: '/hubs/crm/where-to',
      vendorPath: '/where-to',
      type: 'api',
      parameters: [{ name: '{{webhookCallbackUrl}}', type: 'value', vendorName: 'target', vendorType: 'query' }],
    },
  ])
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})
beforeEach(() => {
  vendor.take()
  vendor.answer('POST /hooks', { body: { id: 'vendor-7' } })
  vendor.answer('DELETE /hooks/vendor-7', {})
})

const BUILT_BODY = "done({ request_vendor_body: JSON.stringify({ built: '{webhookCallbackUrl}' }) })"

/** The resource without parameters. */
function bare(resource: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...resource, parameters: [] }
}

function withCapture(resources: Record<string, unknown>[], given: Record<string, unknown>) {
  return resources.map((resource) => ({
    ...resource,
    parameters: (resource['parameters'] as Record<string, unknown>[]).map((parameter) =>
      parameter['vendorType'] === 'bodyField' ? { ...parameter, ...given } : parameter,
    ),
  }))
}

const webhookUrl = (element: string, id: number) => `${hub.api}/events/${element}/${refOf(id)}`
const lines = () => vendor.take().map(({ method, path }) => `${method} ${path}`)

describe('at provisioning', () => {
  for (const type of ['webhooks', 'webhook']) {
    test(`with type ${type} the webhook is made with the address of the instance`, async () => {
      const { id } = await provisionWithEvents(hub, 'webhooked', { 'event.vendor.type': type })
      expect(vendor.take()).toMatchObject([
        { method: 'POST', path: '/hooks', body: { target: webhookUrl('webhooked', id) } },
      ])
    })
  }

  test('{{webhookCallbackUrl}} is the same', async () => {
    const { id } = await provisionWithEvents(hub, 'doublebraces', {})
    expect(vendor.take()).toMatchObject([{ body: { target: webhookUrl('doublebraces', id) } }])
  })

  test('it is put into bodies that a pre-request hook built', async () => {
    const { id } = await provisionWithEvents(hub, 'capturedbyhook', {})
    expect(vendor.take()).toMatchObject([{ body: { built: webhookUrl('capturedbyhook', id) } }])
  })

  test('all of them run, in the order in which they are listed', async () => {
    for (let index = 1; index <= 8; index++) vendor.answer(`POST /hooks/${index}`, { body: {} })
    await provisionWithEvents(hub, 'eighthooks', {})
    expect(lines()).toEqual([8, 7, 6, 5, 4, 3, 2, 1].map((index) => `POST /hooks/${index}`))
  })

  for (const [name, configuration] of [
    ['events are off', { 'event.notification.enabled': false }],
    ['events are off as text', { 'event.notification.enabled': 'false' }],
    ['the instance polls', { 'event.vendor.type': 'polling' }],
  ] as const) {
    test(`none runs where ${name}`, async () => {
      await provisionWithEvents(hub, 'webhooked', configuration)
      expect(lines()).toEqual([])
    })
  }

  test('its failure fails the provisioning with the words of the vendor', async () => {
    vendor.answer('POST /hooks', { status: 422, body: { error: 'no more than five webhooks' } })
    const body = {
      name: 'Refused',
      element: { key: 'webhooked' },
      configuration: { 'event.notification.enabled': true },
    }
    const answer = await hub.call('POST', '/instances', { body })
    expect(answer.status, answer.text).toBeGreaterThanOrEqual(400)
    expect(answer.text).toContain('no more than five webhooks')
    expectError(await hub.call('GET', `/instances?searchText=Refused`), 404)
  })

  test('in an ordinary resource it is put as well', async () => {
    const { id, token } = await provisionWithEvents(hub, 'asked', {})
    vendor.answer('GET /where-to', { body: {} })
    expectOk(await hub.call('GET', '/hubs/crm/where-to', { token }))
    expect(vendor.take()).toMatchObject([{ query: { target: webhookUrl('asked', id) } }])
  })
})

describe('the id that the vendor gave', () => {
  for (const [name, element] of [
    ['by a parameter of the response', 'webhooked'],
    ['by a parameter that says request where it means response', 'capturedbyrequest'],
    ['by a hook', 'capturedbyhook'],
  ] as const) {
    test(`is kept ${name}, and the deletion reads it back`, async () => {
      const { id } = await provisionWithEvents(hub, element, {})
      expect(expectOk(await hub.call('GET', `/instances/${id}`)).body.configuration['webhook.id']).toBe('vendor-7')
      vendor.take()
      expectOk(await hub.call('DELETE', `/instances/${id}`))
      expect(lines()).toEqual(['DELETE /hooks/vendor-7'])
    })
  }
})

describe('later', () => {
  test('switching events off removes the webhook, switching them on makes it again', async () => {
    const { id } = await provisionWithEvents(hub, 'webhooked', {})
    vendor.take()
    const enable = (value: unknown) =>
      hub.call('PATCH', `/instances/${id}`, { body: { configuration: { 'event.notification.enabled': value } } })
    expectOk(await enable('false'))
    expect(lines()).toEqual(['DELETE /hooks/vendor-7'])
    expectOk(await enable(true))
    expect(lines()).toEqual(['POST /hooks'])
  })

  test('a vendor that will not remove it does not keep the instance', async () => {
    const { id } = await provisionWithEvents(hub, 'webhooked', {})
    vendor.answer('DELETE /hooks/vendor-7', { status: 500, body: { error: 'busy' } })
    expectOk(await hub.call('DELETE', `/instances/${id}`))
    expectError(await hub.call('GET', `/instances/${id}`), 404)
  })
})
