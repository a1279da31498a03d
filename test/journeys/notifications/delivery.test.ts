import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { signElements, signStandard } from '../../../src/notifications/sign.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

let hub: TestHub
let receiver: Receiver
let inbox: Inbox
beforeAll(async () => {
  receiver = await startReceiver()
  hub = await startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' })
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})
beforeEach(() => {
  inbox = receiver.inbox()
})

const post = async (path: string, body: unknown) => {
  const answer = await hub.call('POST', path, { body })
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
const subscribe = (topic: string, config: object = {}) =>
  post('/notifications/subscriptions', { channel: 'webhook', topics: [topic], config: { url: inbox.url, ...config } })
const tell = (topic: string, message: unknown = 'x') => post('/notifications', { topic, message })
const statusOf = async (notification: { id: number }, subscription: { id: number }) =>
  (await hub.call('GET', `/notifications/${notification.id}/subscriptions/${subscription.id}/deliveries`)).body.status
const becomes = (status: string, notification: { id: number }, subscription: { id: number }) =>
  vi.waitFor(async () => expect(await statusOf(notification, subscription)).toBe(status), {
    timeout: 10_000,
    interval: 50,
  })

describe('a delivery', () => {
  test('arrives with the envelope, signed in both ways, and is delivered', async () => {
    const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const subscription = await subscribe('signed', { signatureKey: key })
    const notification = await tell('signed', { order: 7 })
    const [request] = await inbox.arrived(1)
    expect(request?.json).toMatchObject({
      ...{ id: String(notification.id), topic: 'signed', severity: 'low', action: 'create', user: 'ada@example.com' },
      message: { order: 7 },
      createdDate: expect.stringMatching(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/),
    })
    const { headers, body } = request as NonNullable<typeof request>
    expect(headers['elements-webhook-signature']).toBe(signElements(body.toString(), key))
    const [id = '', time = ''] = [headers['webhook-id'], headers['webhook-timestamp']]
    expect(headers['webhook-signature']).toBe(signStandard(id, Number(time), body.toString(), [key]))
    await becomes('delivered', notification, subscription)
  })

  test('fails, is tried again after four seconds, and is delivered then', async () => {
    const subscription = await subscribe('healing')
    inbox.answer(502)
    const notification = await tell('healing')
    await becomes('retry', notification, subscription)
    inbox.answer(200)
    await becomes('delivered', notification, subscription)
    const [first, second] = await inbox.arrived(2)
    expect(second?.body).toEqual(first?.body)
    expect((second?.arrivedAt.getTime() ?? 0) - (first?.arrivedAt.getTime() ?? 0)).toBeGreaterThan(3_500)
  })

  test('is not sent to where nobody may go', async () => {
    const subscription = await post('/notifications/subscriptions', {
      ...{ channel: 'webhook', topics: ['inside'], config: { url: 'http://169.254.169.254/latest/meta-data' } },
    })
    const notification = await tell('inside')
    await becomes('retry', notification, subscription)
    const path = `/notifications/${notification.id}/subscriptions/${subscription.id}/deliveries`
    expect((await hub.call('GET', path)).body.message).toMatch(/refused/)
  })

  test('to a path of the hub is a call of its API, which answers as it answers its owner', async () => {
    const subscription = await subscribe('relative', { url: '/hubs' })
    const notification = await tell('relative')
    await becomes('retry', notification, subscription)
    const path = `/notifications/${notification.id}/subscriptions/${subscription.id}/deliveries`
    expect((await hub.call('GET', path)).body.message).toMatch(
      /this hub at \/hubs answered 400: .*the name of the hub is required/,
    )
  })

  test('to where the hub takes notifications is no call: each would be told again for ever', async () => {
    const subscription = await subscribe('again', { url: '/notifications?from=inside' })
    await becomes('delivered', await tell('again'), subscription)
    expect((await hub.call('GET', '/notifications?topics[]=again')).body).toHaveLength(1)
  })
})

describe('with policy queue', () => {
  beforeAll(async () => {
    await hub.call('PATCH', '/accounts/settings', { body: { 'notification.webhook.failure.policy': 'queue' } })
  })
  afterAll(async () => {
    await hub.call('PATCH', '/accounts/settings', { body: { 'notification.webhook.failure.policy': 'retry' } })
  })

  test('what fails is queued until it is released', async () => {
    const subscription = await subscribe('queued')
    inbox.answer(502)
    const notification = await tell('queued')
    await becomes('queued', notification, subscription)
    inbox.answer(200)
    await tell('queued')
    await inbox.arrived(2)
    expect(await statusOf(notification, subscription)).toBe('queued')
    const where = encodeURIComponent(`channel='webhook' and status='queued' and config.url='${inbox.url}'`)
    const found = await hub.call('GET', `/notifications/subscriptions/deliveries?where=${where}&hydrate=true`)
    expect(found.body).toMatchObject([{ notificationId: notification.id, subscription: { id: subscription.id } }])
    expect(await hub.call('PUT', `/notifications/subscriptions/deliveries?where=${where}`)).toMatchObject({
      status: 200,
      text: '',
    })
    await becomes('delivered', notification, subscription)
    const [first, , third] = await inbox.arrived(3)
    expect(third?.body).toEqual(first?.body)
  })
})
