import { authenticatorOf } from '../auth/authenticators.ts'
import { oauthNonce } from '../oauth/nonce.ts'
import type { Step } from '../ports.ts'

/** Signatures come after hooks: they cover the final request. */
export const signRequest: Step = (exchange, ports) => {
  const { plan, instance, vendor, resource } = exchange
  const authenticator = authenticatorOf(plan.element.authentication.type, instance.configuration)
  if (!authenticator.sign || vendor.isForeign || !resource.addsCredentials) return exchange
  authenticator.sign(vendor, instance.configuration, vendor.method, {
    now: ports.now(),
    nonce: oauthNonce(ports.random),
  })
  return exchange
}
