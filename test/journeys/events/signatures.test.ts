import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EVENT_HOOK,
  type ProvisionedInstance,
  postEventElement,
  provisionWithEvents,
  refOf,
} from '../../support/event-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { sendBytes } from '../../support/raw-request.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'
import { hmac } from '../../support/signed-webhook.ts'

/** The attack corpus of `src/events/verify/attacks.test.ts` in short, sent to a hub as it runs: what is refused leaves nothing behind. */
const ELEMENT = 'signed'
const KEY = 'the key of this instance'
const OTHER = 'the key of another instance'
const DECLARED = {
  'event.vendor.signature.type': 'hmac',
  'event.vendor.signature.name': 'X-Signature',
  'event.vendor.signature.prefix': 'sha256=',
  'event.vendor.signature.content': '{timestamp}.{body}',
  'event.vendor.signature.timestamp.header': 'X-Timestamp',
}
const BODY = JSON.stringify({ id: 42, type: 'contacts', change: 'UPDATED' })

let hub: TestHub
let receiver: Receiver
let inbox: Inbox
let instance: ProvisionedInstance

const provision = (values: Record<string, unknown>) =>
  provisionWithEvents(hub, ELEMENT, { 'event.notification.callback.url': inbox.url, ...values })

beforeAll(async () => {
  receiver = await startReceiver()
  inbox = receiver.inbox()
  hub = await startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' })
  await postEventElement(hub, { key: ELEMENT, baseUrl: 'https://vendor.test', hook: EVENT_HOOK, defaults: DECLARED })
  instance = await provision({ 'event.vendor.signature.key': KEY })
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

type Headers = readonly (readonly [string, string])[]

/** Headers as they are written, also twice. */
async function post(id: number, headers: Headers, body = BODY) {
  const { host } = new URL(hub.hub.url)
  const lines = [
    `POST /elements/api-v2/events/${ELEMENT}/${refOf(id)} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return sendBytes(hub, `${lines.join('\r\n')}\r\n\r\n${body}`)
}

function signed({ key = KEY, secondsAgo = 0, body = BODY } = {}): [[string, string], [string, string]] {
  const time = Math.floor(Date.now() / 1000) - secondsAgo
  return [
    ['X-Timestamp', String(time)],
    ['X-Signature', `sha256=${hmac(key, `${time}.${body}`).toString('hex')}`],
  ]
}

const [time, signature] = signed()
const cut = (text: string) => text.slice(0, -2)
const ATTACKS: [name: string, headers: Headers, body?: string][] = [
  ['no headers', []],
  ['no timestamp', [signature]],
  ['no signature', [time]],
  ['an empty signature', [time, ['X-Signature', '']]],
  ['the key of another instance', signed({ key: OTHER })],
  ['an old timestamp', signed({ secondsAgo: 301 })],
  ['a timestamp of the future', signed({ secondsAgo: -400 })],
  ['an altered timestamp', [['X-Timestamp', String(Number(time[1]) + 1)], signature]],
  ['an altered body', [time, signature], BODY.replace('42', '43')],
  ['a body with a byte more', [time, signature], `${BODY} `],
  ['the signature twice', [time, signature, signature]],
  ['the signature twice, a wrong one first', [time, ['x-signature', `sha256=${'0'.repeat(64)}`], signature]],
  ['both in one header', [time, ['X-Signature', `${signature[1]}, ${signature[1]}`]]],
  ['the timestamp twice', [time, time, signature]],
  ['a truncated signature', [time, ['X-Signature', cut(signature[1])]]],
  ['another algorithm', [time, ['X-Signature', `sha1=${signature[1].slice(7)}`]]],
  ['letters beyond ASCII', [time, ['X-Signature', `sha256=${'é'.repeat(64)}`]]],
  ['a huge header', [time, ['X-Signature', `sha256=${'0'.repeat(12_000)}`]]],
]

describe('an instance that has its key', () => {
  for (const [name, headers, body] of ATTACKS) {
    test(`refuses ${name}`, async () => {
      const answer = await post(instance.id, headers, body)
      expect(answer.status, answer.text).toBe(401)
      expect(answer.text).not.toContain(KEY)
    })
  }

  test('takes what the vendor signed, and that alone arrives', async () => {
    for (const body of [BODY, BODY.replace('42', '43')])
      expect((await post(instance.id, signed({ body }), body)).status).toBe(200)
    // in the order of receipt: whatever else had been taken would have come before
    const deliveries = await inbox.arrived(2)
    const objects = deliveries.map(({ json }) => `${json.message.instanceId} ${json.message.events[0].objectId}`)
    expect(objects).toEqual([`${instance.id} 42`, `${instance.id} 43`])
  })

  test('shows the key to nobody', async () => {
    const { text } = await hub.call('GET', `/instances/${instance.id}`)
    expect(text).toContain('event.vendor.signature.key')
    expect(text).not.toContain(KEY)
  })

  test('is not reached by the header that names instances either', async () => {
    const { status } = await hub.call('POST', `/events/${ELEMENT}`, {
      authorization: null,
      headers: { 'element-instances': String(instance.id) },
      body: { id: 43 },
    })
    expect(status).toBe(401)
  })
})

test('an instance without a key takes what comes', async () => {
  const { id } = await provision({})
  expect((await post(id, [])).status).toBe(200)
})

test('an instance that must verify and has no key takes nothing', async () => {
  const { id } = await provision({ 'event.vendor.signature.required': true })
  expect((await post(id, signed())).status).toBe(401)
})

test('a declaration that cannot be read refuses everything', async () => {
  const { id } = await provision({ 'event.vendor.signature.key': KEY, 'event.vendor.signature.tolerance': 'never' })
  expect((await post(id, signed())).status).toBe(401)
})
