import type { Configuration } from '../../model/instance.ts'

const DEFAULT_INTERVAL_SECONDS = 3600
const EARLY_SECONDS = 60

/**
 * Whether the access token should be renewed before it is used: `oauth.user.refresh_time` (ms epoch) plus
 * `oauth.user.refresh_interval` (s, default 3600) is reached (spec 10 §5.6), less a margin of a minute or a tenth of
 * the interval, whichever is smaller, so that a token does not expire on its way.
 */
export function isRefreshDue(authenticationType: string, configuration: Configuration, now: Date): boolean {
  if (!canRefresh(authenticationType, configuration)) return false
  const refreshedAt = Number(configuration['oauth.user.refresh_time'] ?? Number.NaN)
  if (!Number.isFinite(refreshedAt)) return false
  const given = Number(configuration['oauth.user.refresh_interval'] || Number.NaN)
  const intervalSeconds = given > 0 ? given : DEFAULT_INTERVAL_SECONDS
  const margin = Math.min(EARLY_SECONDS, intervalSeconds / 10)
  return now.getTime() >= refreshedAt + (intervalSeconds - margin) * 1000
}

/** Whether there is anything to refresh with. */
export function canRefresh(authenticationType: string, configuration: Configuration): boolean {
  const type = (configuration['authentication.type'] || authenticationType).toLowerCase()
  return type === 'oauth2' && Boolean(configuration['oauth.user.refresh_token'])
}
