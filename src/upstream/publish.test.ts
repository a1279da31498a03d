import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AmqpLookAlike, startAmqpLookAlike } from '../../test/support/amqp-look-alike.ts'
import { type Certificates, createCertificates, hasOpenssl } from '../../test/support/certificates.ts'
import type { BrokerMessage } from './publish.ts'
import { createUpstream } from './send.ts'

let broker: AmqpLookAlike
const { publish } = createUpstream({ allow: ['127.0.0.1'], originMap: new Map() })

beforeAll(async () => {
  broker = await startAmqpLookAlike()
})
afterAll(() => broker.close())
beforeEach(() => {
  broker.behaves('takes')
  broker.messages.length = 0
})

const at = (user = 'ada:pa55%20word@', vhost = '/shop%2Feu') => `amqp://${user}127.0.0.1:${broker.port}${vhost}`

function send(message: Partial<BrokerMessage> = {}): Promise<void> {
  const body = Buffer.from('{"id":1}')
  return publish({
    url: at(),
    exchange: '',
    queue: 'orders',
    body,
    contentType: 'application/json',
    timeoutMs: 5000,
    ...message,
  })
}

const taken = {
  ...{ user: 'ada', vhost: 'shop/eu', exchange: '', routingKey: 'orders', contentType: 'application/json' },
  ...{ isPersistent: true, isMandatory: true, body: '{"id":1}' },
}

describe('a message', () => {
  test('is handed over, durably, when the broker says that it has it', async () => {
    await send()
    expect(broker.messages).toEqual([taken])
    await vi.waitFor(() => expect(broker.open()).toBe(0))
  })

  test('goes through an exchange, as a guest, to the root', async () => {
    await send({ url: at('', ''), exchange: 'shop' })
    expect(broker.messages).toEqual([{ ...taken, user: 'guest', vhost: '/', exchange: 'shop' }])
  })

  test('may be larger than a frame', async () => {
    const body = Buffer.alloc(1_000_000, 'x')
    await send({ body })
    expect(broker.messages[0]?.body.length).toBe(body.length)
  })
})

describe('a failure has a name, and says nothing of who signs in', () => {
  for (const [name, message, behaviour, code, text] of [
    ['nobody known', { url: 'ada:secret99@' }, 'takes', 'VENDOR_FAILED', /ACCESS_REFUSED/],
    [
      'no such queue',
      { queue: 'none' },
      'takes',
      'VENDOR_FAILED',
      /^the broker returned the message: there is no queue "none"$/,
    ],
    ['no such way', { exchange: 'shop', queue: 'none' }, 'takes', 'VENDOR_FAILED', /"shop" leads "none" to no queue$/],
    ['no such exchange', { exchange: 'none' }, 'takes', 'VENDOR_FAILED', /NOT_FOUND - no exchange 'none'/],
    ['a broker that refuses', {}, 'refuses', 'VENDOR_FAILED', /nacked/],
    ['a broker that hangs up', {}, 'hangs-up', 'VENDOR_UNREACHABLE', /^127\.0\.0\.1:\d+ gave up the connection/],
    ['a broker that babbles', {}, 'babbles', /VENDOR_/, /^127\.0\.0\.1:\d+ /],
    [
      'a broker that says nothing',
      { timeoutMs: 100 },
      'silent',
      'VENDOR_TIMEOUT',
      /did not take the message within 100 ms$/,
    ],
    ['a broker that confirms nothing', { timeoutMs: 200 }, 'mute', 'VENDOR_TIMEOUT', /within 200 ms$/],
  ] as const)
    test(name, async () => {
      broker.behaves(behaviour)
      const url = 'url' in message ? at(message.url) : at()
      const error = await send({ ...message, url }).catch((failure: unknown) => failure)
      expect(error).toMatchObject({ code: code instanceof RegExp ? expect.stringMatching(code) : code })
      expect((error as Error).message).toMatch(text)
      expect((error as Error).message).not.toMatch(/secret99|pa55/)
      expect(broker.messages).toEqual([])
      await vi.waitFor(() => expect(broker.open()).toBe(0))
    })

  test('a port where nobody listens', async () => {
    await expect(send({ url: 'amqp://ada:secret99@127.0.0.1:1' })).rejects.toMatchObject({
      code: 'VENDOR_UNREACHABLE',
      message: '127.0.0.1:1 cannot be reached: ECONNREFUSED',
    })
  })

  for (const url of ['http://ada:secret99@127.0.0.1', 'ada:secret99@host', 'amqp://', ''])
    test(`"${url}" is no address of a broker`, async () => {
      const error = await send({ url }).catch((failure: unknown) => failure)
      expect(error).toMatchObject({ code: 'PARAMETER_INVALID', message: expect.not.stringContaining('secret99') })
    })

  test('a private address is refused as any other is', async () => {
    const { publish: strict } = createUpstream({ allow: [], originMap: new Map() })
    const message = { exchange: '', queue: 'orders', body: Buffer.from('1'), contentType: 'a/b', timeoutMs: 1000 }
    for (const host of ['127.0.0.1', 'LOCALHOST', '[::1]', 'broker.internal'])
      await expect(strict({ ...message, url: `amqp://${host}` })).rejects.toMatchObject({ code: 'EGRESS_REFUSED' })
    expect(broker.messages).toEqual([])
  })

  test('a name that leads to a private address is refused when it is resolved', async () => {
    const { publish: strict } = createUpstream({
      ...{ allow: [], originMap: new Map() },
      lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    })
    const url = `amqp://broker.test:${broker.port}`
    await expect(
      strict({ url, exchange: '', queue: 'orders', body: Buffer.from('1'), contentType: 'a/b', timeoutMs: 1000 }),
    ).rejects.toMatchObject({ code: 'EGRESS_REFUSED' })
    expect(broker.messages).toEqual([])
  })
})

describe.skipIf(!hasOpenssl)('a broker behind TLS', () => {
  const authorities = getCACertificates('default')
  let made: Certificates
  let safe: AmqpLookAlike
  beforeAll(async () => {
    made = createCertificates()
    safe = await startAmqpLookAlike(made.server)
  })
  afterAll(async () => {
    setDefaultCACertificates(authorities)
    await safe.close()
    made.remove()
  })

  test('is believed when its certificate is', async () => {
    const url = `amqps://ada:pa55%20word@127.0.0.1:${safe.port}/shop%2Feu`
    await expect(send({ url })).rejects.toMatchObject({
      code: 'VENDOR_UNREACHABLE',
      message: expect.stringMatching(/has no certificate we can trust/),
    })
    expect(safe.messages).toEqual([])
    setDefaultCACertificates([...authorities, made.ca])
    await send({ url })
    expect(safe.messages).toEqual([taken])
  })

  test('that says nothing is left in time', async () => {
    setDefaultCACertificates([...authorities, made.ca])
    safe.behaves('silent')
    const url = `amqps://127.0.0.1:${safe.port}`
    await expect(send({ url, timeoutMs: 300 })).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT' })
    await vi.waitFor(() => expect(safe.open()).toBe(0))
  })
})

for (const behaviour of ['silent', 'mute'] as const)
  test(`it ends with its signal, also at a ${behaviour} broker`, async () => {
    broker.behaves(behaviour)
    const end = new AbortController()
    setTimeout(() => end.abort(new Error('cancelled')), 100)
    await expect(send({ signal: end.signal })).rejects.toMatchObject({ message: expect.stringContaining('cancelled') })
    await vi.waitFor(() => expect(broker.open()).toBe(0))
  })
