import { isRefreshDue } from '../oauth/refresh-due.ts'
import type { Step } from '../ports.ts'

/** Tokens are renewed before they expire, so that no call is spent on a 401 (spec 10 §5.6). */
export const freshenCredentials: Step = (exchange, ports) => {
  const { plan, instance } = exchange
  if (!isRefreshDue(plan, instance.configuration, ports.now())) return exchange
  return ports.refreshCredentials(instance.id, instance.credentialsVersion).then((refreshed) => {
    exchange.instance = refreshed
    return exchange
  })
}
