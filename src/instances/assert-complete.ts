import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import { missingKeys, type Values } from './configuration.ts'
import type { OAuthClient } from './oauth-client.ts'

/**
 * Everything an instance needs before its authentication flow runs (spec 10 §4.3).
 * @param only of these keys; all of them without it
 * @throws ValenceError CONFIGURATION_MISSING naming every missing key, in display order
 */
export function assertComplete(
  element: Element,
  configuration: Readonly<Values>,
  needs: { held: OAuthClient | undefined; external: boolean; lacksCode: boolean },
  only: (key: string) => boolean = () => true,
): void {
  const exempt = new Set(needs.held || needs.external ? ['oauth.callback.url'] : [])
  if (needs.held?.secret) for (const key of ['oauth.api.key', 'oauth.api.secret']) exempt.add(key)
  const missing = missingKeys(element, configuration, exempt).filter(only)
  if (needs.lacksCode) missing.push('providerData.code')
  if (missing.length === 0) return
  throw new ValenceError(
    'CONFIGURATION_MISSING',
    `The following required configuration properties are missing: ${missing.join(', ')}`,
  )
}
