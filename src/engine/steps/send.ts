import { ValenceError } from '../../errors.ts'
import type { CallFacts, VendorRequest } from '../../model/exchange.ts'
import { readReply } from '../body/read-reply.ts'
import { clientIdentityOf } from '../client-identity.ts'
import type { Exchange } from '../exchange.ts'
import type { Ports, Step } from '../ports.ts'
import { retryDelay } from '../retry.ts'
import type { VendorAnswer } from '../vendor-answer.ts'
import { signRequest } from './sign-request.ts'

const TIMEOUT_MS = 60_000

/** Headers that may follow a redirect to another origin; everything else may carry a credential. */
const HARMLESS = new Set(['accept', 'content-type', 'user-agent'])

/**
 * The only step that opens a socket. Tries again where that is safe (`retry.ts`), then decodes the answer.
 * @throws ValenceError EGRESS_REFUSED, VENDOR_UNREACHABLE, VENDOR_TIMEOUT, VENDOR_REPLY_INVALID
 */
export const send: Step = async (exchange, ports) => {
  const { facts } = exchange.call
  const startedAt = facts ? performance.now() : 0
  try {
    exchange.reply = await sendWithRetries(exchange, ports)
    return exchange
  } finally {
    if (facts) note(facts, exchange, performance.now() - startedAt)
  }
}

function note(facts: CallFacts, { resource, vendor }: Exchange, ms: number): void {
  facts.vendorResource = resource.resource
  facts.vendorMethod = vendor.method
  facts.vendorMs += ms
}

/** An answer that breaks off while it is read counts as no answer. */
async function sendWithRetries(exchange: Exchange, ports: Ports): Promise<VendorAnswer> {
  for (let attempt = 1; ; attempt++) {
    if (attempt > 1) signRequest(exchange, ports)
    const request = requestOf(exchange)
    const outcome = await ports
      .send(request)
      .then((reply) => readReply(reply, exchange))
      .catch((error: unknown) => failureOf(error))
    const failed = 'error' in outcome
    if (!failed && outcome.status < 429) return outcome
    const neverSent = failed && ports.isBeforeSend(outcome.error)
    const isOver = exchange.call.isSentOnce === true && !neverSent
    const delay = isOver
      ? undefined
      : retryDelay(
          {
            method: request.method,
            attempt,
            status: failed ? undefined : outcome.status,
            retryAfter: failed ? undefined : single(outcome.headers['retry-after']),
            neverSent,
          },
          ports.now(),
          ports.random,
        )
    if (delay === undefined) {
      if (failed) throw outcome.error
      return outcome
    }
    await ports.sleep(delay)
  }
}

/** A streamed body is opened for each attempt. */
function requestOf({ vendor, instance, call: { signal } }: Exchange): VendorRequest {
  const clientIdentity = vendor.isForeign ? undefined : clientIdentityOf(instance.configuration)
  const body = vendor.openBody?.() ?? (typeof vendor.body === 'string' ? vendor.body : undefined)
  return {
    method: vendor.method,
    url: vendor.url,
    headers: vendor.headers,
    timeoutMs: TIMEOUT_MS,
    credentialHeaders: Object.keys(vendor.headers).filter((name) => !HARMLESS.has(name)),
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
    ...(clientIdentity === undefined ? {} : { clientIdentity }),
  }
}

/** Refused addresses, our own bugs, and a vendor that has already used up the time are not worth a second try. */
function failureOf(error: unknown): { error: ValenceError } {
  if (error instanceof ValenceError && error.code === 'VENDOR_UNREACHABLE') return { error }
  throw error
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
