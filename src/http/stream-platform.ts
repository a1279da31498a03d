import { Readable } from 'node:stream'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { PlatformRequest, PlatformStream } from '../model/platform-call.ts'
import { whenAborted } from '../model/when-aborted.ts'
import { API_PREFIX, CALL_METHODS } from './dispatch.ts'
import { isHopHeader } from './hop-headers.ts'
import type { PlatformCredentials } from './platform-credentials.ts'

/** The answer is there when its head is; its body has to be read to its end or destroyed, which ends whatever still writes to it. */
export type StreamPlatform = (
  caller: Caller,
  instance: Instance | undefined,
  request: PlatformRequest,
) => Promise<PlatformStream>

/** A call as somebody made it by hand, with credentials of his own in its headers. */
export type StreamOwn = (request: PlatformRequest) => Promise<PlatformStream>

export interface OwnDeps {
  inject(request: InjectOptions): Promise<LightMyRequestResponse>
  publicUrl(): string
}

export interface InjectDeps extends OwnDeps {
  credentials: PlatformCredentials
}

/** Says in a call from inside how many led to it, for whatever goes on with it later. */
export const DEPTH_HEADER = 'elements-call-depth'

/** Calls that lead to calls of ourselves this deep are the last: a callback that fires its own event has no end. */
const MAX_DEPTH = 10
const NOT_THE_CALLERS = new Set(['host', 'cookie', DEPTH_HEADER])

/**
 * Calls our own API from inside, as anybody would from outside: identify, dispatch, authorize, usage log, all of it, but without a socket and
 * without secrets (`platform-credentials.ts`). Bytes go through in both directions as fast as the slower side takes them, and nobody holds them.
 *
 * A failing call is an answer. Once the signal is aborted, the call and its answer end.
 *
 * @throws ValenceError PARAMETER_INVALID for a path outside of the API or another method, CALLS_TOO_DEEP; the reason of the signal; what a body
 *   fails with that is a stream
 */
export function createStreamPlatform({ credentials, ...deps }: InjectDeps): StreamPlatform {
  return async (caller, instance, request) => {
    const { depth = 0 } = request
    const { authorization, revoke } = credentials.issue({ caller, instance, depth })
    try {
      return await streamCall(deps, request, authorization)
    } finally {
      revoke()
    }
  }
}

/** The same in the name of whoever the header `authorization` says. */
export function createStreamOwn(deps: OwnDeps): StreamOwn {
  return (request) => streamCall(deps, request, undefined)
}

async function streamCall(
  { inject, publicUrl }: OwnDeps,
  request: PlatformRequest,
  authorization: string | undefined,
): Promise<PlatformStream> {
  const { depth = 0, signal } = request
  const { payload, ofPayload, type } = payloadOf(request.body)
  const end = endWith(signal, payload)
  try {
    signal?.throwIfAborted()
    if (depth >= MAX_DEPTH) throw tooDeep(request.path)
    const url = urlOf(request)
    const method = methodOf(request.method)
    const { authorization: given, ...headers } = headersOf({ ...type, ...request.headers })
    const credentials = authorization ?? given
    const injected = inject({
      method,
      url,
      headers: {
        ...headers,
        ...ofPayload,
        ...(credentials === undefined ? {} : { authorization: credentials }),
        host: new URL(publicUrl()).host,
        [DEPTH_HEADER]: String(depth + 1),
      },
      payload,
      payloadAsStream: true,
    })
    const reply = await Promise.race([injected, end.aborted])
    return { status: reply.statusCode, headers: textHeaders(reply.headers), body: bodyOf(reply, payload, end) }
  } catch (error) {
    end.release()
    payload.destroy()
    // what is sent may be the answer of another call, and break off as one
    throw isBrokenOff(error) && payload.errored !== error ? brokeOff(request.path, error) : error
  }
}

interface End {
  /** rejects with the reason of the signal */
  aborted: Promise<never>
  /** of the answer, once there is one */
  body?: Readable
  release(): void
}

/** No signal is handed to the call itself: of one that lives long, it would keep every call in memory that it was ever given to. */
function endWith(signal: AbortSignal | undefined, payload: Readable): End {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => undefined)
  // whoever reads it hears of it as well; an error that nobody hears would end the process
  payload.on('error', () => undefined)
  const end: End = { aborted, release: () => letGo() }
  const letGo = whenAborted(signal, () => {
    const reason = signal?.reason as Error
    if (end.body) end.body.destroy(reason)
    else if (payload.destroyed) payload.emit('error', reason)
    else payload.destroy(reason)
    reject(reason)
  })
  return end
}

/** What is read of an answer; when it is closed, whoever still writes to it, or reads what was sent, stops. */
function bodyOf(reply: LightMyRequestResponse, payload: Readable, end: End): Readable {
  const { res } = reply.raw
  const body = reply.stream()
  // everything is written to a socket that is none as well, which takes one write in a turn: most of a large answer would wait there
  if (res.socket) res.socket._write = (_chunk, _encoding, done) => done()
  body.once('close', () => {
    end.release()
    res.destroy()
    payload.destroy()
  })
  end.body = body
  return body
}

/**
 * Path and query of a call of our own API, which begin with `/elements/api-v2/`.
 * @throws ValenceError PARAMETER_INVALID for what leads elsewhere
 */
export function urlOf({ path, query = {} }: Pick<PlatformRequest, 'path' | 'query'>): string {
  const whole = path.startsWith(`${API_PREFIX}/`) ? path : API_PREFIX + (path.startsWith('/') ? path : `/${path}`)
  const url = URL.parse(`http://hub${whole}`)
  const isAddress = /^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(path)
  if (isAddress || !url?.pathname.startsWith(`${API_PREFIX}/`)) {
    throw new ValenceError('PARAMETER_INVALID', `"${path.slice(0, 200)}" is no path below ${API_PREFIX}`)
  }
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )
  const values = new URLSearchParams(pairs).toString()
  if (values === '') return url.pathname + url.search
  return `${url.pathname}${url.search === '' ? '?' : `${url.search}&`}${values}`
}

function methodOf(text: string): (typeof CALL_METHODS)[number] {
  const method = CALL_METHODS.find((one) => one === text.toUpperCase())
  if (method) return method
  throw new ValenceError('PARAMETER_INVALID', `method "${text.slice(0, 20)}": expected ${CALL_METHODS.join(', ')}`)
}

interface Payload {
  payload: Readable
  /** how much there is of it */
  ofPayload?: Record<string, string>
  type?: { 'content-type': string }
}

/** Always a stream: it is the one thing by which a call that waits for its answer can be ended. */
function payloadOf(body: unknown): Payload {
  if (body instanceof Readable) return { payload: body, ofPayload: { 'transfer-encoding': 'chunked' } }
  const isAsItIs = typeof body === 'string' || Buffer.isBuffer(body)
  const bytes = Buffer.from(body === undefined || body === null ? '' : isAsItIs ? body : JSON.stringify(body))
  if (bytes.length === 0) return { payload: Readable.from([], { objectMode: false }) }
  return {
    payload: Readable.from([bytes], { objectMode: false }),
    ofPayload: { 'content-length': String(bytes.length) },
    type: { 'content-type': 'application/json' },
  }
}

function headersOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase()
    if (!NOT_THE_CALLERS.has(key) && !isHopHeader(key)) headers[key] = value
  }
  return headers
}

function textHeaders(headers: Record<string, number | string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)]],
    ),
  )
}

/** Whether whoever answered a call from inside gave up, before or in the middle of it. */
export function isBrokenOff(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'LIGHT_ECONNRESET'
}

export function brokeOff(path: string, cause: unknown): ValenceError {
  const where = path.replace(/\?.*$/s, '').slice(0, 200)
  return new ValenceError('VENDOR_UNREACHABLE', `the answer of ${where} broke off`, { cause })
}

function tooDeep(path: string): ValenceError {
  return new ValenceError(
    'CALLS_TOO_DEEP',
    `${path.slice(0, 200)} is called by a call of the hub that itself was called by one, ${MAX_DEPTH} deep; this is where it ends`,
  )
}
