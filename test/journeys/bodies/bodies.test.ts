import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeMultipart } from '../../../src/engine/body/multipart.ts'
import { createCertificates, hasOpenssl, javaKeyStore } from '../../support/certificates.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Forms, files, XML and SOAP from the caller to the vendor and back, through HTTP at both ends. */
let hub: TestHub
let vendor: Server
let token: string
let last: { line: string; headers: IncomingHttpHeaders; body: Buffer }
let answer: { status?: number; type: string; body: string | Buffer } = { type: 'application/json', body: '{"ok":true}' }

beforeAll(async () => {
  vendor = createServer(async (request, response) => {
    last = { line: `${request.method} ${request.url}`, headers: request.headers, body: await buffer(request) }
    response.writeHead(answer.status ?? 200, { 'content-type': answer.type }).end(answer.body)
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  hub = await startTestHub({
    VALENCE_SIMULATE: 'off',
    VALENCE_ORIGIN_MAP: `https://api.acme.test=http://127.0.0.1:${(vendor.address() as AddressInfo).port}`,
    VALENCE_EGRESS_ALLOW: '127.0.0.1,localhost',
  })
  const element = JSON.parse(await readFile(new URL('element.json', import.meta.url), 'utf8'))
  const imported = await hub.call('POST', '/elements', { body: element })
  expect(imported.status, imported.text).toBe(200)
  token = (await provision({})).token
})
afterAll(async () => {
  await hub.close()
  vendor.close()
  vendor.closeAllConnections()
})

async function provision(
  configuration: Record<string, string>,
): Promise<{ token: string; configuration: Record<string, string> }> {
  const body = { name: `parcels ${Object.keys(configuration).length}`, element: { key: 'parcels' }, configuration }
  const made = await hub.call('POST', '/instances', { body })
  expect(made.status, made.text).toBe(200)
  return made.body
}

type Body = string | Buffer | FormData | URLSearchParams | Readable

async function send(method: string, path: string, body?: Body, headers: Record<string, string> = {}, as = token) {
  const response = await fetch(`${hub.api}/hubs/general${path}`, {
    method,
    headers: { authorization: `${hub.authorization}, Element ${as}`, ...headers },
    ...(body === undefined ? {} : { body, duplex: 'half' as const }),
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    bytes: Buffer.from(await response.arrayBuffer()),
  }
}
const json = (reply: { bytes: Buffer }) => JSON.parse(reply.bytes.toString() || 'null')
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('files', () => {
  test('a form goes on with its parts renamed', async () => {
    const form = new FormData()
    form.append('caption', 'Größe')
    form.append('file', new Blob(['GIF89'], { type: 'image/gif' }), 'a "b".gif')
    form.append('other', 'stays here')
    const reply = await send('POST', '/photos', form)
    expect([reply.status, json(reply)]).toEqual([200, { ok: true }])
    const received = await new Response(last.body, {
      headers: { 'content-type': String(last.headers['content-type']) },
    }).formData()
    expect([...received.keys()].toSorted()).toEqual(['photo', 'title'])
    expect(received.get('title')).toBe('Größe')
    const photo = received.get('photo') as File
    expect([photo.name, photo.type, await photo.text()]).toEqual(['a "b".gif', 'image/gif', 'GIF89'])
    expect(Number(last.headers['content-length'])).toBe(last.body.length)
  })

  test('40 MB arrive as they were sent, as a form or as bytes', async () => {
    const content = Buffer.alloc(40 * 1024 * 1024)
    for (let at = 0; at < content.length; at += 4096) content.writeUInt32LE(at, at)
    const form = encodeMultipart(
      [{ name: 'file', fileName: 'x', sizeBytes: content.length, open: () => Readable.from([content]) }],
      'b',
    )
    for (const [body, type] of [
      [form.open(), form.contentType],
      [content, 'application/octet-stream'],
    ] as const) {
      const reply = await send('PUT', '/files/7', body, { 'content-type': type })
      expect(reply.status, reply.bytes.toString()).toBe(200)
      expect(last.line).toBe('PUT /v1/files/7')
      expect(last.headers['content-type']).toBe('application/octet-stream')
      expect(sha(last.body)).toBe(sha(content))
    }
  })

  test('a download is handed through', async () => {
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 256))
    answer = { type: 'image/png', body: content }
    const reply = await send('GET', '/files/7')
    answer = { type: 'application/json', body: '{"ok":true}' }
    expect([reply.status, reply.type, sha(reply.bytes)]).toEqual([200, 'image/png', sha(content)])
  })
})

test('a field of a form', async () => {
  await send('POST', '/sessions', new URLSearchParams({ user: 'ada&co', more: '1' }))
  expect(last.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(last.body.toString()).toBe('login=ada%26co')
})

describe('XML', () => {
  test('a JSON body is written as XML below its root', async () => {
    const reply = await send(
      'POST',
      '/orders',
      JSON.stringify({ '@id': 7, note: 'a < b', item: [{ sku: 1 }, { sku: 2 }] }),
      {
        'content-type': 'application/json',
      },
    )
    expect(reply.status, reply.bytes.toString()).toBe(200)
    expect(last.body.toString()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><order id="7"><note>a &lt; b</note><item><sku>1</sku></item><item><sku>2</sku></item></order>',
    )
  })

  test('a body that is XML already goes as it is', async () => {
    await send('PUT', '/orders', '<order><note>x</note></order>', { 'content-type': 'text/xml' })
    expect([last.headers['content-type'], last.body.toString()]).toEqual([
      'application/xml',
      '<order><note>x</note></order>',
    ])
  })

  test('an answer becomes a list', async () => {
    answer = {
      type: 'application/xml',
      body: '<o:orders xmlns:o="u"><o:order id="1"><o:sum>1.5</o:sum></o:order><o:order id="2"><o:sum>007</o:sum></o:order></o:orders>',
    }
    const reply = await send('GET', '/orders')
    expect(json(reply)).toEqual([
      { '@id': '1', 'o:sum': 1.5 },
      { '@id': '2', 'o:sum': '007' },
    ])
  })

  test('one that is malformed: 502', async () => {
    answer = { type: 'application/xml', body: '<a><b></a>' }
    const reply = await send('GET', '/orders')
    answer = { type: 'application/json', body: '{"ok":true}' }
    expect([reply.status, json(reply).message]).toEqual([502, expect.stringMatching(/XML that cannot be read: line 1/)])
  })
})

test('a SOAP envelope is filled with elements, and no value ends its place', async () => {
  answer = {
    type: 'text/xml; charset=utf-8',
    body: '<soap:Envelope xmlns:soap="s"><soap:Body><r>ok</r></soap:Body></soap:Envelope>',
  }
  const reply = await send(
    'POST',
    '/tracking',
    JSON.stringify({ number: '</Track><evil/>', parts: { part: [1, 2] } }),
    {
      'content-type': 'application/json',
    },
  )
  answer = { type: 'application/json', body: '{"ok":true}' }
  expect(last.body.toString()).toBe(
    '<soap:Envelope><soap:Body><Track account="a&amp;b"><number>&lt;/Track&gt;&lt;evil/&gt;</number><parts><part>1</part><part>2</part></parts></Track></soap:Body></soap:Envelope>',
  )
  expect(json(reply)).toEqual({ r: 'ok' })
})

describe.skipIf(!hasOpenssl)('a vendor that asks for a certificate', () => {
  test('sees the one in the key store of the instance', async () => {
    const made = createCertificates()
    const authorities = getCACertificates('default')
    setDefaultCACertificates([...authorities, made.ca])
    const secured = createTlsServer(
      { ...made.server, ca: made.ca, requestCert: true, rejectUnauthorized: true },
      (request, response) =>
        response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify((request.socket as TLSSocket).getPeerCertificate().subject)),
    )
    await new Promise<void>((resolve) => secured.listen(0, '127.0.0.1', resolve))
    try {
      const ada = made.client('ada')
      const store = javaKeyStore({ client: { key: ada.key, certs: [ada.cert] } }, 'hush-hush').toString('base64')
      const base = { 'base.url': `https://localhost:${(secured.address() as AddressInfo).port}` }
      const instance = await provision({ ...base, 'base64.encoded.jks': store, 'jks.password': 'hush-hush' })
      expect(instance.configuration['base64.encoded.jks']).toBe('********')
      const seen = await send('GET', '/files/7', undefined, {}, instance.token)
      expect([seen.status, json(seen)]).toEqual([200, { CN: 'ada' }])
      const without = await provision(base)
      expect((await send('GET', '/files/7', undefined, {}, without.token)).status).toBe(502)
      const wrong = await provision({ ...base, 'base64.encoded.jks': store, 'jks.password': 'not-it', account: 'x' })
      const refused = await send('GET', '/files/7', undefined, {}, wrong.token)
      expect([refused.status, json(refused).message]).toEqual([
        400,
        'Configuration "jks.password" does not open the key store in "base64.encoded.jks"',
      ])
    } finally {
      setDefaultCACertificates(authorities)
      secured.close()
      secured.closeAllConnections()
      made.remove()
    }
  })
})
