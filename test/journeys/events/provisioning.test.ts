import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { postEventElement, provisionWithEvents, WEBHOOK_ID, webhookResources } from '../../support/event-element.ts'
import { type EventVendor, startEventVendor } from '../../support/event-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Webhooks at the vendor that must not be left behind (spec 40 §5). */
let hub: TestHub
let vendor: EventVendor
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startEventVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  const given = { baseUrl: vendor.baseUrl, configuration: [WEBHOOK_ID] }
  await postEventElement(hub, { ...given, key: 'hooked', resources: webhookResources() })
  const [subscribe, unsubscribe] = webhookResources() as [Record<string, unknown>, Record<string, unknown>]
  const hooks = [{ type: 'postRequest', body: "done({ configuration: { big: 'x'.repeat(600000) } })" }]
  await postEventElement(hub, { ...given, key: 'toomuch', resources: [{ ...subscribe, hooks }, unsubscribe] })
})
beforeEach(() => {
  vendor.take()
  vendor.answer('POST /hooks', { body: { id: 'vendor-7' } })
  vendor.answer('DELETE /hooks/vendor-7', {})
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})

const lines = () => vendor.requests.map(({ method, path }) => `${method} ${path}`)

test('a new secret address is told to the vendor, and the old webhook goes', async () => {
  const { id } = await provisionWithEvents(hub, 'hooked', {})
  const patch = async (configuration: Record<string, unknown>) =>
    expectOk(await hub.call('PATCH', `/instances/${id}`, { body: { configuration } })).body
  vendor.take()
  const hardened = await patch({ 'event.webhook.secret.required': 'true' })
  expect(lines()).toEqual(['DELETE /hooks/vendor-7', 'POST /hooks'])
  expect(vendor.take()[1]?.body).toEqual({ target: hardened.webhookUrl })
  expect(hardened.webhookUrl).toMatch(/\/events\/hooked\/v1\./)
  await patch({ 'event.webhook.secret.required': 'true', 'event.notification.callback.url': 'https://app.test/ce' })
  expect(lines()).toEqual([])
})

test('where the instance cannot be stored after all, the webhook is taken back', async () => {
  const body = {
    name: 'Too much',
    element: { key: 'toomuch' },
    configuration: { 'event.notification.enabled': true },
  }
  expectError(await hub.call('POST', '/instances', { body }), 400)
  expect(lines()).toEqual(['POST /hooks', 'DELETE /hooks/vendor-7'])
})
