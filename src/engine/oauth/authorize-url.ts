/**
 * The address to which the customer's browser is sent: the configured authorization URL with its own query kept, plus
 * the parameters of RFC 6749 §4.1.1 in the order of the original platform (spec 10 §5.2).
 * `scope` undefined or empty: no such parameter. `codeChallenge`: of `pkce.ts`, for elements that ask for one (RFC 7636 §4.3).
 */
export function authorizeUrl(
  authorizationUrl: string,
  request: {
    clientId: string
    redirectUri: string
    state: string
    scope: string | undefined
    codeChallenge?: string | undefined
  },
): string {
  const parameters: [string, string][] = [
    ['response_type', 'code'],
    ['client_id', request.clientId],
    ['redirect_uri', request.redirectUri],
    ['state', request.state],
  ]
  if (request.scope) parameters.push(['scope', request.scope])
  if (request.codeChallenge) {
    parameters.push(['code_challenge', request.codeChallenge], ['code_challenge_method', 'S256'])
  }
  return appendQuery(authorizationUrl, parameters)
}

/** OAuth 1.0a: the customer authorizes the request token (RFC 5849 §2.2). */
export function authorizeUrl1(authorizationUrl: string, requestToken: string): string {
  return appendQuery(authorizationUrl, [['oauth_token', requestToken]])
}

function appendQuery(url: string, parameters: readonly [string, string][]): string {
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const separator = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&'
  return url + separator + query
}
