import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Certificates, createCertificates, hasOpenssl, type Pair } from '../../test/support/certificates.ts'
import type { ClientIdentity } from '../model/exchange.ts'
import { createUpstream, type Upstream } from './send.ts'

describe.skipIf(!hasOpenssl)('a vendor that asks for a client certificate', () => {
  let made: Certificates
  let ada: Pair
  let bob: Pair
  let vendor: Server
  let origin: string
  let upstream: Upstream
  let connections = 0
  const authorities = getCACertificates('default')

  beforeAll(async () => {
    made = createCertificates()
    ada = made.client('ada')
    bob = made.client('bob')
    setDefaultCACertificates([...authorities, made.ca])
    vendor = createServer(
      { ...made.server, ca: made.ca, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        if (request.url === '/away') return response.writeHead(302, { location: `https://localhost:${port()}/` }).end()
        const socket = request.socket as TLSSocket
        response.end(`${socket.getPeerCertificate().subject.CN} ${socket.getProtocol()}`)
      },
    )
    vendor.on('secureConnection', () => connections++)
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
    origin = `https://127.0.0.1:${port()}`
    upstream = createUpstream({ allow: ['127.0.0.1', 'localhost'], originMap: new Map(), maxOrigins: 3 })
  })
  afterAll(async () => {
    setDefaultCACertificates(authorities)
    await upstream?.close()
    vendor?.close()
    made?.remove()
  })

  const port = () => (vendor.address() as AddressInfo).port
  async function ask(clientIdentity?: ClientIdentity, path = '/'): Promise<string> {
    const request = { method: 'GET', url: origin + path, headers: {}, timeoutMs: 5000 }
    const reply = await upstream.send(clientIdentity ? { ...request, clientIdentity } : request)
    return reply.text(1000)
  }

  test('sees the certificate of the instance', async () => {
    expect(await ask(ada)).toMatch(/^ada TLSv1\.[23]$/)
    expect(await ask(bob)).toMatch(/^bob /)
  })

  test('never sees that of another on a connection that is kept', async () => {
    const seen = await Promise.all([ada, bob, ada, bob, bob, ada].map((pair) => ask(pair)))
    expect(seen.map((text) => text.split(' ')[0])).toEqual(['ada', 'bob', 'ada', 'bob', 'bob', 'ada'])
  })

  test('equal identities share connections, also as other objects', async () => {
    await ask(ada)
    const before = connections
    for (let i = 0; i < 10; i++) await ask({ ...ada })
    // undici opens a second one while the first recovers from its answer
    expect(connections - before).toBeLessThanOrEqual(1)
  })

  test('refuses a call without one, or with one it does not trust, and we say why', async () => {
    await ask(ada)
    for (const identity of [undefined, made.stranger])
      await expect(ask(identity)).rejects.toMatchObject({
        code: 'VENDOR_UNREACHABLE',
        message: expect.stringMatching(
          /refused the TLS handshake: it does not accept our client certificate|cannot be reached/,
        ),
      })
  })

  test('is not followed elsewhere with it', async () => {
    await expect(ask(ada, '/away')).rejects.toMatchObject({ code: 'VENDOR_UNREACHABLE' })
  })

  test('more identities than pools take turns', async () => {
    const pairs = [ada, bob, made.client('carl'), made.client('dora'), made.client('emil')]
    for (const round of [1, 2]) {
      const seen = await Promise.all(pairs.map((pair) => ask(pair)))
      expect([round, ...seen.map((text) => text.split(' ')[0])]).toEqual([round, 'ada', 'bob', 'carl', 'dora', 'emil'])
    }
  })

  test('a certificate that does not fit its key is refused before anything is sent', async () => {
    for (const identity of [
      { cert: ada.cert, key: bob.key },
      { cert: 'x', key: 'y' },
    ])
      await expect(ask(identity)).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: 'The client certificate and its key cannot be used for TLS',
      })
  })
})
