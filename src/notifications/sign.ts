import { createHmac } from 'node:crypto'

const STANDARD_PREFIX = 'whsec_'

/**
 * Signature of a delivery as the platform has always made it (spec 40 §9.2).
 *
 * @param body exact bytes that are sent, as text; a copy that was written anew has another signature
 * @param signatureKey text; its UTF-8 bytes are the key
 * @returns value of `Elements-Webhook-Signature`: `sha256=` and the HMAC-SHA256 in padded base64
 */
export function signElements(body: string, signatureKey: string): string {
  return `sha256=${hmac(signatureKey, body)}`
}

/**
 * The same as Standard Webhooks has it (standardwebhooks.com, symmetric signatures): over id, time and body, so that an old delivery
 * cannot be sent again. One signature for each key: while a key is being replaced, a receiver may have either.
 *
 * @param id value of `webhook-id`
 * @param timestamp value of `webhook-timestamp`: seconds since 1970
 * @param keys the newest first; of one that begins with `whsec_` the rest is base64 of the key, of any other its UTF-8 bytes are the key
 * @returns value of `webhook-signature`: `v1,<base64>`, several separated by a blank
 */
export function signStandard(id: string, timestamp: number, body: string, keys: readonly string[]): string {
  return keys.map((key) => `v1,${hmac(standardKey(key), `${id}.${timestamp}.${body}`)}`).join(' ')
}

function standardKey(key: string): string | Buffer {
  return key.startsWith(STANDARD_PREFIX) ? Buffer.from(key.slice(STANDARD_PREFIX.length), 'base64') : key
}

function hmac(key: string | Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64')
}
