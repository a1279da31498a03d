import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type LookupFunction,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { ValenceError } from '../errors.ts'
import type { VendorRequest } from '../model/exchange.ts'
import { isBeforeSend } from './failures.ts'
import { createOriginMap } from './origin-map.ts'
import { createUpstream, type SentFact, type Upstream, type UpstreamOptions } from './send.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  cleanups.push(() => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    return closed
  })
  return (server.address() as AddressInfo).port
}

async function vendor(handler: RequestListener): Promise<{ origin: string; port: number; server: Server }> {
  const server = createServer(handler)
  const port = await listen(server)
  return { origin: `http://127.0.0.1:${port}`, port, server }
}

function upstream(options: Partial<UpstreamOptions> = {}): Upstream {
  const created = createUpstream({ allow: ['127.0.0.1'], originMap: new Map(), closeGraceMs: 50, ...options })
  cleanups.push(() => created.close())
  return created
}

function get(url: string, more: Partial<VendorRequest> = {}): VendorRequest {
  return { method: 'GET', url, headers: {}, timeoutMs: 5000, ...more }
}

async function failureOf(promise: Promise<unknown>): Promise<ValenceError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (failure: unknown) => failure,
  )
  if (!(error instanceof ValenceError)) throw error
  return error
}

/** Every name is this machine. */
const here: LookupFunction = (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }])

describe('a request', () => {
  test('arrives as it was given, and its answer too', async () => {
    let seen: unknown
    const { origin } = await vendor(async (request, response) => {
      const chunks = await request.toArray()
      seen = [
        request.method,
        request.url,
        request.headers['x-one'],
        request.headers['accept-encoding'],
        Buffer.concat(chunks).toString(),
      ]
      response.setHeader('X-Two', ['a', 'b']).writeHead(201, { 'Content-Type': 'text/plain' }).end('grüß')
    })
    const url = `${origin}/a%20b/../c?x=1&x=%2F#part`
    const reply = await upstream().send(get(url, { method: 'POST', headers: { 'x-one': '1' }, body: '{"ü":1}' }))
    expect(seen).toEqual(['POST', '/c?x=1&x=%2F', '1', undefined, '{"ü":1}'])
    expect(reply).toMatchObject({ status: 201, url, headers: { 'x-two': ['a', 'b'], 'content-type': 'text/plain' } })
    expect(await reply.text(100)).toBe('grüß')
  })

  for (const [what, body] of [
    ['a string', 'abc'],
    ['a buffer', Buffer.from('abc')],
    ['a stream', Readable.from(['a', 'bc'])],
  ] as const)
    test(`may carry ${what}`, async () => {
      const { origin } = await vendor((request, response) => void request.pipe(response))
      const reply = await upstream().send(get(origin, { method: 'PUT', body }))
      expect(await reply.text(100)).toBe('abc')
    })

  test('with headers that cannot be sent says which', async () => {
    const { origin } = await vendor((_request, response) => response.end())
    const error = await failureOf(upstream().send(get(origin, { headers: { 'x-a': 'secret\r\nx-b: 1' } })))
    expect(error).toMatchObject({ code: 'PARAMETER_INVALID', message: expect.stringMatching(/x-a header/) })
    expect(error.message).not.toContain('secret')
    expect(isBeforeSend(error)).toBe(true)
  })

  test('uses the connections of those before, and resolves nothing then', async () => {
    let connections = 0
    let lookups = 0
    const { port, server } = await vendor((_request, response) => response.end('x'))
    server.on('connection', () => connections++)
    const countingLookup: LookupFunction = (...asked) => {
      lookups++
      here(...asked)
    }
    const { send } = upstream({ lookup: countingLookup })
    for (let i = 0; i < 20; i++) await (await send(get(`http://vendor.test:${port}/`))).text(10)
    // undici opens a second one while the first recovers from its answer
    expect(connections).toBeLessThanOrEqual(2)
    expect(lookups).toBe(connections)
  })

  test('is reported with host, method, status and time', async () => {
    const facts: SentFact[] = []
    const { origin, port } = await vendor((_request, response) => response.writeHead(404).end())
    const { send } = upstream({ onSent: (fact) => facts.push(fact) })
    await (await send(get(origin))).text(10)
    await failureOf(send(get('http://127.0.0.1:1/')))
    expect(facts).toEqual([
      { host: `127.0.0.1:${port}`, method: 'GET', status: 404, ms: expect.any(Number) },
      { host: '127.0.0.1:1', method: 'GET', status: undefined, ms: expect.any(Number) },
    ])
  })
})

describe('the address that was judged is the one that is called', () => {
  test('a second answer of the name server is never asked for', async () => {
    const answers = ['127.0.0.1', '127.0.0.2']
    const { port } = await vendor((_request, response) => response.end('judged'))
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(null, [{ address: answers.shift() ?? '127.0.0.3', family: 4 }])
    const { send } = upstream({ allow: [`127.0.0.1:${port}`], lookup })
    expect(await (await send(get(`http://rebinding.test:${port}/`))).text(10)).toBe('judged')
    expect(answers).toEqual(['127.0.0.2'])
  })

  test('a name that turns private is refused at its next connection', async () => {
    const answers = ['127.0.0.1', '10.0.0.1']
    const { port } = await vendor((_request, response) => response.setHeader('connection', 'close').end('x'))
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(null, [{ address: answers.shift() ?? '10.0.0.1', family: 4 }])
    const { send } = upstream({ allow: [`127.0.0.1:${port}`], lookup })
    await (await send(get(`http://rebinding.test:${port}/`))).text(10)
    const error = await failureOf(send(get(`http://rebinding.test:${port}/`)))
    expect([error.code, isBeforeSend(error)]).toEqual(['EGRESS_REFUSED', true])
  })

  test('an allowed port opens no other port', async () => {
    const { origin, port } = await vendor((_request, response) => response.end())
    const { send } = upstream({ allow: [`127.0.0.1:${port}`] })
    expect((await send(get(origin))).status).toBe(200)
    expect((await failureOf(send(get('http://127.0.0.1:1/')))).code).toBe('EGRESS_REFUSED')
  })
})

describe('the origin map', () => {
  test('sends a vendor origin elsewhere, with a prefix, and needs no permission', async () => {
    const { origin, port } = await vendor((request, response) => response.end(`${request.headers.host} ${request.url}`))
    const { send } = upstream({ allow: [], originMap: new Map([['https://api.vendor.com', `${origin}/prefix`]]) })
    const reply = await send(get('https://api.vendor.com/v2/x?y=1'))
    expect([reply.url, await reply.text(100)]).toEqual([
      'https://api.vendor.com/v2/x?y=1',
      `127.0.0.1:${port} /prefix/v2/x?y=1`,
    ])
    expect((await failureOf(send(get(`${origin}/direct`)))).code).toBe('EGRESS_REFUSED')
  })

  test('is followed by redirects, whether they name the true address or the target', async () => {
    const { origin } = await vendor((request, response) => {
      const next = { '/p/a': '/b', '/p/b': `${origin}/p/c`, '/p/c': 'https://api.vendor.com/d' }[String(request.url)]
      if (next === undefined) response.end(`${request.url} ${request.headers.authorization}`)
      else response.writeHead(302, { location: next }).end()
    })
    const { send } = upstream({ allow: [], originMap: new Map([['https://api.vendor.com', `${origin}/p`]]) })
    const reply = await send(get('https://api.vendor.com/a', { headers: { authorization: 'A' } }))
    expect([reply.url, await reply.text(100)]).toEqual(['https://api.vendor.com/d', '/p/d A'])
  })

  test('may change: the next request follows it', async () => {
    const { origin } = await vendor((request, response) => response.end(request.url))
    const originMap = createOriginMap([['https://api.vendor.com', `${origin}/one`]])
    const { send } = upstream({ allow: [], originMap })
    const path = async () => (await send(get('https://api.vendor.com/x'))).text(100)
    expect(await path()).toBe('/one/x')
    originMap.replace([['https://*.vendor.com', `${origin}/two`]])
    expect(await path()).toBe('/two/x')
    // mapped to itself is open, not mapped is not: the pool of before must not stay
    originMap.replace([[origin, origin]])
    expect(await (await send(get(`${origin}/x`))).text(100)).toBe('/x')
    originMap.replace([])
    expect((await failureOf(send(get(`${origin}/x`)))).code).toBe('EGRESS_REFUSED')
  })

  test('the address of a mapped target stays as closed as any', async () => {
    const { origin, port } = await vendor((_request, response) => response.end('inside'))
    const { send } = upstream({ allow: [], originMap: new Map([['https://api.vendor.com', `${origin}/p`]]) })
    for (const address of [`${origin}/admin`, `http://2130706433:${port}/admin`, `http://127.1:${port}/`]) {
      expect((await failureOf(send(get(address)))).code).toBe('EGRESS_REFUSED')
    }
  })
})

describe('redirects', () => {
  for (const location of [
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://localhost/',
    'http://2130706433:1/',
    'http://me:hush@vendor.test/',
    'file:///etc/passwd',
    '//127.0.0.2/',
  ])
    test(`to ${location} is refused`, async () => {
      const { origin, port } = await vendor((_request, response) => response.writeHead(302, { location }).end())
      const error = await failureOf(upstream({ allow: [`127.0.0.1:${port}`] }).send(get(origin)))
      expect([error.code, isBeforeSend(error)]).toEqual(['EGRESS_REFUSED', false])
    })

  test('to another origin lose the credentials for good', async () => {
    const seen: unknown[] = []
    const other = await vendor((request, response) => {
      seen.push([
        request.headers.authorization,
        request.headers['x-key'],
        request.headers.cookie,
        request.headers.accept,
      ])
      response.writeHead(302, { location: `${first.origin}/back` }).end()
    })
    const first = await vendor((request, response) => {
      if (request.url === '/') return void response.writeHead(307, { location: other.origin }).end()
      seen.push([
        request.headers.authorization,
        request.headers['x-key'],
        request.headers.cookie,
        request.headers.accept,
      ])
      response.end('done')
    })
    const headers = { authorization: 'A', 'x-key': 'K', cookie: 'C', accept: 'json' }
    const reply = await upstream().send(get(`${first.origin}/`, { headers, credentialHeaders: ['x-key'] }))
    expect([reply.url, await reply.text(10)]).toEqual([`${first.origin}/back`, 'done'])
    expect(seen).toEqual([
      [undefined, undefined, undefined, 'json'],
      [undefined, undefined, undefined, 'json'],
    ])
  })

  test('five are followed, a sixth is not', async () => {
    const { origin } = await vendor((request, response) => {
      const left = Number(request.url?.slice(1))
      if (left === 0) response.end('there')
      else response.writeHead(302, { location: `/${left - 1}` }).end('moved')
    })
    const { send } = upstream({ maxConnectionsPerOrigin: 1 })
    expect(await (await send(get(`${origin}/5`))).text(10)).toBe('there')
    expect((await failureOf(send(get(`${origin}/6`)))).code).toBe('VENDOR_REPLY_INVALID')
  })

  test('a large page around a redirect holds up nothing', async () => {
    const { origin } = await vendor((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/next' }).end('x'.repeat(3_000_000))
      else response.end('next')
    })
    const { send } = upstream({ maxConnectionsPerOrigin: 1 })
    expect(await (await send(get(`${origin}/`))).text(10)).toBe('next')
  })

  test('of a POST is returned as it is', async () => {
    const { origin } = await vendor((_request, response) => response.writeHead(307, { location: '/b' }).end('moved'))
    const reply = await upstream().send(get(origin, { method: 'POST', body: 'x' }))
    expect([reply.status, reply.headers['location'], await reply.text(10)]).toEqual([307, '/b', 'moved'])
  })
})

describe('failures', () => {
  test('nobody listens', async () => {
    const server = createTcpServer()
    const port = await listen(server)
    await cleanups.pop()?.()
    const error = await failureOf(upstream().send(get(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' })))
    expect(error).toMatchObject({ code: 'VENDOR_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') })
    expect([isBeforeSend(error), error.cause instanceof Error]).toEqual([true, true])
  })

  test('every address of a name refuses the connection', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ])
    const error = await failureOf(upstream({ allow: ['127.0.0.0/8'], lookup }).send(get('http://vendor.test:1/')))
    expect([error.code, error.message, isBeforeSend(error)]).toEqual([
      'VENDOR_UNREACHABLE',
      'vendor.test:1 cannot be reached: ECONNREFUSED',
      true,
    ])
  })

  test('a name that does not exist', async () => {
    const lookup: LookupFunction = (hostname, _options, callback) =>
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), [])
    const error = await failureOf(upstream({ lookup }).send(get('http://gone.test/')))
    expect([error.code, error.message, isBeforeSend(error)]).toEqual([
      'VENDOR_UNREACHABLE',
      'gone.test cannot be reached: ENOTFOUND',
      true,
    ])
  })

  test('a connection that is reset after the request', async () => {
    const { origin } = await vendor((request) => request.socket.resetAndDestroy())
    const error = await failureOf(upstream().send(get(origin)))
    expect([error.code, isBeforeSend(error)]).toEqual(['VENDOR_UNREACHABLE', false])
  })

  test('an answer that is not HTTP', async () => {
    const port = await listen(
      createTcpServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n\r\n'))),
    )
    const error = await failureOf(upstream().send(get(`http://127.0.0.1:${port}/`)))
    expect([error.code, isBeforeSend(error)]).toEqual(['VENDOR_REPLY_INVALID', false])
  })

  test('no answer in time', async () => {
    const { origin } = await vendor(() => undefined)
    const error = await failureOf(upstream().send(get(origin, { timeoutMs: 60 })))
    expect([error.code, isBeforeSend(error), error.message]).toEqual([
      'VENDOR_TIMEOUT',
      false,
      expect.stringMatching(/did not answer within 60 ms/),
    ])
  })

  test('no free connection in time: never sent, and the connection stays usable', async () => {
    const seen: string[] = []
    let connections = 0
    let finish: () => unknown = () => undefined
    const { origin, server } = await vendor((request, response) => {
      seen.push(String(request.url))
      if (request.url === '/slow') finish = () => response.end('slow')
      else response.end('quick')
    })
    server.on('connection', () => connections++)
    const { send } = upstream({ maxConnectionsPerOrigin: 1 })
    const slow = send(get(`${origin}/slow`))
    const error = await failureOf(send(get(`${origin}/waiting`, { method: 'POST', timeoutMs: 60 })))
    expect([error.code, isBeforeSend(error)]).toEqual(['VENDOR_TIMEOUT', true])
    finish()
    expect(await (await slow).text(10)).toBe('slow')
    expect(await (await send(get(`${origin}/quick`))).text(10)).toBe('quick')
    expect([seen, connections]).toEqual([['/slow', '/quick'], 1])
  })

  test('a body that falls silent', async () => {
    const { origin } = await vendor((_request, response) =>
      response.writeHead(200, { 'content-length': 10 }).write('part'),
    )
    const reply = await upstream().send(get(origin, { timeoutMs: 60 }))
    expect((await failureOf(reply.text(100))).code).toBe('VENDOR_TIMEOUT')
  })

  for (const read of ['text', 'body'] as const)
    test(`a body that breaks off, read as ${read}`, async () => {
      const { origin } = await vendor((request, response) => {
        response.writeHead(200, { 'content-length': 10 }).write('part')
        setImmediate(() => request.socket.resetAndDestroy())
      })
      const reply = await upstream().send(get(origin))
      await sleep(20)
      const error = await failureOf(read === 'text' ? reply.text(100) : reply.body.toArray())
      expect([error.code, isBeforeSend(error)]).toEqual(['VENDOR_UNREACHABLE', false])
    })

  test('a streamed upload may take longer than the timeout', async () => {
    const { origin } = await vendor((request, response) => void request.pipe(response))
    async function* slowly() {
      for (const part of ['a', 'b', 'c', 'd']) {
        await sleep(90)
        yield part
      }
    }
    const reply = await upstream().send(get(origin, { method: 'POST', body: Readable.from(slowly()), timeoutMs: 300 }))
    expect(await reply.text(10)).toBe('abcd')
  })

  test('a refused upload is closed', async () => {
    const body = Readable.from(['x'])
    await failureOf(upstream().send(get('http://10.0.0.1/', { method: 'POST', body })))
    expect(body.destroyed).toBe(true)
  })

  test('a certificate nobody vouches for', async () => {
    const port = await listen(createTlsServer(selfSigned(), (_request, response) => response.end('secret')))
    const error = await failureOf(upstream().send(get(`https://127.0.0.1:${port}/`)))
    expect(error).toMatchObject({
      code: 'VENDOR_UNREACHABLE',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    })
    expect(isBeforeSend(error)).toBe(true)
  })

  for (const [name, reason, code] of [
    ['the caller gives up', new DOMException('enough', 'AbortError'), 'VENDOR_UNREACHABLE'],
    ["the caller's deadline passes", new DOMException('late', 'TimeoutError'), 'VENDOR_TIMEOUT'],
    ['the caller has a reason of ours', new ValenceError('INSTANCE_DISABLED', 'off'), 'INSTANCE_DISABLED'],
  ] as const) {
    test(`${name} before the request`, async () => {
      const error = await failureOf(upstream().send(get('http://127.0.0.1:1/', { signal: AbortSignal.abort(reason) })))
      expect([error.code, isBeforeSend(error)]).toEqual([code, true])
    })
    test(`${name} before the answer`, async () => {
      const controller = new AbortController()
      const { origin } = await vendor(() => controller.abort(reason))
      expect((await failureOf(upstream().send(get(origin, { signal: controller.signal })))).code).toBe(code)
    })
    test(`${name} in the middle of the answer`, async () => {
      const controller = new AbortController()
      const { origin } = await vendor((_request, response) => void response.write('part'))
      const reply = await upstream().send(get(origin, { signal: controller.signal }))
      const text = failureOf(reply.text(100))
      controller.abort(reason)
      expect((await text).code).toBe(code)
    })
  }
})

describe('bodies', () => {
  const plain = JSON.stringify({ text: 'grüß '.repeat(5000) })
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(plain)],
    ['X-Gzip', gzipSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['deflate', deflateSync(plain)],
    ['deflate', deflateRawSync(plain)],
    ['gzip, br', brotliCompressSync(gzipSync(plain))],
    ['identity', Buffer.from(plain)],
  ] as const)
    test(`${encoding} is decoded, as text and as a stream`, async () => {
      const { origin } = await vendor((_request, response) =>
        response
          .writeHead(200, { 'content-encoding': encoding, 'content-length': bytes.length, 'x-kept': '1' })
          .end(bytes),
      )
      const { send } = upstream()
      const reply = await send(get(origin))
      expect(await reply.text(100_000)).toBe(plain)
      if (encoding !== 'identity') expect(reply.headers).not.toHaveProperty('content-encoding')
      if (encoding !== 'identity') expect(reply.headers).not.toHaveProperty('content-length')
      expect(reply.headers['x-kept']).toBe('1')
      expect(Buffer.concat(await (await send(get(origin))).body.toArray()).toString()).toBe(plain)
    })

  test('an encoding we do not know is left alone', async () => {
    const { origin } = await vendor((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'zap' }).end('zzz'),
    )
    const reply = await upstream().send(get(origin))
    expect([reply.headers['content-encoding'], await reply.text(10)]).toEqual(['zap', 'zzz'])
  })

  for (const [name, encoding, bytes] of [
    ['garbage', 'gzip', Buffer.from('not gzip at all')],
    ['half of it', 'gzip', gzipSync(plain).subarray(0, 50)],
    ['half of it', 'br', brotliCompressSync(plain).subarray(0, 20)],
    ['half of it', 'deflate', deflateSync(plain).subarray(0, 50)],
  ] as const)
    test(`${encoding} with ${name} is an invalid answer`, async () => {
      const { origin } = await vendor((_request, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
      )
      const { send } = upstream()
      expect((await failureOf((await send(get(origin))).text(1e6))).code).toBe('VENDOR_REPLY_INVALID')
      expect((await failureOf((await send(get(origin))).body.toArray())).code).toBe('VENDOR_REPLY_INVALID')
    })

  for (const encoding of ['gzip', 'br', 'deflate'])
    test(`an empty ${encoding} body is empty`, async () => {
      const { origin } = await vendor((_request, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(),
      )
      const { send } = upstream()
      expect(await (await send(get(origin))).text(10)).toBe('')
      expect(await (await send(get(origin, { method: 'HEAD' }))).text(10)).toBe('')
    })

  for (const [encoding, bytes] of [
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['deflate', deflateRawSync(Buffer.alloc(50_000_000))],
  ] as const)
    test(`a ${encoding} bomb costs its limit`, async () => {
      const { origin } = await vendor((_request, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
      )
      const reply = await upstream().send(get(origin))
      expect((await failureOf(reply.text(100_000))).code).toBe('VENDOR_REPLY_INVALID')
    })

  test('a text at the limit is read, a longer one is cut off', async () => {
    const { origin } = await vendor((_request, response) => response.end('x'.repeat(1000)))
    const { send } = upstream()
    expect((await (await send(get(origin))).text(1000)).length).toBe(1000)
    const error = await failureOf((await send(get(origin))).text(999))
    expect([error.code, error.message]).toEqual([
      'VENDOR_REPLY_INVALID',
      expect.stringMatching(/longer than 999 bytes/),
    ])
  })

  test('an endless text is cut off and its connection closed', async () => {
    let isGone: Promise<unknown> = Promise.resolve()
    const { origin } = await vendor((request, response) => {
      isGone = new Promise((resolve) => request.socket.once('close', resolve))
      Readable.from(endless())
        .on('error', () => undefined)
        .pipe(response)
    })
    function* endless() {
      for (;;) yield 'x'.repeat(10_000)
    }
    const reply = await upstream().send(get(origin))
    expect((await failureOf(reply.text(200_000))).code).toBe('VENDOR_REPLY_INVALID')
    await isGone
  })

  test('characters may be split between chunks, a byte order mark is dropped', async () => {
    const bytes = Buffer.from('\ufeff["grüß"]')
    const { origin } = await vendor(async (_request, response) => {
      for (const byte of bytes) {
        response.write(Buffer.of(byte))
        await sleep(1)
      }
      response.end()
    })
    const { send } = upstream()
    expect(await (await send(get(origin))).text(100)).toBe('["grüß"]')
  })

  test('a slow reader gets every byte of a large body', async () => {
    const { origin } = await vendor((_request, response) => response.end(Buffer.alloc(5_000_000, 'abc')))
    const reply = await upstream().send(get(origin, { timeoutMs: 500 }))
    await sleep(50)
    let size = 0
    for await (const chunk of reply.body as AsyncIterable<Buffer>) size += chunk.length
    expect(size).toBe(5_000_000)
  })

  for (const [name, handle, headers] of [
    ['destroyed', 'destroy', {}],
    ['compressed and destroyed', 'destroy', { 'content-encoding': 'gzip' }],
    ['never asked for', 'forget', {}],
  ] as const)
    test(`a large body that is ${name} gives its connection back`, async () => {
      const { origin } = await vendor((request, response) => {
        if (request.url === '/large') response.writeHead(200, headers).end(Buffer.alloc(3_000_000))
        else response.end('next')
      })
      const { send } = upstream({ maxConnectionsPerOrigin: 1 })
      const reply = await send(get(`${origin}/large`, { timeoutMs: 80 }))
      if (handle === 'destroy') reply.body.destroy()
      expect(await (await send(get(`${origin}/next`))).text(10)).toBe('next')
    })

  test('a small body that nobody reads holds nothing', async () => {
    const { origin } = await vendor((_request, response) => response.end('small'))
    const { send } = upstream({ maxConnectionsPerOrigin: 1 })
    const replies = []
    for (let i = 0; i < 5; i++) replies.push(await send(get(origin)))
    expect(await replies[0]?.text(10)).toBe('small')
  })
})

describe('pools', () => {
  test('no more connections per origin than allowed', async () => {
    let open = 0
    let most = 0
    const { origin } = await vendor(async (_request, response) => {
      most = Math.max(most, ++open)
      await sleep(5)
      open--
      response.end()
    })
    const { send } = upstream({ maxConnectionsPerOrigin: 3 })
    await Promise.all(Array.from({ length: 20 }, async () => (await send(get(origin))).text(10)))
    expect(most).toBe(3)
  })

  test('the origin unused for longest loses its connections, a running request is finished', async () => {
    const connections: Record<string, number> = {}
    let finish: () => unknown = () => undefined
    const { port, server } = await vendor((request, response) => {
      if (request.url === '/slow') finish = () => response.end('slow')
      else response.end('x')
    })
    server.on('request', ({ socket, headers }) => {
      if (socket.listenerCount('seen') > 0) return
      socket.on('seen', () => undefined)
      const name = String(headers.host).split(':')[0] ?? ''
      connections[name] = (connections[name] ?? 0) + 1
    })
    const { send } = upstream({ lookup: here, maxOrigins: 2 })
    const call = async (name: string) => (await send(get(`http://${name}.test:${port}/`))).text(10)
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await call(name)
    expect(connections).toEqual({ 'a.test': 1, 'b.test': 2, 'c.test': 1 })

    const slow = ['d', 'e'].map((name) => send(get(`http://${name}.test:${port}/${name === 'd' ? 'slow' : ''}`)))
    await (await slow[1])?.text(10)
    for (const name of ['f', 'g', 'h']) await call(name)
    finish()
    expect(await (await slow[0])?.text(10)).toBe('slow')
  })

  test('close waits for running requests and refuses new ones', async () => {
    let finish: () => unknown = () => undefined
    const started = Promise.withResolvers<void>()
    const { origin } = await vendor((_request, response) => {
      finish = () => response.end('done')
      started.resolve()
    })
    const { send, close } = upstream({ closeGraceMs: 5000 })
    const running = send(get(origin))
    await started.promise
    const closed = close()
    const error = await failureOf(send(get(origin)))
    expect([error.code, isBeforeSend(error)]).toEqual(['UNAVAILABLE', true])
    finish()
    expect(await (await running).text(10)).toBe('done')
    await closed
  })

  test('close is bounded: what hangs is cut off', async () => {
    const started = Promise.withResolvers<void>()
    const { origin } = await vendor(() => started.resolve())
    const { send, close } = upstream({ closeGraceMs: 30, maxConnectionsPerOrigin: 1 })
    const failures = [failureOf(send(get(origin))), failureOf(send(get(origin)))]
    await started.promise
    await close()
    expect((await Promise.all(failures)).map(isBeforeSend)).toEqual([false, true])
    await close()
  })
})

/** A certificate that vouches for itself, for one test (X.509 as in RFC 5280 §4.1, DER by hand). */
function selfSigned(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = (tag: number, ...parts: Buffer[]) => {
    const content = Buffer.concat(parts)
    const { length } = content
    const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
    return Buffer.concat([Buffer.of(tag, ...size), content])
  }
  const ecdsaSha256 = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
  const name = der(
    0x30,
    der(0x31, der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from('vendor.test')))),
  )
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')))
  const version = der(0xa0, der(0x02, Buffer.of(2)))
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const content = der(0x30, version, der(0x02, Buffer.of(1)), ecdsaSha256, name, validity, name, key)
  const signature = der(0x03, Buffer.of(0), sign('sha256', content, privateKey))
  const body = der(0x30, content, ecdsaSha256, signature).toString('base64')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
  }
}
