import { isDeepStrictEqual } from 'node:util'
import { OAUTH_ADDRESS_KEYS } from '../engine/address-keys.ts'
import { hasLiteralDomain } from '../engine/fill-url.ts'
import type { Client } from '../engine/oauth/token.ts'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import type { Configuration } from '../model/instance.ts'
import { type Application, findApplication, oauthAddresses } from './applications.ts'
import type { InstanceContext } from './context.ts'
import { findProxyByName, proxyUrl } from './oauth-proxies.ts'

/** Whose OAuth application is used at the vendor, and where the vendor sends the browser back to. */
export interface OAuthClient extends Client {
  redirectUri: string
  /** values that take part in the provisioning below the instance's own, e.g. `oauth.scope` */
  configuration: Record<string, string | null>
  heldBy: { oauthProxy: string | null; application: string | null }
}

/**
 * The client held by the platform, if the caller names one: an OAuth proxy with stored keys (spec 10 §5.8) or the
 * organization's own registered application of the element (§5.2, `/oauth/url/default`).
 * @returns undefined: the caller brings key, secret and callback URL
 */
export async function platformClient(
  context: InstanceContext,
  organizationId: number,
  element: Element,
  use: { oauthProxy: string | null; application: string | null },
): Promise<OAuthClient | undefined> {
  if (use.oauthProxy !== null) {
    assertNotOAuth1(element)
    const proxy = await findProxyByName(context, organizationId, use.oauthProxy)
    if (proxy.apiSecret) assertAddressesOfRelease(element)
    return {
      id: proxy.apiKey ?? '',
      secret: proxy.apiSecret ?? '',
      redirectUri: proxyUrl(context, proxy.id),
      configuration: proxy.configuration,
      heldBy: { oauthProxy: proxy.name, application: null },
    }
  }
  if (use.application === null) return undefined
  const application = await findApplication(context, organizationId, element.id)
  if (!application) return undefined
  assertNotOAuth1(element)
  assertAddressesAsRegistered(element, application)
  return {
    id: application.apiKey,
    secret: application.apiSecret,
    redirectUri: application.callbackUrl,
    configuration: application.configuration,
    heldBy: { oauthProxy: null, application: 'default' },
  }
}

/** OAuth 1.0a signs every call with the client's own secret, which stays with whoever holds it. */
function assertNotOAuth1(element: Element): void {
  if (element.authentication.type.toLowerCase() !== 'oauth1') return
  throw new ValenceError(
    'OAUTH_UNSUPPORTED',
    `${element.name} uses OAuth 1.0a: an OAuth proxy or default application cannot hold its keys, send oauth.api.key and oauth.api.secret`,
  )
}

/**
 * A proxy serves any element, and an account writes the addresses of its own ones: whoever made an element must not have
 * the organization's secrets sent to them (design.md §5).
 */
function assertAddressesOfRelease(element: Element): void {
  if (!element.private) return
  throw new ValenceError(
    'OAUTH_UNSUPPORTED',
    `${element.name} is an account's own element: an OAuth proxy does not send its client secret to its addresses. Send oauth.api.key and oauth.api.secret, or have an administrator register an application (PUT /elements/${element.key}/oauth/application)`,
  )
}

/** An administrator registered the secret for the addresses the element had then. */
function assertAddressesAsRegistered(element: Element, { addresses }: Application): void {
  if (!element.private || isDeepStrictEqual(addresses, oauthAddresses(element))) return
  throw new ValenceError(
    'OAUTH_UNSUPPORTED',
    `The OAuth addresses of ${element.name} have changed since its default application was registered; an administrator registers it again (PUT /elements/${element.key}/oauth/application)`,
  )
}

/** The client an instance's token calls are made with; secrets held by the platform win over stored ones. */
export function clientOf(configuration: Configuration, held: OAuthClient | undefined): OAuthClient {
  return {
    id: held?.id || configuration['oauth.api.key'] || '',
    secret: held?.secret || configuration['oauth.api.secret'] || '',
    redirectUri: held?.redirectUri || configuration['oauth.callback.url'] || '',
    configuration: held?.configuration ?? {},
    heldBy: held?.heldBy ?? { oauthProxy: null, application: null },
  }
}

/**
 * Where token calls go. Secrets held by the platform are used only with the element's own addresses (design.md §5):
 * otherwise an instance could have them sent anywhere.
 */
export function oauthAddress(
  element: Element,
  configuration: Configuration,
  key: string,
  held: OAuthClient | undefined,
): string {
  const own = element.configuration.find((row) => row.key === key)?.defaultValue
  const address = held?.secret ? own : configuration[key]
  if (!address) throw new ValenceError('OAUTH_UNSUPPORTED', `${element.name} declares no ${key}`)
  if (held?.secret && !hasLiteralDomain(address)) {
    throw new ValenceError(
      'OAUTH_UNSUPPORTED',
      `${element.name} lets each instance choose the host of ${key}, so a client secret held by the platform cannot be used with it`,
    )
  }
  return address
}

/** @throws ValenceError CONFIGURATION_INVALID when an instance would send secrets held by the platform elsewhere */
export function assertOwnAddresses(element: Element, given: Configuration, held: OAuthClient | undefined): void {
  if (!held?.secret) return
  for (const key of OAUTH_ADDRESS_KEYS) {
    const own = element.configuration.find((row) => row.key === key)?.defaultValue
    if (given[key] !== undefined && given[key] !== null && given[key] !== own) {
      throw new ValenceError(
        'CONFIGURATION_INVALID',
        `${key} cannot be changed while the platform holds the client secret (OAuth proxy or default application)`,
      )
    }
  }
}
