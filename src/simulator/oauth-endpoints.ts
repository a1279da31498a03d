import type { Element } from '../model/element.ts'
import type { Call, Reply } from './call.ts'
import { createOAuth1 } from './oauth1-endpoints.ts'
import { type AuthorizationServer, authorize, revoke, token } from './oauth2-endpoints.ts'
import { pathOf } from './vendor-address.ts'
import { configurationDefault } from './vendor-paging.ts'
import { pathSegments, vendorPath } from './vendor-path.ts'

export type Endpoint = (call: Call) => Reply

const OAUTH_TYPES = new Set(['oauth2', 'oauth2Password'])

export interface OAuthEndpoints {
  at(path: string): Endpoint | undefined
  paths(): string[]
}

/** Those of the element's `oauth.*.url` defaults; an OAuth element without them gets the usual ones. */
export function oauthEndpoints(element: Element, server: AuthorizationServer): OAuthEndpoints {
  const endpoints = byPath(element, server)
  const patterns = [...endpoints].map(([path, endpoint]) => ({ pattern: vendorPath(path), endpoint }))
  return {
    at(path) {
      if (patterns.length === 0) return undefined
      const segments = pathSegments(path)
      return patterns.find(({ pattern }) => pattern.match(segments))?.endpoint
    },
    paths: () => [...endpoints.keys()],
  }
}

export function hasTokenAddress(element: Element): boolean {
  return addressPath(element, 'oauth.token.url') !== undefined
}

/** Addresses that are not given are missing, empty, or the words None and false (spec 11 §2.1). */
function addressPath(element: Element, key: string): string | undefined {
  const url = configurationDefault(element, key)?.trim()
  const found = url === undefined || url === 'None' || url === 'false' ? '' : pathOf(url)
  return found === '' || found === '/' ? undefined : found
}

function byPath(element: Element, server: AuthorizationServer): Map<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>()
  const type = element.authentication.type
  const path = (key: string, fallback: string) => addressPath(element, key) ?? fallback
  if (type === 'oauth1') {
    const oauth1 = createOAuth1(server)
    endpoints.set(path('oauth.request.url', '/oauth/request_token'), oauth1.requestToken)
    endpoints.set(path('oauth.authorization.url', '/oauth/authorize'), oauth1.authorize)
    endpoints.set(path('oauth.token.url', '/oauth/access_token'), oauth1.accessToken)
  } else if (OAUTH_TYPES.has(type) || configurationDefault(element, 'oauth.token.url') !== undefined) {
    const tokenPath = path('oauth.token.url', '/oauth2/token')
    const refreshPath = path('oauth.token.refresh_url', tokenPath)
    const revokePath = path('oauth.token.revoke_url', '/oauth2/revoke')
    const tokenOrRevoke: Endpoint = (call) => (isRevocation(call) ? revoke(server, call) : token(server, call))
    endpoints.set(revokePath, refreshPath === revokePath ? tokenOrRevoke : (call) => revoke(server, call))
    if (refreshPath !== revokePath) endpoints.set(refreshPath, (call) => token(server, call))
    endpoints.set(tokenPath, (call) => token(server, call))
    endpoints.set(path('oauth.authorization.url', '/oauth2/authorize'), (call) => authorize(server, call))
  }
  return endpoints
}

/** One export names the revocation address for refreshes too. */
function isRevocation(call: Call): boolean {
  return !new URLSearchParams(call.body).has('grant_type')
}
