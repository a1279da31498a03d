import { createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { eventDb } from '../../src/events/event-table.ts'
import { openUnverified } from '../../src/events/unverified.ts'
import { type ProvisionedInstance, postEventElement, provisionWithEvents, refOf } from '../support/event-element.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { sendRaw } from '../support/raw-request.ts'

/** What vendors are answered, and what is on disk by then (spec 40 §4). No worker runs here. */
let hub: TestHub
/** open; signed by the key `k`; with a secret address; of another element; deleted */
let open: ProvisionedInstance
let signed: ProvisionedInstance
let secret: ProvisionedInstance
let other: ProvisionedInstance
let deletedId: number

const row = (key: string, defaultValue?: string) => ({
  key,
  name: key,
  type: 'TEXTFIELD_1000',
  required: false,
  defaultValue,
})
beforeAll(async () => {
  hub = await startTestHub({ VALENCE_ROLE: 'api', VALENCE_SIMULATE: 'off' })
  const baseUrl = 'http://127.0.0.1:9'
  await postEventElement(hub, { key: 'acme', baseUrl })
  await postEventElement(hub, {
    key: 'named',
    baseUrl,
    configuration: [row('event.vendor.delivery.id', 'header:x-delivery')],
  })
  await postEventElement(hub, {
    key: 'shared',
    baseUrl,
    configuration: [row('event.vendor.signature.type', 'secret'), row('event.vendor.signature.name', 'x-token')],
  })
  const provision = (element: string, configuration = {}) => provisionWithEvents(hub, element, configuration)
  open = await provision('acme')
  signed = await provision('acme', {
    'event.vendor.signature.type': 'hmac',
    'event.vendor.signature.name': 'x-signature',
    'event.vendor.signature.key': 'k',
  })
  secret = await provision('acme', { 'event.webhook.secret.required': true })
  other = await provision('named')
  const gone = await provision('acme')
  deletedId = gone.id
  expectOk(await hub.call('DELETE', `/instances/${gone.id}`))
})
afterAll(() => hub.close())

interface Sent {
  method?: string
  /** behind `/events` */
  path?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

const JSON_TYPE = { 'content-type': 'application/json' }
const EVENT = '{"a":1}'
const send = ({ method = 'POST', path = '/acme/MQ==', ...more }: Sent) =>
  sendRaw(hub, { method, path: `/elements/api-v2/events${path}`, ...more })

/** The answer, and what was stored for it. */
async function take(sent: Sent) {
  const before = await newest()
  const answer = await send(sent)
  const events = await eventDb(hub.hub.store).selectFrom('events').selectAll().where('seq', '>', before).execute()
  const ids = events.map(({ id }) => id)
  const targets =
    ids.length === 0
      ? []
      : await eventDb(hub.hub.store)
          .selectFrom('event_targets')
          .selectAll()
          .where('event_id', 'in', ids)
          .orderBy('seq')
          .execute()
  return { answer, events, targets, lanes: targets.map(({ lane }) => lane) }
}
async function newest(): Promise<number> {
  const rows = eventDb(hub.hub.store)
    .selectFrom('events')
    .select(({ fn }) => fn.max('seq').as('seq'))
  return (await rows.executeTakeFirst())?.seq ?? 0
}
const lane = (...instances: ProvisionedInstance[]) => instances.map(({ id }) => `i:${id}`)
const sign = (text: string) => ({ 'x-signature': createHmac('sha256', 'k').update(text).digest('hex') })
const secretPath = () => new URL(secret['webhookUrl']).pathname.replace(/^.*\/events/, '')

describe('a body is stored as it came', () => {
  for (const [name, sent, stored] of [
    ['JSON', { headers: JSON_TYPE, body: EVENT }, EVENT],
    ['JSON that is none', { headers: JSON_TYPE, body: '{"a":' }, '{"a":'],
    ['JSON of a type of its own', { headers: { 'content-type': 'application/vnd.x+json' }, body: EVENT }, EVENT],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=%20' }, 'a=1&b=%20'],
    ['multipart', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }, '--x--'],
    ['XML', { headers: { 'content-type': 'text/xml' }, body: '<a/>' }, '<a/>'],
    ['text', { headers: { 'content-type': 'text/plain' }, body: 'ä' }, 'ä'],
    [
      'bytes',
      { headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from([0, 255, 0]) },
      '\0\ufffd\0',
    ],
    ['without a type', { body: EVENT }, EVENT],
    ['of an empty type', { headers: { 'content-type': '' }, body: EVENT }, EVENT],
    ['of a type that is none', { headers: { 'content-type': 'json' }, body: EVENT }, EVENT],
    ['with what no database takes', { headers: JSON_TYPE, body: '{"a":"\\u0000\\ud800"}' }, '{"a":"\\u0000\\ud800"}'],
    ['nothing', { body: '' }, ''],
    ['nothing, called JSON', { headers: JSON_TYPE, body: '' }, ''],
    ['gzip', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(EVENT) }, EVENT],
    ['deflate', { headers: { 'content-encoding': 'Deflate' }, body: deflateSync(EVENT) }, EVENT],
    ['brotli', { headers: { 'content-encoding': 'br' }, body: brotliCompressSync(EVENT) }, EVENT],
    ['zstd', { headers: { 'content-encoding': 'zstd' }, body: zstdCompressSync(EVENT) }, EVENT],
    ['packed as it is', { headers: { 'content-encoding': 'identity' }, body: EVENT }, EVENT],
    ['5 MiB', { body: 'x'.repeat(5 * 1024 * 1024) }, 'x'.repeat(5 * 1024 * 1024)],
  ] as const) {
    test(name, async () => {
      const { answer, events } = await take(sent as Sent)
      expect([answer.status, answer.text]).toEqual([200, '{}'])
      expect(answer.headers.get('content-type')).toBe('application/json;charset=UTF-8')
      expect(events).toHaveLength(1)
      expect(events[0]?.body.toString() === stored).toBe(true)
      expect(events[0]?.headers).not.toContain('content-encoding')
    })
  }

  test('in chunks of unknown number', async () => {
    const before = await newest()
    expect(await sendInChunks(['{"a":', '1}'])).toBe(200)
    const [event] = await eventDb(hub.hub.store).selectFrom('events').select('body').where('seq', '>', before).execute()
    expect(event?.body.toString()).toBe(EVENT)
  })

  for (const [name, sent, status] of [
    ['too large', { body: 'x'.repeat(5 * 1024 * 1024 + 1) }, 413],
    ['too large when it is unpacked', { headers: { 'content-encoding': 'gzip' }, body: bomb() }, 413],
    ['packed otherwise than it says', { headers: { 'content-encoding': 'gzip' }, body: EVENT }, 400],
    ['packed in an unknown way', { headers: { 'content-encoding': 'zip' }, body: EVENT }, 415],
  ] as const) {
    test(`one that is ${name} is refused`, async () => {
      const { answer, events } = await take(sent as Sent)
      expectError(answer, status)
      expect(events).toEqual([])
    })
  }

  test('too large without saying so', async () => {
    const chunk = 'x'.repeat(1024 * 1024)
    expect(await sendInChunks(Array(6).fill(chunk))).toBe(413)
  })
})

describe('what comes along', () => {
  test('is stored but for credentials', async () => {
    const headers = { ...JSON_TYPE, 'X-Kind': 'push', Authorization: 'Bearer s3cret', Cookie: 'sid=s3cret' }
    const { events } = await take({ path: `/acme/${open.id}?a=%20&b`, headers, body: EVENT })
    expect(events).toMatchObject([
      { method: 'POST', query: 'a=%20&b', content_type: 'application/json', kind: 'webhook' },
    ])
    expect(JSON.parse(events[0]?.headers ?? '')).toMatchObject({ 'x-kind': 'push' })
    expect(JSON.stringify(events)).not.toContain('s3cret')
    expect(events[0]?.unverified).toBeNull()
  })

  test('GET is an event when it has parameters', async () => {
    const { answer, events } = await take({ method: 'GET', path: `/acme/${open.id}?ticket=%7B%22id%22%3A1%7D` })
    expectOk(answer)
    expect(events).toMatchObject([{ method: 'GET', query: 'ticket=%7B%22id%22%3A1%7D' }])
  })

  test('the result of a poll is one of the element', async () => {
    const { events, lanes } = await take({ path: '/otherPolling', body: JSON.stringify({ instance_id: open.id }) })
    expect(events).toMatchObject([{ element_key: 'other', kind: 'polling' }])
    expect(lanes).toEqual(lane(open))
  })

  test('the owner stands in the row of a known instance', async () => {
    const { targets } = await take({ path: `/acme/${open.id}` })
    expect(targets).toMatchObject([
      {
        instance_id: open.id,
        account_id: expect.any(Number),
        organization_id: expect.any(Number),
        user_id: open.user.id,
      },
    ])
  })
})

describe('an instance is named', () => {
  for (const [name, sent, expected] of [
    ['by its id', () => ({ path: `/acme/${open.id}` }), () => lane(open)],
    ['by its id in Base64', () => ({ path: `/acme/${refOf(open.id)}` }), () => lane(open)],
    ['percent-encoded', () => ({ path: `/acme/${encodeURIComponent(refOf(open.id))}` }), () => lane(open)],
    ['without padding', () => ({ path: `/acme/${refOf(open.id).replace(/=+$/, '')}` }), () => lane(open)],
    ['with a slash behind', () => ({ path: `/acme/${open.id}/` }), () => lane(open)],
    ['by its token', () => ({ path: `/acme/${encodeURIComponent(open.token)}` }), () => lane(open)],
    ['by the address that it shows', () => ({ path: secretPath() }), () => lane(secret)],
    ['whatever the element', () => ({ path: `/github/${open.id}` }), () => lane(open)],
    [
      'by the header',
      () => ({ path: '/acme', headers: { 'Element-Instances': `${open.id}, ${other.id}` } }),
      () => lane(open, other),
    ],
    [
      'by the path before the header',
      () => ({ path: `/acme/${open.id}`, headers: { 'Element-Instances': '1' } }),
      () => lane(open),
    ],
    [
      'by the header Id of a poll',
      () => ({ path: '/acmePolling', headers: { Id: String(open.id) } }),
      () => lane(open),
    ],
    ['before it is there', () => ({ path: '/acme/1999999999' }), () => ['i:1999999999']],
    ['by nobody', () => ({ path: '/acme' }), () => ['e:acme']],
    ['by a word that is no token', () => ({ path: '/acme/nobody' }), () => ['e:acme']],
    ['by nobody, of a shipped element', () => ({ path: '/sfdc' }), () => ['e:sfdc']],
    ['by nobody, of an element that nobody has', () => ({ path: '/nobodys' }), () => []],
    ['by an id that was deleted', () => ({ path: `/acme/${deletedId}` }), () => []],
    ['in the dialect', () => ({ path: `/acme/${open.id}`, dialect: true }), () => lane(open)],
  ] as const) {
    test(name, async () => {
      const { dialect, ...sent_ } = sent() as Sent & { dialect?: boolean }
      if (dialect) {
        const answer = await sendRaw(hub, {
          method: 'POST',
          path: `/your_moms/api-v2/events${sent_.path}?your_mom=1`,
          body: EVENT,
        })
        expect(answer.text).toBe('{}')
        const last = eventDb(hub.hub.store).selectFrom('events').select('query').orderBy('seq', 'desc').limit(1)
        expect(await last.execute()).toEqual([{ query: 'your_mom=1' }])
        return
      }
      const { answer, lanes } = await take({ body: EVENT, ...sent_ })
      expect([answer.status, answer.text]).toEqual([200, '{}'])
      expect(lanes).toEqual(expected())
    })
  }

  test('not by a header of more than 100 ids', async () => {
    const header = Array(101).fill('1').join()
    const { answer, events } = await take({ path: '/acme', headers: { 'Element-Instances': header } })
    expectError(answer, 400)
    expect(events).toEqual([])
  })

  for (const path of ['/acme%00', `/${'x'.repeat(300)}`, '/%F0%9F%98%80']) {
    test(`an odd element is nobody: ${path.slice(0, 12)}`, async () => {
      const { answer, events } = await take({ path, body: EVENT })
      expectOk(answer)
      expect(events).toEqual([])
    })
  }
})

describe('a handshake is answered and no event', () => {
  const token = encodeURIComponent('CloudElements@123')
  const slack = JSON.stringify({ type: 'url_verification', challenge: 'c' })
  for (const [name, sent, text] of [
    ['GET without parameters', { method: 'GET' }, ''],
    ['HEAD', { method: 'HEAD' }, ''],
    ['HEAD of an element', { method: 'HEAD', path: '/acme?a=1' }, ''],
    ['Facebook', { method: 'GET', path: `/acme?hub.challenge=X&hub.verify_token=${token}` }, 'X'],
    ['Dropbox', { method: 'GET', path: '/acme/MQ==?challenge=%3Cb%3E' }, '<b>'],
    ['Graph', { path: '/acme?validationToken=a%3Ab' }, 'a:b'],
    ['Slack', { headers: JSON_TYPE, body: slack }, '{"challenge":"c"}'],
  ] as const) {
    test(name, async () => {
      const { answer, events } = await take(sent as Sent)
      expect([answer.status, answer.text, events.length]).toEqual([200, text, 0])
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('content-type')).toMatch(name === 'Slack' ? /^application\/json/ : /^text\/plain/)
    })
  }
  test('not with another verify token', async () => {
    expectError(await send({ method: 'GET', path: '/acme?hub.challenge=X&hub.verify_token=y' }), 403)
  })
})

describe('an instance that asks for', () => {
  for (const [name, sent, status] of [
    ['a signature takes what is signed', () => ({ path: `/acme/${signed.id}`, headers: sign(EVENT) }), 200],
    ['a signature refuses what is not', () => ({ path: `/acme/${signed.id}` }), 401],
    ['a signature refuses a wrong one', () => ({ path: `/acme/${signed.id}`, headers: sign('other') }), 401],
    ['a signature refuses polls as well', () => ({ path: `/acmePolling/${signed.id}` }), 401],
    [
      'a signature refuses the header as well',
      () => ({ path: '/acme', headers: { 'Element-Instances': String(signed.id) } }),
      401,
    ],
    ['a signature refuses its token as well', () => ({ path: `/acme/${encodeURIComponent(signed.token)}` }), 401],
    ['a secret address takes it', () => ({ path: secretPath() }), 200],
    ['a secret address refuses its id', () => ({ path: `/acme/${secret.id}` }), 404],
    ['a secret address refuses its token', () => ({ path: `/acme/${encodeURIComponent(secret.token)}` }), 404],
    [
      'a secret address refuses the header',
      () => ({ path: '/acme', headers: { 'Element-Instances': String(secret.id) } }),
      404,
    ],
    ['a secret address refuses another signature', () => ({ path: `${secretPath()}x` }), 404],
    [
      'nothing refuses a signature that is wrong',
      () => ({ path: secretPath().replace(/v1\.\w+/, `v1.${btoa(String(open.id)).replace(/=+$/, '')}`) }),
      404,
    ],
  ] as const) {
    test(name, async () => {
      const { answer, events } = await take({ headers: JSON_TYPE, body: EVENT, ...sent() })
      if (status === 200) expectOk(answer)
      else expectError(answer, status)
      expect(events).toHaveLength(status === 200 ? 1 : 0)
      expect(answer.text).not.toMatch(/signature is missing|matches/)
    })
  }

  test('some of several: the others get it', async () => {
    const { answer, lanes } = await take({
      path: '/acme',
      headers: { 'Element-Instances': `${signed.id},${open.id}` },
      body: EVENT,
    })
    expectOk(answer)
    expect(lanes).toEqual(lane(open))
  })

  test('a new secret address: the old one is worth nothing', async () => {
    const old = secretPath()
    const answer = await hub.call('PATCH', `/instances/${secret.id}`, {
      body: { configuration: { 'event.webhook.secret.version': '2' } },
    })
    expectOk(answer)
    expect(answer.body.webhookUrl).not.toBe(secret['webhookUrl'])
    secret = { ...secret, ...answer.body }
    expectError(await send({ path: old, body: EVENT }), 404)
    expectOk(await send({ path: secretPath(), body: EVENT }))
  })
})

describe('what has to be verified later', () => {
  for (const path of ['/acme?a=1', '/acme/1999999998?a=1']) {
    test(`keeps what that needs, sealed: ${path}`, async () => {
      const { events } = await take({ path, headers: { Authorization: 'Bearer s3cret', Cookie: 'sid=1' }, body: EVENT })
      const [{ id, unverified } = { id: '', unverified: '' }] = events
      expect(unverified).not.toContain('s3cret')
      const kept = openUnverified(hub.hub.store.cipher, id, unverified ?? '')
      expect(kept.url).toBe(`${hub.api}/events${path}`)
      expect(kept.headers).toContainEqual(['Authorization', 'Bearer s3cret'])
      expect(JSON.stringify(kept)).not.toContain('sid=1')
    })
  }

  test('a shared secret is not kept in the clear', async () => {
    const { events } = await take({ path: '/shared', headers: { 'X-Token': 's3cret', 'x-kind': 'a' }, body: EVENT })
    expect(events[0]?.headers).toContain('x-kind')
    expect(JSON.stringify(events)).not.toContain('s3cret')
  })
})

describe('a delivery with a name', () => {
  const named = (name: string, path = `/named/${other.id}`) =>
    take({ path, headers: { 'X-Delivery': name }, body: EVENT })
  test('is stored once', async () => {
    expect((await named('d1')).events).toHaveLength(1)
    const again = await named('d1')
    expect([again.answer.status, again.answer.text, again.events.length]).toEqual([200, '{}', 0])
    expect((await named('d2')).events).toHaveLength(1)
  })
  test('also where its instances are to be found', async () => {
    expect((await named('d1', '/named')).lanes).toEqual(['e:named'])
    expect((await named('d1', '/named')).lanes).toEqual([])
  })
  test('of an element that declares none is stored as often as it comes', async () => {
    expect((await named('d1', `/acme/${open.id}`)).events).toHaveLength(1)
    expect((await named('d1', `/acme/${open.id}`)).events).toHaveLength(1)
  })
})

test('other methods are refused', async () => {
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const answer = await send({ method, body: EVENT })
    expectError(answer, 405)
    expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST'])
  }
})

test('events of one sender keep their order', async () => {
  const before = await newest()
  const texts = Array.from({ length: 150 }, (_, at) => `{"at":${at}}`)
  for (const body of texts) await send({ path: `/acme/${open.id}`, body })
  const rows = await eventDb(hub.hub.store)
    .selectFrom('events')
    .select('body')
    .where('seq', '>', before)
    .orderBy('seq')
    .execute()
  expect(rows.map(({ body }) => body.toString())).toEqual(texts)
})

test('without a database nobody is told 200, and afterwards everybody again', async () => {
  const admin = new Client(inject('adminUrl'))
  await admin.connect()
  const name = new URL(hub.databaseUrl).pathname.slice(1)
  const allow = (yes: boolean) => admin.query(`alter database ${name} allow_connections ${yes}`)
  await allow(false)
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  try {
    for (const path of [`/acme/${open.id}`, '/acme/1999999997', '/nobodys'])
      for (let time = 0; time < 3; time++) {
        const answer = expectError(await send({ path, body: EVENT }), 503)
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      }
    expectOk(await send({ method: 'GET', path: '/acme' }))
  } finally {
    await allow(true)
    await admin.end()
  }
  await expect.poll(async () => (await take({ path: `/acme/${open.id}`, body: EVENT })).lanes).toEqual(lane(open))
})

function bomb(): Buffer {
  return gzipSync(Buffer.alloc(6 * 1024 * 1024))
}

function sendInChunks(chunks: readonly string[]): Promise<number> {
  const { hostname, port } = new URL(hub.hub.url)
  return new Promise((resolve, reject) => {
    const headers = { 'transfer-encoding': 'chunked' }
    const options = { hostname, port, method: 'POST', path: '/elements/api-v2/events/acme/1', headers, agent: false }
    const request = httpRequest(options, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', reject)
    for (const chunk of chunks) request.write(chunk)
    request.end()
  })
}
