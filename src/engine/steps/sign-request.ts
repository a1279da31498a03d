import { authenticatorOf } from '../auth/authenticators.ts'
import { oauthNonce } from '../oauth/nonce.ts'
import type { Step } from '../ports.ts'

/** Signatures come after hooks: they cover the final request. */
export const signRequest: Step = (exchange, ports) => {
  const { plan, instance, vendor, resource } = exchange
  const authenticator = authenticatorOf(plan.element.authentication.type, instance.configuration)
  if (!authenticator.sign) return exchange
  authenticator.sign(vendor, instance.configuration, resource.vendorMethod, {
    now: ports.now(),
    nonce: oauthNonce(ports.random),
  })
  return exchange
}
