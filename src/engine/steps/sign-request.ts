import { authenticatorOf } from '../auth/authenticators.ts'
import type { Step } from '../ports.ts'

/** Signatures come after hooks: they cover the final request. */
export const signRequest: Step = (exchange, ports) => {
  const { plan, instance, vendor, resource } = exchange
  const authenticator = authenticatorOf(plan.element.authentication.type, instance.configuration)
  if (!authenticator.sign) return exchange
  const nonce = Math.floor(ports.random() * 2 ** 52).toString(36)
  authenticator.sign(vendor, instance.configuration, resource.vendorMethod, { now: ports.now(), nonce })
  return exchange
}
