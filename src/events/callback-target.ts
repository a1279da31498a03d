import type { Instance } from '../instances/instance.ts'
import { eventCallbackUrl, eventsEnabled } from '../model/event-settings.ts'
import type { Target } from '../notifications/context.ts'

/**
 * Where and how the receiver of an instance's events is called (spec 40 §2, §9.1), from what its configuration says now: a key that was changed
 * counts from the next attempt on.
 *
 * @returns undefined when it wants no events, or has no callback URL
 */
export function callbackTargetOf({ state }: Pick<Instance, 'state'>): Target | undefined {
  const { configuration } = state
  const url = eventsEnabled(configuration) ? eventCallbackUrl(configuration) : undefined
  if (url === undefined) return undefined
  const given = (key: string) => configuration[`event.notification.${key}`] || undefined
  return {
    url,
    signatureKey: given('signature.key'),
    previousSignatureKeys: given('signature.key.previous'),
    username: given('basic.username'),
    password: given('basic.password'),
    headers: given('callback.headers'),
    ordered: given('ordered')?.trim().toLowerCase() === 'true',
  }
}
