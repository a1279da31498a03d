import type { Authenticator } from './authenticator.ts'

/** The access token, however it was granted (RFC 6750 §2.1). */
export const bearer: Authenticator = {
  add(vendor, configuration) {
    const token = configuration['oauth.user.token']
    if (token) vendor.headers['authorization'] ??= `Bearer ${token}`
  },
}
