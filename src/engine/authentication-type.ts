import type { Element } from '../model/element.ts'
import type { Configuration } from '../model/instance.ts'

/** The element's type, or the one chosen on an element with several (spec 10 §4.5 `authentication.type`), in lower case. */
export function authenticationTypeOf(element: Pick<Element, 'authentication'>, configuration: Configuration): string {
  return (configuration['authentication.type'] || element.authentication.type).toLowerCase()
}

/** Whether its tokens come from a token endpoint and can be refreshed. */
export function isOAuth2(type: string): boolean {
  return type === 'oauth2' || type === 'oauth2password'
}
