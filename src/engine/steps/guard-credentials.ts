import { ValenceError } from '../../errors.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'
import { secretValues } from '../secret-keys.ts'
import type { VendorDraft } from '../vendor-draft.ts'

/** Headers that say nothing about who calls. */
const HARMLESS = new Set(['accept', 'content-type', 'content-length', 'user-agent'])

/**
 * Credentials go only to hosts of the instance's `base.url` and `oauth.*.url` or hosts that the element declares
 * (design.md §5). A hook may send a request anywhere public, but then only with what it wrote itself.
 * @throws ValenceError EGRESS_REFUSED when the declared address is no such host, or the body holds a secret
 */
export const guardCredentials: Step = (exchange) => {
  const { plan, instance, resource, vendor } = exchange
  const allowed = plan.credentialHosts(instance)
  if (allowed.has(plainHostOf(vendor.url) ?? '')) return exchange
  // `:443` and international names are spelled differently in the set
  const host = URL.parse(vendor.url)?.host
  if (host !== undefined && allowed.has(host)) return exchange
  if (resource.hooks.pre.length === 0 || host === undefined) {
    throw refused(
      exchange,
      `credentials of this instance go only to ${[...allowed].join(', ')}, not to ${host ?? 'an unreadable address'}`,
    )
  }
  withholdCredentials(exchange, host)
  return exchange
}

function withholdCredentials(exchange: Exchange, host: string): void {
  const { vendor, plan, instance } = exchange
  const secrets = secretValues(plan.element, instance.configuration)
  const holdsSecret = (text: string) =>
    secrets.some((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)))
  vendor.isForeign = true
  for (const name of Object.keys(vendor.headers)) {
    if (!HARMLESS.has(name) && !vendor.fromHooks?.headers.has(name)) delete vendor.headers[name]
  }
  if (textsOfEngine(vendor).some(holdsSecret))
    throw refused(exchange, `a hook leads this request to ${host}, and it holds credentials that are not for that host`)
}

/** Everything beside the headers that no hook wrote; a multipart body is a stream by now, its fields are not. */
function textsOfEngine({ query, body, form = [], parts = [], fromHooks }: VendorDraft): string[] {
  const queried = query.flatMap(([name, value]) => (fromHooks?.query.has(name) ? [] : [value]))
  const fields = [...form.map(([, value]) => value), ...parts.flatMap((part) => ('value' in part ? [part.value] : []))]
  return [...queried, ...fields, ...(typeof body === 'string' && !fromHooks?.body ? [body] : [])]
}

function refused({ resource }: Exchange, reason: string): ValenceError {
  return new ValenceError('EGRESS_REFUSED', `${resource.label}: ${reason}`)
}

/** `host:port` as written; most calls end here, so no URL object is built. */
function plainHostOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#\\@]+)(?=[/?#]|$)/i.exec(url)?.[1]?.toLowerCase()
}
