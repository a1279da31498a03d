import type { Configuration } from '../../model/instance.ts'
import { signOAuth1 } from '../oauth/oauth1.ts'
import type { VendorDraft } from '../vendor-draft.ts'

/**
 * What an authentication type adds to a vendor call by itself (spec 10 §5.1, 5.2). `add` runs before hooks, because
 * hooks may remove a header again; `sign` runs last, because a signature covers the final request.
 * A header that a parameter has already set is kept.
 */
export interface Authenticator {
  add?(vendor: VendorDraft, configuration: Configuration): void
  sign?(vendor: VendorDraft, configuration: Configuration, method: string, at: { now: Date; nonce: string }): void
}

export const authenticators: Record<string, Authenticator> = {
  oauth2: {
    add(vendor, configuration) {
      const token = configuration['oauth.user.token']
      if (token) vendor.headers['authorization'] ??= `Bearer ${token}`
    },
  },
  basic: {
    add(vendor, configuration) {
      const pair = `${configuration['username'] ?? ''}:${configuration['password'] ?? ''}`
      vendor.headers['authorization'] ??= `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
    },
  },
  oauth1: {
    sign(vendor, configuration, method, at) {
      signOAuth1(vendor, configuration, method, at)
    },
  },
  // only configuration, parameters and hooks: nothing is added
  apikey: {},
  custom: {},
}

/** The element's type, or the one chosen on an element with several (spec 10 §4.5 `authentication.type`). */
export function authenticatorOf(type: string, configuration: Configuration): Authenticator {
  const name = (configuration['authentication.type'] || type).toLowerCase()
  return (Object.hasOwn(authenticators, name) ? authenticators[name] : undefined) ?? {}
}
