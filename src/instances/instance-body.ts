import { toInstanceElement } from '../elements/element-views.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import { maskedConfiguration } from './configuration.ts'
import type { Instance } from './instance.ts'

/** The instance on the wire (spec 10 §4.1). `providerData` is never returned; secrets are masked. */
export function toInstanceBody(instance: Instance) {
  const { element } = instance.plan
  const configuration = maskedConfiguration(element, instance.state.configuration)
  const callbackUrl = configuration['event.notification.callback.url']
  return {
    id: instance.id,
    name: instance.name,
    createdDate: isoSeconds(instance.createdDate),
    updatedDate: isoSeconds(instance.updatedDate),
    token: instance.token,
    element: toInstanceElement(element),
    elementId: element.id,
    tags: instance.tags,
    provisionInteractions: [],
    valid: instance.valid,
    disabled: instance.disabled,
    maxCacheSize: 0,
    cacheTimeToLive: 0,
    configuration,
    eventsEnabled: configuration['event.notification.enabled'] === 'true',
    ...(callbackUrl ? { eventsNotificationCallbackUrl: callbackUrl } : {}),
    traceLoggingEnabled: instance.traceUntil !== null && instance.traceUntil > new Date(),
    cachingEnabled: false,
    externalAuthentication: instance.externalAuthentication,
    user: instance.user,
    ...(instance.refresh ? { credentialRefresh: toRefreshBody(instance.refresh) } : {}),
  }
}

/** `GET /instances?hydrate=false`: what clients need to pick one (spec 10 §4.2). */
export function toSlimBody(instance: Instance) {
  const { element } = instance.plan
  return {
    id: instance.id,
    name: instance.name,
    createdDate: isoSeconds(instance.createdDate),
    token: instance.token,
    element: { id: element.id, key: element.key, name: element.name, hub: element.hub },
    tags: instance.tags,
    valid: instance.valid,
    disabled: instance.disabled,
    user: instance.user,
  }
}

/** Ours, not the original's: how the last token refresh went, so that nobody has to guess from failing calls. */
function toRefreshBody(refresh: NonNullable<Instance['refresh']>) {
  return {
    state: refresh.state,
    ...(refresh.lastRefreshDate ? { lastRefreshDate: isoSeconds(refresh.lastRefreshDate) } : {}),
    ...(refresh.lastFailureDate ? { lastFailureDate: isoSeconds(refresh.lastFailureDate) } : {}),
    ...(refresh.message ? { reason: refresh.message } : {}),
  }
}
