/**
 * The one door through which every outbound HTTP request goes: vendor calls, token requests, requests of scripts and
 * formula steps, event callbacks. Start with `createUpstream`; `egress-policy.ts` says where requests may go,
 * `pools.ts` keeps the connections, `call.ts` is one request on one of them. Retries are left to the engine.
 */
import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { ValenceError } from '../errors.ts'
import type { Send, VendorReply, VendorRequest } from '../model/exchange.ts'
import { type Answer, call } from './call.ts'
import { decodableEncodings, decodeBody } from './content-encoding.ts'
import { createEgressPolicy } from './egress-policy.ts'
import { abortFailure, markBeforeSend, shuttingDown, unmarkBeforeSend } from './failures.ts'
import { guardedLookup } from './guarded-lookup.ts'
import { streamBytes } from './incoming-body.ts'
import { type OriginMap, unmapOrigin } from './origin-map.ts'
import { createRoutes, type Route } from './pools.ts'
import { createPublishMessage, type PublishMessage } from './publish.ts'
import { followRedirect, MAX_REDIRECTS } from './redirects.ts'

const CLOSE_GRACE_MS = 5_000

export interface UpstreamOptions {
  /** entries of VALENCE_EGRESS_ALLOW, see `createEgressPolicy` */
  allow: readonly string[]
  originMap: OriginMap
  /** shaped like `dns.lookup` */
  lookup?: LookupFunction
  maxConnectionsPerOrigin?: number
  /** how many origins keep a pool of connections */
  maxOrigins?: number
  /** how long `close` waits for running requests */
  closeGraceMs?: number
  /** called for every request, also for each redirect followed, unless it was refused; `status` undefined: no answer */
  onSent?: (fact: SentFact) => void
}

export interface SentFact {
  /** host and port of the true address */
  host: string
  method: string
  status: number | undefined
  /** until the head of the answer */
  ms: number
}

export interface Upstream {
  /**
   * Sends a request and follows redirects of GET and HEAD, each judged like a first request.
   *
   * The body of the reply must be read (`bytes`, `text`, or `body` to its end) or destroyed: until then a body of more than 64 KiB
   * holds one of the origin's connections. One that nobody asks for within `timeoutMs` is dropped. Compressed bodies
   * arrive decoded, without `content-encoding` and `content-length`.
   *
   * @throws ValenceError EGRESS_REFUSED (the policy), VENDOR_UNREACHABLE, VENDOR_TIMEOUT, VENDOR_REPLY_INVALID (not HTTP, or
   * more than five redirects), PARAMETER_INVALID (the request cannot be sent as it is), UNAVAILABLE (after `close`).
   * `isBeforeSend` tells whether nothing had been sent.
   */
  send: Send
  /** Hands a message to a broker, under the same policy. */
  publish: PublishMessage
  /** Refuses new requests, waits for running ones up to the grace, then cuts them off. */
  close(): Promise<void>
}

interface Hop {
  answer: Answer
  url: URL
  route: Route
}

/** @throws ValenceError CONFIGURATION_INVALID for an entry of `allow` that cannot be read */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { originMap, onSent, closeGraceMs = CLOSE_GRACE_MS } = options
  const { lookup = systemLookup as LookupFunction } = options
  const policy = createEgressPolicy(options.allow)
  const routes = createRoutes({
    policy,
    originMap,
    lookup,
    maxConnectionsPerOrigin: options.maxConnectionsPerOrigin,
    maxOrigins: options.maxOrigins,
  })
  let isClosed = false

  function prepare(request: VendorRequest): { url: URL; route: Route } {
    try {
      if (isClosed) throw shuttingDown()
      const url = readAddress(request.url)
      const { signal, timeoutMs } = request
      if (signal?.aborted) throw abortFailure(signal.reason, { host: url.host, timeoutMs })
      return { url, route: routes.routeTo(url.origin, request.clientIdentity) }
    } catch (error) {
      if (request.body instanceof Readable) request.body.destroy()
      throw error instanceof Error ? markBeforeSend(error) : error
    }
  }

  /** One request, one answer: no redirects. */
  async function sendOnce(request: VendorRequest): Promise<Hop> {
    const { url, route } = prepare(request)
    const path = route.prefix + url.pathname + url.search
    if (onSent === undefined) return { answer: await call(route.pool, path, url.host, request), url, route }
    const startedAt = performance.now()
    let status: number | undefined
    try {
      const answer = await call(route.pool, path, url.host, request)
      status = answer.status
      return { answer, url, route }
    } finally {
      onSent({ host: url.host, method: request.method, status, ms: performance.now() - startedAt })
    }
  }

  return {
    async send(request) {
      let current = request
      for (let redirects = 0; ; redirects++) {
        const hop = redirects === 0 ? await sendOnce(current) : await sendOnce(current).catch(rethrowAsSent)
        const next = followRedirect(current, hop.answer.status, trueLocation(hop))
        if (next === undefined) return toReply(hop.answer, current.url, hop.url.host, request.method)
        hop.answer.body.discard()
        if (redirects === MAX_REDIRECTS) {
          throw new ValenceError('VENDOR_REPLY_INVALID', `${hop.url.host} redirected more than ${MAX_REDIRECTS} times`)
        }
        current = next
      }
    },
    publish: createPublishMessage((hostname, port) => guardedLookup(policy, lookup, hostname, port)),
    async close() {
      isClosed = true
      await routes.close(closeGraceMs)
    },
  }
}

/** @throws ValenceError EGRESS_REFUSED; its message never repeats a user name, a password or a query */
function readAddress(address: string): URL {
  const url = URL.parse(address)
  if (url === null) {
    const shown = address
      .replace(/[?#].*$/s, '')
      .replace(/^.*@/s, '')
      .slice(0, 100)
    throw new ValenceError('EGRESS_REFUSED', `"${shown}" is not an absolute http: or https: address`)
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ValenceError('EGRESS_REFUSED', `Only http: and https: addresses can be called, not "${url.protocol}"`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ValenceError(
      'EGRESS_REFUSED',
      `The address of ${url.host} holds a user name or password: send them in an authorization header`,
    )
  }
  return url
}

/** The `location` header as seen from the true address, when a mapped target names itself in it. */
function trueLocation({ answer, url, route }: Hop): string | undefined {
  const { location } = answer.headers
  if (typeof location !== 'string') return undefined
  return route.target === url.origin ? location : unmapOrigin(url.origin, route.target, location)
}

/** The first request of the call did leave. */
function rethrowAsSent(error: unknown): never {
  unmarkBeforeSend(error)
  throw error
}

function toReply(answer: Answer, url: string, host: string, method: string): VendorReply {
  const { status, headers, body } = answer
  const isBodiless = method === 'HEAD' || status === 204 || status === 304
  const encodings = isBodiless ? [] : decodableEncodings(headers['content-encoding'])
  if (encodings.length === 0) {
    return {
      status,
      headers,
      url,
      get body() {
        return body.stream()
      },
      bytes: (limitBytes) => body.bytes(limitBytes),
      text: async (limitBytes) => (await body.bytes(limitBytes)).toString('utf8'),
    }
  }
  const { 'content-encoding': _encoding, 'content-length': _length, ...plainHeaders } = headers
  let plain: Readable | undefined
  const decoded = () => {
    plain ??= decodeBody(body.stream(), encodings, host)
    return plain
  }
  return {
    status,
    headers: plainHeaders,
    url,
    get body() {
      return decoded()
    },
    bytes: (limitBytes) => streamBytes(decoded(), limitBytes, host),
    text: async (limitBytes) => (await streamBytes(decoded(), limitBytes, host)).toString('utf8'),
  }
}
