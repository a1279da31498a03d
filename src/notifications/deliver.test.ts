import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type NotificationWorld, notificationWorld, openTestNotifications } from '../../test/support/notifications.ts'
import type { Inbox, Receiver } from '../../test/support/receiver.ts'
import type { Store } from '../store/database.ts'
import { notificationDb } from './notification-table.ts'
import { signElements, signStandard } from './sign.ts'

const world = notificationWorld()
let store: Store
let receiver: Receiver
let inbox: Inbox
let room: NotificationWorld['room']
beforeEach(() => {
  ;({ store, receiver, inbox, room } = world)
})

const numbers = (from = inbox) => from.received.map(({ json }) => json.message.n)
const statuses = async (id: number) => (await room.deliveries(id)).map(({ status }) => status)

describe('a receiver that takes everything', () => {
  test('gets the stored bytes, signed in both ways, with credentials and extra headers', async () => {
    const { id, instanceId } = await room.subscribe({
      url: `${inbox.url}?x=1`,
      ...{ signatureKey: 'new key', previousSignatureKeys: 'old key', username: 'u', password: 'p:ä' },
      headers: 'X-Tenant: seven; Elements-Webhook-Id: forged',
    })
    const [notified] = await room.happen(instanceId, 1, { message: { text: 'ünï\u2028' } })
    await room.deliver()
    const [request] = inbox.received
    const body = notified?.body ?? ''
    expect(request).toMatchObject({ method: 'POST', url: expect.stringContaining('?x=1'), body: Buffer.from(body) })
    const webhookId = String(notified?.id)
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Valence',
      'x-tenant': 'seven',
      authorization: `Basic ${Buffer.from('u:p:ä').toString('base64')}`,
      'elements-webhook-id': webhookId,
      'elements-webhook-depth': '1',
      'elements-webhook-signature': signElements(body, 'new key'),
      'webhook-id': webhookId,
      'webhook-timestamp': '1775124721',
      'webhook-signature': signStandard(webhookId, 1_775_124_721, body, ['new key', 'old key']),
    })
    expect(await room.deliveries(id)).toMatchObject([
      { status: 'delivered', attempts: 1, answer_status: 200, message: null, first_failed_at: null },
    ])
    expect(room.settled).toEqual([
      {
        ...{ notificationId: notified?.id, subscriptionId: id, outcome: 'delivered', body },
        event: { eventId: 'event-0', receivedAt: room.clock.at, instanceId },
      },
    ])
  })

  test('gets none of the signature headers without a key', async () => {
    const { instanceId } = await room.subscribe({ url: inbox.url })
    await room.happen(instanceId)
    await room.deliver()
    expect(
      Object.keys(inbox.received[0]?.headers ?? {}).filter((name) => /signature|authorization/.test(name)),
    ).toEqual([])
  })

  test('gets many in their order, each once', async () => {
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    await room.happen(instanceId, 230)
    await room.deliver()
    expect(numbers()).toEqual(Array.from({ length: 230 }, (_, n) => n))
    expect(new Set(await statuses(id))).toEqual(new Set(['delivered']))
    expect(room.settled).toHaveLength(230)
  })
})

describe('a receiver that fails', () => {
  test('gets it again at 4, 16 … seconds after the failure, with the same id and bytes; later ones do not wait', async () => {
    const { id, instanceId } = await room.subscribe({ url: inbox.url, signatureKey: 'k' })
    const failedAt = room.clock.at
    inbox.answer(({ json }) => (json.message.n === 0 ? { status: 502, body: 'no \0 <b>room</b>' } : 200))
    await room.happen(instanceId, 3)
    await room.deliver()
    expect(numbers()).toEqual([0, 1, 2])
    expect((await room.deliveries(id))[0]).toMatchObject({
      ...{ status: 'retry', attempts: 1, first_failed_at: failedAt, answer_status: 502 },
      message: `${new URL(inbox.url).host} answered 502: no \ufffd <b>room</b>`,
      next_attempt_at: new Date(failedAt.getTime() + 4_000),
    })
    expect(room.settled[0]).toMatchObject({ outcome: 'failed', message: expect.stringContaining('answered 502') })
    expect(room.jobs.waiting.map(({ queue, at }) => [queue, at])).toEqual([
      ['notifications.retry', new Date(failedAt.getTime() + 4_000)],
    ])
    inbox.answer(200)
    await room.retryAt(new Date(failedAt.getTime() + 4_100))
    expect(numbers()).toEqual([0, 1, 2, 0])
    expect(inbox.received[3]?.body).toEqual(inbox.received[0]?.body)
    expect(inbox.received[3]?.headers['webhook-id']).toBe(inbox.received[0]?.headers['webhook-id'])
    expect(inbox.received[3]?.headers['webhook-timestamp']).not.toBe(inbox.received[0]?.headers['webhook-timestamp'])
    expect((await room.deliveries(id))[0]).toMatchObject({ status: 'delivered', attempts: 2, next_attempt_at: null })
  })

  test('ten times is given up: the delivery and all that come are queued, and an alarm tells of it', async () => {
    const alarms = receiver.inbox()
    const listening = await room.subscribe({ url: alarms.url })
    await notificationDb(store)
      .updateTable('subscription_topics')
      .set({ topic: 'alarms-subscription-deactivated' })
      .where('subscription_id', '=', listening.id)
      .execute()
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    inbox.answer(500)
    await room.happen(instanceId)
    await room.retryAt(room.clock.at)
    expect(inbox.received).toHaveLength(10)
    expect(await room.deliveries(id)).toMatchObject([{ status: 'queued', attempts: 10, next_attempt_at: null }])
    expect(await room.subscription(id)).toMatchObject({ active: false })
    expect((await alarms.arrived(1))[0]?.json).toMatchObject({
      topic: 'alarms-subscription-deactivated',
      severity: 'high',
      message: { subscriptionId: id, instanceId, url: inbox.url },
    })
    await room.happen(instanceId)
    await room.deliver()
    expect(await statuses(id)).toEqual(['queued', 'queued'])
    expect(inbox.received).toHaveLength(10)
  })

  test('what waited for its first attempt when it was given up is queued as well, and told of', async () => {
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    await room.happen(instanceId, 2)
    await notificationDb(store).updateTable('subscriptions').set({ active: false }).where('id', '=', id).execute()
    await room.deliver()
    expect(await statuses(id)).toEqual(['queued', 'queued'])
    expect(room.settled).toMatchObject([{ outcome: 'queued' }, { outcome: 'queued' }])
    expect(inbox.received).toEqual([])
  })

  test('a redirect is a failure', async () => {
    const other = receiver.inbox()
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    inbox.answer({ status: 307, headers: { location: other.url } })
    await room.happen(instanceId)
    await room.deliver()
    expect(await statuses(id)).toEqual(['retry'])
    expect(other.received).toEqual([])
  })

  test('a connection that breaks is a failure', async () => {
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    inbox.answer('reset')
    await room.happen(instanceId)
    await room.deliver()
    expect(await room.deliveries(id)).toMatchObject([
      { status: 'retry', answer_status: null, message: expect.stringContaining('cannot be reached') },
    ])
  })

  test('an address that is not to be reached is a failure that says what to do', async () => {
    await room.close()
    room = openTestNotifications(store, { allow: [] })
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    await room.happen(instanceId)
    await room.deliver()
    expect(await room.deliveries(id)).toMatchObject([
      { status: 'retry', message: expect.stringMatching(/refused.*VALENCE_EGRESS_ALLOW/) },
    ])
    expect(inbox.received).toEqual([])
  })

  test('an answer without end is not read to its end', async () => {
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    inbox.answer({ status: 500, body: 'x'.repeat(300_000) })
    await room.happen(instanceId)
    await room.deliver()
    expect(await room.deliveries(id)).toMatchObject([{ status: 'retry', answer_status: 500 }])
  })
})

describe('policies', () => {
  const policyOf = async (policy: string) => {
    await notificationDb(store)
      .withTables<{ organizations: { id: number; name: string; secret_ciphertext: string; secret_lookup: string } }>()
      .insertInto('organizations')
      .values({ id: 3, name: 'o', secret_ciphertext: 'x', secret_lookup: 'x' })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await notificationDb(store)
      .withTables<{ accounts: { id: number; organization_id: number; name: string; settings: string } }>()
      .insertInto('accounts')
      .values({
        ...{ id: 12, organization_id: 3, name: 'a' },
        settings: JSON.stringify({ 'notification.webhook.failure.policy': policy }),
      })
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet({ settings: JSON.stringify({ 'notification.webhook.failure.policy': policy }) }),
      )
      .execute()
  }

  test('queue: what fails is queued at once, what comes is still tried', async () => {
    await policyOf('queue')
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    inbox.answer(({ json }) => (json.message.n === 0 ? 502 : 200))
    await room.happen(instanceId, 2)
    await room.deliver()
    expect(await statuses(id)).toEqual(['queued', 'delivered'])
    expect(await room.subscription(id)).toMatchObject({ active: true })
    expect(room.jobs.waiting).toEqual([])
  })

  test('queue and in order: what comes after a failure is queued untried', async () => {
    await policyOf('queue')
    const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
    inbox.answer(502)
    await room.happen(instanceId, 3)
    await room.deliver()
    expect(await statuses(id)).toEqual(['queued', 'queued', 'queued'])
    expect(numbers()).toEqual([0])
  })

  test('in order: what comes after a failure waits until that is delivered', async () => {
    await policyOf('retry')
    const { id, instanceId } = await room.subscribe({ url: inbox.url, ordered: true })
    let failures = 2
    inbox.answer(({ json }) => (json.message.n === 1 && failures-- > 0 ? 502 : 200))
    await room.happen(instanceId, 4)
    await room.deliver()
    expect(numbers()).toEqual([0, 1])
    expect(await statuses(id)).toEqual(['delivered', 'retry', 'created', 'created'])
    await room.happen(instanceId)
    await room.deliver()
    expect(numbers()).toEqual([0, 1])
    await room.retryAt(new Date(room.clock.at.getTime() + 20_000))
    expect(numbers()).toEqual([0, 1, 1, 1, 2, 3, 0])
    expect(new Set(await statuses(id))).toEqual(new Set(['delivered']))
  })
})

test('a receiver that answers byte by byte does not keep the connection', async () => {
  const closed: number[] = []
  const dripping = createServer((request, response) => {
    request.resume()
    response.writeHead(Number(request.url?.slice(1)))
    const drip = setInterval(() => response.write('.'), 50)
    response.on('close', () => {
      clearInterval(drip)
      closed.push(response.statusCode)
    })
  })
  await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve))
  const { port } = dripping.address() as AddressInfo
  for (const status of [200, 500]) {
    const { instanceId } = await room.subscribe({ url: `http://127.0.0.1:${port}/${status}` })
    await room.happen(instanceId)
  }
  await room.deliver()
  await vi.waitFor(() => expect(closed.toSorted()).toEqual([200, 500]), { timeout: 3_000 })
  dripping.close()
})

describe('addresses of this hub', () => {
  for (const url of [
    '/events/acmecrm',
    '/events/acmecrm/4711?x=1',
    '/instances/events',
    '/notifications/',
    '/%65vents/x',
    '/x/../Events/acmecrm',
    'https://hub.example.com/elements/api-v2/events/acmecrm/',
    'https://hub.example.com/elements/api-v2/instances/events',
  ]) {
    test(`${url} takes what is told again: done without a call`, async () => {
      const { id, instanceId } = await room.subscribe({ url })
      await room.happen(instanceId)
      await room.deliver()
      expect(await room.deliveries(id)).toMatchObject([
        { status: 'delivered', message: expect.stringContaining('not sent') },
      ])
      expect(room.platformCalls).toEqual([])
    })
  }

  test('any other path is called as the owner, with the instance', async () => {
    const { id, instanceId } = await room.subscribe({ url: '/formulas/instances/7/executions?a=1', signatureKey: 'k' })
    const [notified] = await room.happen(instanceId)
    await room.deliver()
    expect(await statuses(id)).toEqual(['delivered'])
    const [owner, calledFor, request] = room.platformCalls[0] ?? []
    expect([owner, calledFor]).toEqual([{ organizationId: 3, accountId: 12, userId: 77 }, instanceId])
    expect(request).toMatchObject({
      method: 'POST',
      path: '/formulas/instances/7/executions?a=1',
      body: notified?.body,
      signal: expect.any(AbortSignal),
    })
    expect(request?.headers).toMatchObject({ 'elements-webhook-signature': signElements(notified?.body ?? '', 'k') })
  })

  test('what came round ten times is not sent any further, and not tried again', async () => {
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    await room.happen(instanceId, 1, { depth: 9 })
    await room.happen(instanceId, 1, { depth: 10 })
    await room.deliver()
    expect(inbox.received.map(({ headers }) => headers['elements-webhook-depth'])).toEqual(['10'])
    expect(await room.deliveries(id)).toMatchObject([
      { status: 'delivered' },
      { status: 'queued', message: 'it came round 10 times and is not sent any further' },
    ])
    expect(await room.subscription(id)).toMatchObject({ active: true })
  })
})

describe('a receiver that takes its time', () => {
  /** the clock moves while the receiver thinks */
  const thinkingFor = (ms: () => number) => {
    const { send } = room.context
    room.context.send = async (request) => {
      const reply = await send(request)
      room.clock.at = new Date(room.clock.at.getTime() + ms())
      return reply
    }
  }

  test('goes to the line of the slow ones, and back when it is quick again', async () => {
    let ms = 5_000
    thinkingFor(() => ms)
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    await room.happen(instanceId, 2)
    await room.deliver()
    expect(numbers()).toEqual([0, 1])
    expect(await room.subscription(id)).toMatchObject({ slow: true })
    ms = 10
    await room.happen(instanceId, 10)
    await room.deliver()
    expect(numbers().slice(2)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await room.subscription(id)).toMatchObject({ slow: false })
  })

  test('its retries wait in that line too', async () => {
    thinkingFor(() => 5_000)
    const { id, instanceId } = await room.subscribe({ url: inbox.url })
    await notificationDb(store).updateTable('subscriptions').set({ slow: true }).where('id', '=', id).execute()
    inbox.answer(500)
    await room.happen(instanceId)
    await room.deliver()
    expect(room.jobs.waiting.map(({ queue }) => queue)).toEqual(['notifications.retry-slow'])
  })
})

test('without an instance behind it, what comes is queued', async () => {
  const { id, instanceId, targets } = await room.subscribe({ url: inbox.url })
  targets.delete(instanceId)
  await room.happen(instanceId)
  await room.deliver()
  expect(await statuses(id)).toEqual(['queued'])
})
