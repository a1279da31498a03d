import { ValenceError } from '../../errors.ts'
import { authenticatorOf } from '../auth/authenticators.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

/**
 * Before hooks: a hook may remove a header again. Credentials go only to hosts of the instance's `base.url` and
 * `oauth.*.url` or hosts that the element declares (design.md §5).
 * @throws ValenceError EGRESS_REFUSED when the address is none of these
 */
export const addCredentials: Step = (exchange) => {
  assertCredentialHost(exchange)
  const { plan, instance, vendor } = exchange
  authenticatorOf(plan.element.authentication.type, instance.configuration).add?.(vendor, instance.configuration)
  return exchange
}

function assertCredentialHost({ plan, instance, resource, vendor }: Exchange): void {
  const allowed = plan.credentialHosts(instance)
  if (allowed.has(plainHostOf(vendor.url) ?? '')) return
  // `:443` and international names are spelled differently in the set
  const host = URL.parse(vendor.url)?.host
  if (host !== undefined && allowed.has(host)) return
  throw new ValenceError(
    'EGRESS_REFUSED',
    `${resource.label}: credentials of this instance go only to ${[...allowed].join(', ')}, not to ${host ?? 'an unreadable address'}`,
  )
}

/** `host:port` as written; most calls end here, so no URL object is built. */
function plainHostOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#\\@]+)(?=[/?#]|$)/i.exec(url)?.[1]?.toLowerCase()
}
