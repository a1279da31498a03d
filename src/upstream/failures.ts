import { errors } from 'undici'
import { ValenceError } from '../errors.ts'

export const CONNECT_TIMEOUT_MS = 10_000

/** What was asked, as far as a message may tell it. */
export interface CallFacts {
  /** host and port of the true address */
  host: string
  timeoutMs: number
}

const neverSent = new WeakSet<Error>()

/** Records of the error that not one byte of the request had left when it happened. */
export function markBeforeSend<E extends Error>(error: E): E {
  neverSent.add(error)
  return error
}

/** Takes the record back: the failure belongs to a later request of the same call. */
export function unmarkBeforeSend(error: unknown): void {
  if (error instanceof Error) neverSent.delete(error)
}

/**
 * Whether a failure of `send`, or one of its causes, certainly happened before the request was sent: it was refused,
 * no connection came about, or it still waited for a free one. Such a request may be repeated whatever its method.
 */
export function isBeforeSend(error: unknown): boolean {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    if (neverSent.has(link)) return true
  }
  return false
}

const TIMEOUTS: Record<string, (facts: CallFacts) => string> = {
  UND_ERR_CONNECT_TIMEOUT: () => `accepted no connection within ${CONNECT_TIMEOUT_MS} ms`,
  ETIMEDOUT: () => 'accepted no connection in time',
  UND_ERR_HEADERS_TIMEOUT: ({ timeoutMs }) => `did not answer within ${timeoutMs} ms`,
  UND_ERR_BODY_TIMEOUT: ({ timeoutMs }) => `fell silent for ${timeoutMs} ms in the middle of its answer`,
}
const REQUEST_MISTAKES = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])
const SHUT_DOWN = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])
/** TLS alerts of a server that minds our certificate, or the lack of one (RFC 8446 §6.2). */
const OUR_CERTIFICATE =
  /ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/
const CERTIFICATE = /CERT|ERR_TLS|ERR_SSL|ISSUER|SELF_SIGNED|VERIFY/

/**
 * @param error of undici, the system or TLS; their texts can hold resolved addresses, so only codes are passed on
 * @returns VENDOR_TIMEOUT, VENDOR_UNREACHABLE, VENDOR_REPLY_INVALID, PARAMETER_INVALID (the request cannot be sent as it is)
 * or UNAVAILABLE (we are shutting down); a ValenceError as it is
 */
export function toFailure(error: unknown, facts: CallFacts): ValenceError {
  if (error instanceof ValenceError) return error
  const code = codeOf(error)
  const { host } = facts
  const timeout = TIMEOUTS[code]
  if (timeout !== undefined) return new ValenceError('VENDOR_TIMEOUT', `${host} ${timeout(facts)}`, { cause: error })
  if (REQUEST_MISTAKES.has(code)) {
    const why = error instanceof Error ? error.message : code
    return new ValenceError('PARAMETER_INVALID', `The request to ${host} cannot be sent: ${why}`, { cause: error })
  }
  if (SHUT_DOWN.has(code)) return shuttingDown(error)
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
    return new ValenceError(
      'VENDOR_REPLY_INVALID',
      `${host} answered with something that is not HTTP: ${error.message}`,
      {
        cause: error,
      },
    )
  }
  if (OUR_CERTIFICATE.test(code)) {
    return new ValenceError(
      'VENDOR_UNREACHABLE',
      `${host} refused the TLS handshake: it does not accept our client certificate, asks for one, or shares no cipher (${code})`,
      {
        cause: error,
      },
    )
  }
  if (CERTIFICATE.test(code)) {
    return new ValenceError('VENDOR_UNREACHABLE', `${host} has no certificate we can trust (${code})`, { cause: error })
  }
  const why = code === '' || code === 'UND_ERR_SOCKET' ? 'the connection broke off' : code
  return new ValenceError('VENDOR_UNREACHABLE', `${host} cannot be reached: ${why}`, { cause: error })
}

/** The caller's signal: a deadline of its own reads as a timeout, anything else as a connection given up. */
export function abortFailure(reason: unknown, { host }: CallFacts): ValenceError {
  if (reason instanceof ValenceError) {
    // one signal may end several calls, of which only some had been sent: each gets an error of its own
    const { code, message, status, providerMessage, headers } = reason
    return new ValenceError(code, message, { status, providerMessage, headers, cause: reason })
  }
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError'
  return isTimeout
    ? new ValenceError('VENDOR_TIMEOUT', `${host} did not answer before the deadline of the caller`, { cause: reason })
    : new ValenceError('VENDOR_UNREACHABLE', `The request to ${host} was cancelled by its caller`, { cause: reason })
}

export function noAnswer({ host, timeoutMs }: CallFacts, wasSent: boolean): ValenceError {
  return new ValenceError(
    'VENDOR_TIMEOUT',
    wasSent
      ? `${host} did not answer within ${timeoutMs} ms`
      : `No connection to ${host} became free within ${timeoutMs} ms`,
  )
}

export function shuttingDown(cause?: unknown): ValenceError {
  return new ValenceError('UNAVAILABLE', 'This server is shutting down and sends no more requests', { cause })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
