import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVENT_HOOK, postEvent, postEventElement, provisionWithEvents, refOf } from '../../support/event-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { endAll, startNode, type TestProcess } from '../../support/processes.ts'
import { hmac } from '../../support/signed-webhook.ts'

/** `examples/receiver`: what a receiver must refuse, and what it takes from a hub. */
const PROGRAM = fileURLToPath(new URL('../../../examples/receiver/receiver.ts', import.meta.url))
const KEY = 'the key of the instance'
const OLD_KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

let receiver: TestProcess
let url: string

beforeAll(async () => {
  receiver = startNode([PROGRAM], { PORT: '0', SIGNATURE_KEYS: `${KEY},${OLD_KEY}` })
  ;[, url = ''] = await receiver.printed(/Receives events at (\S+)/)
})
afterAll(() => endAll([receiver]))

let events = 0
const bodyOf = (eventId = `event-${++events}`, instanceId = 7) =>
  JSON.stringify({
    id: '1',
    topic: 'instance-7-acme-events',
    message: {
      eventId,
      instanceId,
      events: [{ eventType: 'UPDATED', objectType: 'contacts', objectId: '42', date: '2026-11-26T12:00:00Z' }],
    },
  })

function signed(body: string, { key = KEY, time = Math.floor(Date.now() / 1000) } = {}): Record<string, string> {
  const bytes = key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : key
  const [newer, own] = ['a key that is newer', bytes].map((one) => hmac(one, `1.${time}.${body}`).toString('base64'))
  return {
    'elements-webhook-signature': `sha256=${hmac(key, body).toString('base64')}`,
    'webhook-id': '1',
    'webhook-timestamp': String(time),
    'webhook-signature': `v1,${newer} v1,${own}`,
  }
}

async function post(headers: Record<string, string>, body: string): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers, body })
  return `${answer.status} ${await answer.text()}`
}

describe('the receiver', () => {
  test('takes what is signed, once', async () => {
    const body = bodyOf()
    expect(await post(signed(body), body)).toBe('200 done')
    expect(await post(signed(body), body)).toBe('200 known')
    await receiver.printed(/event-\d+ UPDATED contacts 42/)
  })

  test('takes one event for two instances from both', async () => {
    const [one, other] = [bodyOf('shared', 7), bodyOf('shared', 8)]
    expect(await post(signed(one), one)).toBe('200 done')
    expect(await post(signed(other), other)).toBe('200 done')
  })

  test('takes the old key while the new one is being introduced', async () => {
    const body = bodyOf()
    expect(await post(signed(body, { key: OLD_KEY }), body)).toBe('200 done')
  })

  const body = bodyOf()
  const good = signed(body)
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))
  for (const [name, headers, sent = body] of [
    ['no signature', {}],
    ['no signature of the platform', without('elements-webhook-signature')],
    ['no signature of Standard Webhooks', without('webhook-signature')],
    ['no time', without('webhook-timestamp')],
    ['another key', signed(body, { key: 'stolen' })],
    ['an altered body', good, body.replace('42', '43')],
    ['another id', { ...good, 'webhook-id': '2' }],
    ['a recording', signed(body, { time: Math.floor(Date.now() / 1000) - 400 })],
    ['a time of the future', signed(body, { time: Math.floor(Date.now() / 1000) + 400 })],
    ['the signature in part', { ...good, 'webhook-signature': (good['webhook-signature'] ?? '').slice(0, -4) }],
  ] as [string, Record<string, string>, string?][]) {
    test(`refuses ${name}`, async () => expect(await post(headers, sent)).toBe('401 who are you?'))
  }

  test('knows no other address', async () => expect((await fetch(url)).status).toBe(404))
})

describe('with a hub', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' })
    await postEventElement(hub, { key: 'example', baseUrl: 'https://vendor.test', hook: EVENT_HOOK })
  })
  afterAll(() => hub.close())

  for (const [name, objectId, configuration] of [
    ['signed with its key', 'a1', { 'event.notification.signature.key': KEY }],
    ['signed with a key of Standard Webhooks', 'a2', { 'event.notification.signature.key': OLD_KEY }],
  ] as const) {
    test(`it takes an event that is ${name}`, async () => {
      const { id } = await provisionWithEvents(hub, 'example', {
        ...configuration,
        'event.notification.callback.url': url,
      })
      const items = [{ id: objectId, type: 'accounts', change: 'created' }]
      expect((await postEvent(hub, `/events/example/${refOf(id)}`, { body: { items } })).status).toBe(200)
      await receiver.printed(new RegExp(`\\w{20} CREATED accounts ${objectId}`), 10_000)
    })
  }
})
