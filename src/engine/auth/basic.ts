import type { Authenticator } from './authenticator.ts'

/** User name and password in the header (RFC 7617). */
export const basic: Authenticator = {
  add(vendor, configuration) {
    const pair = `${configuration['username'] ?? ''}:${configuration['password'] ?? ''}`
    vendor.headers['authorization'] ??= `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  },
}
