import { authenticatorOf } from '../auth/authenticators.ts'
import { oauthNonce } from '../oauth/nonce.ts'
import type { Step } from '../ports.ts'

/**
 * Signatures come after hooks: they cover the final request. `send` comes back here for each further attempt, because a
 * nonce counts once (RFC 5849 §3.3): what was signed before is signed anew, not on top.
 */
export const signRequest: Step = (exchange, ports) => {
  const { plan, instance, resource } = exchange
  const authenticator = authenticatorOf(plan.element, instance.configuration)
  if (!authenticator.sign || exchange.vendor.isForeign || !resource.addsCredentials) return exchange
  const unsigned = exchange.vendor.unsigned ?? exchange.vendor
  const vendor = { ...unsigned, headers: { ...unsigned.headers }, unsigned }
  authenticator.sign(vendor, instance.configuration, vendor.method, {
    now: ports.now(),
    nonce: oauthNonce(ports.random),
  })
  exchange.vendor = vendor
  return exchange
}
