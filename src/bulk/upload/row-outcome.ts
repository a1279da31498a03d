import { parseRetryAfter } from '../../engine/retry.ts'
import { ValenceError } from '../../errors.ts'
import type { CallFacts } from '../../model/exchange.ts'
import { rowStatus } from './row-status.ts'

/** What became of a row. */
export type RowOutcome =
  | { kind: 'written' }
  /** it was surely not written, and will not be */
  | { kind: 'failed'; status: string; isDenied?: boolean }
  /** nobody knows whether it was written */
  | { kind: 'uncertain'; status: string; isStrained?: boolean }
  /** it was surely not written, the vendor has no time for it: it may be sent again */
  | { kind: 'putOff'; status: string; retryAfterMs?: number }
  /** it was surely not written, nor can any other row be */
  | { kind: 'hopeless'; error: ValenceError }
  /** it was surely not written: we ourselves are out of order, all rows go on later */
  | { kind: 'unavailable'; error: ValenceError }

export interface FailedCall {
  error: unknown
  facts: CallFacts
  /** of a call that only reads: nothing was written, whatever happened */
  isRead: boolean
}

/** Answers of a gateway that does not know what became of the request behind it. */
const IN_DOUBT = new Set([502, 503, 504])
const BUSY = new Set([429, 503])
const DENIED = new Set(['REFRESH_FAILED', 'CREDENTIALS_INVALID', 'FORBIDDEN', 'INSTANCE_DISABLED'])
/** The same for every row, whatever is in it. */
const HOPELESS = new Set(['RESOURCE_UNKNOWN', 'METHOD_NOT_ALLOWED', 'RESOURCE_NOT_EXECUTABLE', 'EGRESS_REFUSED'])
/** The vendor, or a part of ours, has no time. */
const PASSING = new Set(['VENDOR_UNREACHABLE', 'VENDOR_TIMEOUT', 'REFRESH_UNAVAILABLE', 'SCRIPT_BUSY'])
/** Nothing that was wrong with the request lets it leave this server. */
const NEVER_LEFT = new Set(['PARAMETER_INVALID', 'PARAMETER_MISSING', 'CONFIGURATION_MISSING', 'CONFIGURATION_INVALID'])

/**
 * What a call that failed says of its row. A row that may have been written is uncertain; it is put off only when it surely was not.
 *
 * @param isBeforeSend whether a request that failed with this error was surely never sent
 * @throws the error of the call when it is none of ours: a bug, of which nobody knows what it left behind
 */
export function outcomeOfFailure(
  { error, facts, isRead }: FailedCall,
  { now, isBeforeSend }: { now: Date; isBeforeSend(error: unknown): boolean },
): RowOutcome {
  if (!(error instanceof ValenceError)) throw error
  const { code } = error
  const status = rowStatus(error)
  const isUnwritten = isRead || !wasSent(facts) || (isTheOnlyRequest(facts) && isBeforeSend(error))
  if (HOPELESS.has(code) && (isUnwritten || code === 'EGRESS_REFUSED')) return { kind: 'hopeless', error }
  if (code === 'UNAVAILABLE' && isUnwritten) return { kind: 'unavailable', error }
  if (code === 'VENDOR_FAILED') return outcomeOfAnswer(error, facts, { isRead, now })
  if (DENIED.has(code) && isUnwritten) return { kind: 'failed', status, isDenied: true }
  if (PASSING.has(code))
    return isUnwritten ? { kind: 'putOff', status } : { kind: 'uncertain', status, isStrained: true }
  return isUnwritten || NEVER_LEFT.has(code) ? { kind: 'failed', status } : { kind: 'uncertain', status }
}

/** The vendor's own no. */
function outcomeOfAnswer(
  error: ValenceError,
  facts: CallFacts,
  { isRead, now }: { isRead: boolean; now: Date },
): RowOutcome {
  const { status: ours, vendorStatus = ours, headers } = error
  const status = rowStatus(error)
  if (vendorStatus === 401 || vendorStatus === 403) return { kind: 'failed', status, isDenied: true }
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now)
  const isPutOff = vendorStatus === 429 || (vendorStatus === 503 && retryAfterMs !== undefined)
  if ((isPutOff && isTheOnlyRequest(facts)) || (isRead && (BUSY.has(vendorStatus) || IN_DOUBT.has(vendorStatus)))) {
    return { kind: 'putOff', status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }
  return IN_DOUBT.has(vendorStatus) || isPutOff
    ? { kind: 'uncertain', status, isStrained: true }
    : { kind: 'failed', status }
}

/** The engine notes it when it has sent, or tried to. */
function wasSent({ vendorMethod }: CallFacts): boolean {
  return vendorMethod !== undefined
}

/** Of a chain of requests the first ones have been answered when a later one fails. */
function isTheOnlyRequest({ resource, vendorResource }: CallFacts): boolean {
  return vendorResource === resource
}
