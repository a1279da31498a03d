import { readCallbackHeaders } from './callback-headers.ts'
import type { Target } from './context.ts'
import { signElements, signStandard } from './sign.ts'

/** How often a notification may go through hubs that tell each other: each adds one to the header. */
export const DEPTH_HEADER = 'elements-webhook-depth'
export const MAX_DEPTH = 10

/** @param header as it came: anybody may have written it. @returns 0 for what no hub writes */
export function readDepth(header: unknown): number {
  return typeof header === 'string' && /^\d{1,3}$/.test(header) ? Number(header) : 0
}

/**
 * Headers of a delivery (spec 40 §9.1), made anew for each attempt: the time of Standard Webhooks is signed. Names in lower case.
 *
 * @param depth how many hubs it went through before this one
 */
export function deliveryHeaders(
  target: Target,
  { id, body, depth }: { id: number | string; body: string; depth: number },
  now: Date,
): Record<string, string> {
  const timestamp = Math.floor(now.getTime() / 1000)
  return {
    'user-agent': 'Valence',
    ...(target.headers ? readCallbackHeaders(target.headers).headers : {}),
    ...basic(target),
    'content-type': 'application/json',
    'elements-webhook-id': String(id),
    [DEPTH_HEADER]: String(depth + 1),
    'webhook-id': String(id),
    'webhook-timestamp': String(timestamp),
    ...signatures(target, String(id), timestamp, body),
  }
}

function basic({ username, password }: Target): Record<string, string> {
  if (!username && !password) return {}
  return { authorization: `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}` }
}

function signatures(target: Target, id: string, timestamp: number, body: string): Record<string, string> {
  if (!target.signatureKey) return {}
  const previous = (target.previousSignatureKeys ?? '').split(',').map((key) => key.trim())
  const keys = [target.signatureKey, ...previous.filter((key) => key !== '')]
  return {
    'elements-webhook-signature': signElements(body, target.signatureKey),
    'webhook-signature': signStandard(id, timestamp, body, keys),
  }
}
