import type { Resource } from '../model/element.ts'

/** Resource types that a hub call reaches; the others run at provisioning and the like (spec 11 §4.3). */
const CALLABLE = new Set(['api', 'apiNoDocumentation', 'formulaAsResource'])

/** Calls of the token endpoint: the instance's own token does not go along (spec 11 §4.3). */
const TOKEN_CALLS = new Set([
  'oauthOnAuthorizeUrl',
  'oauthOnTokenExchange',
  'oauthOnTokenRefresh',
  'oauthOnTokenRevoke',
  'oauthOnTokenRequest',
  'oauth1OnTokenRequest',
  'oauth2Password',
])

export function typeOf({ type }: Resource): string {
  return type || 'api'
}

export function isCallable(resource: Resource): boolean {
  return CALLABLE.has(typeOf(resource))
}

export function isTokenCall(resource: Resource): boolean {
  return TOKEN_CALLS.has(typeOf(resource))
}

/** Global hooks run for everything but deletion (spec 11 §6.5). */
export function hasGlobalHooks(resource: Resource): boolean {
  return typeOf(resource) !== 'onDelete'
}

/** `/hubs/crm/contacts/{id}` → `/contacts/{id}`; the hub segment is decoration (spec 10 §6.1). */
export function pathBelowHub(path: string): string {
  return path.replace(/^\/hubs\/[^/]+(?=\/|$)/, '')
}

/** `/hubs/crm` of a path that has it. */
export function hubPrefixOf(path: string): string {
  return /^\/hubs\/[^/]+(?=\/|$)/.exec(path)?.[0] ?? ''
}
