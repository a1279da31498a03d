import { authenticatorOf } from '../auth/authenticators.ts'
import type { Step } from '../ports.ts'

/** Before hooks: a hook may remove a header again. Where they may go is checked when the address is final. */
export const addCredentials: Step = (exchange) => {
  const { plan, instance, vendor, resource } = exchange
  if (!resource.addsCredentials) return exchange
  authenticatorOf(plan.element, instance.configuration).add?.(vendor, instance.configuration)
  return exchange
}
