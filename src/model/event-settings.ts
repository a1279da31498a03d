import type { Configuration } from './instance.ts'

/** What an instance's configuration says of its events (spec 40 §2), in any of the forms that clients send. */

/** `event.notification.enabled`: the switch of everything. */
export function eventsEnabled(configuration: Configuration): boolean {
  return configuration['event.notification.enabled']?.trim().toLowerCase() === 'true'
}

/**
 * How events come to us, `event.vendor.type`: `webhook` is the same as `webhooks`, and the misspelt key of some documents counts
 * where the right one is missing. Without either, whoever says what to poll wants polling.
 */
export function eventMechanism(configuration: Configuration): 'polling' | 'webhooks' {
  const said = configuration['event.vendor.type'] || configuration['vendor.event.type']
  if (said) return said.trim().toLowerCase() === 'polling' ? 'polling' : 'webhooks'
  return configuration['event.poller.configuration'] || configuration['event.poller.urls'] ? 'polling' : 'webhooks'
}

const NO_URL = new Set(['', 'null', 'false'])

/** `event.notification.callback.url`: who receives the events; undefined when nobody does. */
export function eventCallbackUrl(configuration: Configuration): string | undefined {
  const url = configuration['event.notification.callback.url']?.trim()
  return url === undefined || NO_URL.has(url.toLowerCase()) ? undefined : url
}
