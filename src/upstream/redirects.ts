import type { VendorRequest } from '../model/exchange.ts'

export const MAX_REDIRECTS = 5

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Dropped with the request's own `credentialHeaders` and its client certificate when the origin changes; `host` named the old one. */
const NEVER_TO_ANOTHER_ORIGIN = ['authorization', 'cookie', 'proxy-authorization', 'host']

/**
 * The request that follows a redirect. Only GET and HEAD without a body are followed: anything else might be done twice
 * or hand its content to someone else (RFC 9110 §15.4).
 * @param location header of the answer; relative to the request's address
 * @returns undefined when the answer is no redirect, or one that the caller gets as it is
 */
export function followRedirect(
  request: VendorRequest,
  status: number,
  location: string | undefined,
): VendorRequest | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined
  if ((request.method !== 'GET' && request.method !== 'HEAD') || request.body !== undefined) return undefined
  const next = URL.parse(location, request.url)
  if (next === null) return undefined
  next.hash = ''
  const staysHome = next.origin === new URL(request.url).origin
  if (staysHome) return { ...request, url: next.href }
  const { clientIdentity: _identity, ...others } = request
  return { ...others, url: next.href, headers: withoutCredentials(request) }
}

function withoutCredentials({ headers, credentialHeaders = [] }: VendorRequest): Record<string, string> {
  const dropped = new Set([...NEVER_TO_ANOTHER_ORIGIN, ...credentialHeaders.map((name) => name.toLowerCase())])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name.toLowerCase())))
}
