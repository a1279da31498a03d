import { createHmac } from 'node:crypto'
import type { SignedRequest, Verdict } from '../../src/events/verify/declaration.ts'
import type { PublishedKeys } from '../../src/events/verify/jwks.ts'
import { verifyForInstance } from '../../src/events/verify/verify-for-instance.ts'

export const NOW = new Date('2026-11-26T12:00:00Z')
export const SECONDS = String(NOW.getTime() / 1000)
export const BODY = '{"id":7,"name":"Ada"}'
const NO_KEYS: PublishedKeys = { keysAt: async () => undefined }

export type Declared = Readonly<Record<string, string>>

/** Values of `event.vendor.signature.*`, written without that. */
export function declared(values: Declared): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`event.vendor.signature.${name}`, value]))
}

export interface Sent {
  headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  body?: string | Buffer
  url?: string
  method?: string
}

export function request({ headers = {}, body = BODY, url, method }: Sent = {}): SignedRequest {
  return {
    method: method ?? 'POST',
    url: url ?? 'https://hub.example.com/elements/api-v2/events/acme/MQ==',
    headers: Array.isArray(headers) ? headers : Object.entries(headers),
    body: Buffer.from(body),
  }
}

export function judge(values: Declared, sent: Sent, now = NOW, publishedKeys = NO_KEYS): Promise<Verdict> {
  return verifyForInstance({ now: () => now, publishedKeys }, declared(values), request(sent))
}

export function hmac(key: string | Buffer, content: string | Buffer, hash = 'sha256'): Buffer {
  return createHmac(hash, key).update(content).digest()
}
