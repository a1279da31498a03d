import type { Configuration } from '../../model/instance.ts'
import { authenticationTypeOf, isOAuth2 } from '../authentication-type.ts'
import type { Plan } from '../plan.ts'

const DEFAULT_INTERVAL_SECONDS = 3600
const EARLY_SECONDS = 60

/**
 * Whether credentials should be renewed before they are used (spec 10 §5.6). OAuth: `oauth.user.refresh_time` (ms
 * epoch) plus `oauth.user.refresh_interval` (s, default 3600) is reached, less a margin of a minute or a tenth of the
 * interval, whichever is smaller, so that a token does not expire on its way. Other types with `onRefresh` resources:
 * `authentication.time` (ms epoch) plus `expires_in` (s) is reached.
 */
export function isRefreshDue(plan: Plan, configuration: Configuration, now: Date): boolean {
  if (!canRefresh(plan, configuration)) return false
  const isOAuth = isOAuth2(authenticationTypeOf(plan.element, configuration))
  const since = numberOf(configuration[isOAuth ? 'oauth.user.refresh_time' : 'authentication.time'])
  const given = numberOf(configuration[isOAuth ? 'oauth.user.refresh_interval' : 'expires_in'])
  const intervalSeconds = given !== undefined && given > 0 ? given : isOAuth ? DEFAULT_INTERVAL_SECONDS : undefined
  if (since === undefined || intervalSeconds === undefined) return false
  const margin = isOAuth ? Math.min(EARLY_SECONDS, intervalSeconds / 10) : 0
  return now.getTime() >= since + (intervalSeconds - margin) * 1000
}

/** Whether there is anything to refresh with. */
export function canRefresh(plan: Plan, configuration: Configuration): boolean {
  const type = authenticationTypeOf(plan.element, configuration)
  if (!isOAuth2(type)) return plan.lifecycle.has('onRefresh')
  const hasEndpoint = Boolean(configuration['oauth.token.refresh_url'] || configuration['oauth.token.url'])
  if (configuration['oauth.user.refresh_token']) return hasEndpoint || plan.lifecycle.has('oauthOnTokenRefresh')
  // a password or the client's own keys get a new token as often as it takes
  if (type === 'oauth2password' && plan.lifecycle.has('oauth2Password')) return true
  return hasEndpoint && ownGrantOf(type, configuration) !== undefined
}

/**
 * The grant that needs nobody's consent, where the element has one: `oauth2Password`, or what `oauth.grant.type` asks for
 * (docs/element-manifest.md).
 */
export function ownGrantOf(type: string, configuration: Configuration): 'client_credentials' | 'password' | undefined {
  if (type === 'oauth2password') return 'password'
  const asked = configuration['oauth.grant.type']
  return asked === 'client_credentials' || asked === 'password' ? asked : undefined
}

/** Whether a vendor's 401 is worth a refresh: only where tokens are issued at all (spec 10 §5.6). */
export function refreshesAfterRefusal(plan: Plan, configuration: Configuration): boolean {
  return isOAuth2(authenticationTypeOf(plan.element, configuration)) && canRefresh(plan, configuration)
}

function numberOf(text: string | null | undefined): number | undefined {
  const value = text ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
