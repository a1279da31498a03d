import { addAbortSignal, type Readable } from 'node:stream'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { PlatformReply, PlatformRequest } from '../model/platform-call.ts'
import { API_PREFIX, CALL_METHODS } from './dispatch.ts'
import { isHopHeader } from './hop-headers.ts'
import type { PlatformCredentials } from './platform-credentials.ts'

export type CallPlatform = (
  caller: Caller,
  instance: Instance | undefined,
  request: PlatformRequest,
) => Promise<PlatformReply>

/** Says in a call from inside how many led to it, for whatever goes on with it later. */
export const DEPTH_HEADER = 'elements-call-depth'

/** Calls that lead to calls of ourselves this deep are the last: a callback that fires its own event has no end. */
const MAX_DEPTH = 10
const MAX_REPLY_BYTES = 5 * 1024 * 1024
/** A vendor whose answer drips must not hold whoever waits for the call, and one of his few places, for ever. */
const LONGEST_MS = 10 * 60_000
const NOT_THE_CALLERS = new Set(['authorization', 'host', 'cookie', DEPTH_HEADER])

/**
 * Calls our own API from inside, as anybody would from outside: identify, dispatch, authorize, usage log, all of it, but without a socket and
 * without secrets (`platform-credentials.ts`).
 *
 * A failing call is an answer. Of an answer no more than 5 MiB are read, and no longer than ten minutes.
 *
 * @throws ValenceError PARAMETER_INVALID for a path outside of the API or another method, CALLS_TOO_DEEP; VENDOR_TIMEOUT when the time is over
 */
export function createCallPlatform({
  inject,
  credentials,
  publicUrl,
  longestMs = LONGEST_MS,
}: {
  inject(request: InjectOptions): Promise<LightMyRequestResponse>
  credentials: PlatformCredentials
  publicUrl(): string
  longestMs?: number
}): CallPlatform {
  return async (caller, instance, request) => {
    const { depth = 0 } = request
    const deadline = AbortSignal.timeout(longestMs)
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline
    if (depth >= MAX_DEPTH) throw tooDeep(request.path)
    const url = urlOf(request)
    const method = methodOf(request.method)
    const { payload, type } = payloadOf(request.body)
    const { authorization, revoke } = credentials.issue({ caller, instance, depth })
    try {
      const reply = await inject({
        method,
        url,
        headers: {
          ...type,
          ...headersOf(request.headers ?? {}),
          authorization,
          host: new URL(publicUrl()).host,
          [DEPTH_HEADER]: String(depth + 1),
        },
        payloadAsStream: true,
        signal,
        ...(payload === undefined ? {} : { payload }),
      })
      const { text, isCut } = await read(reply.stream(), signal)
      // whoever still writes to it may stop
      if (isCut) reply.raw.res.destroy()
      return { status: reply.statusCode, headers: textHeaders(reply.headers), body: text, isCut }
    } catch (error) {
      throw isTimeout(signal.reason) ? tookTooLong(request.path, error) : error
    } finally {
      revoke()
    }
  }
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

function payloadOf(body: unknown): { payload?: string | Buffer; type?: { 'content-type': string } } {
  if (body === undefined || body === null) return {}
  if (typeof body === 'string' || Buffer.isBuffer(body))
    return body.length === 0 ? {} : { payload: body, type: JSON_TYPE }
  return { payload: JSON.stringify(body), type: JSON_TYPE }
}

const JSON_TYPE = { 'content-type': 'application/json' }

function headersOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase()
    if (!NOT_THE_CALLERS.has(key) && !isHopHeader(key)) headers[key] = value
  }
  return headers
}

async function read(stream: Readable, signal: AbortSignal): Promise<{ text: string; isCut: boolean }> {
  addAbortSignal(signal, stream)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes > MAX_REPLY_BYTES) break
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_REPLY_BYTES).toString('utf8')
  return { text, isCut: bytes > MAX_REPLY_BYTES }
}

function textHeaders(headers: Record<string, number | string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)]],
    ),
  )
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

function tookTooLong(path: string, cause: unknown): ValenceError {
  return new ValenceError('VENDOR_TIMEOUT', `${path.replace(/\?.*$/s, '').slice(0, 200)} did not answer in time`, {
    cause,
  })
}

function tooDeep(path: string): ValenceError {
  return new ValenceError(
    'CALLS_TOO_DEEP',
    `${path.slice(0, 200)} is called by a call of the hub that itself was called by one, ${MAX_DEPTH} deep; this is where it ends`,
  )
}
