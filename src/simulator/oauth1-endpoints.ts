import { randomBytes } from 'node:crypto'
import { type Call, formFields, type Reply } from './call.ts'
import { consentPage, refusalPage } from './consent-page.ts'
import { type AuthorizationServer, isWebAddress, redirect } from './oauth2-endpoints.ts'
import { count } from './stats.ts'

/** OAuth 1.0a (RFC 5849) in three calls. Signatures must be there; they are not checked. */
export interface OAuth1Endpoints {
  requestToken(call: Call): Reply
  authorize(call: Call): Reply
  accessToken(call: Call): Reply
}

interface Pending {
  consumerKey: string
  callback: string
  verifier: string | undefined
}

const SIGNED = ['oauth_consumer_key', 'oauth_signature_method', 'oauth_signature', 'oauth_timestamp', 'oauth_nonce']
const LIFETIME_SECONDS = 365 * 86_400

export function createOAuth1(server: AuthorizationServer): OAuth1Endpoints {
  const pending = new Map<string, Pending>()

  const tokenReply = (token: string, more: Record<string, string> = {}): Reply => ({
    status: 200,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-store' },
    body: new URLSearchParams({
      oauth_token: token,
      oauth_token_secret: randomBytes(16).toString('hex'),
      ...more,
    }).toString(),
  })
  const refuse = (problem: string): Reply => {
    count(server.stats.tokenErrors, problem)
    return {
      status: 401,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `oauth_problem=${problem}`,
    }
  }

  return {
    requestToken(call) {
      const given = oauth1Parameters(call)
      count(server.stats.tokenRequests, 'request_token')
      if (!isSigned(given)) return refuse('parameter_absent')
      const callback = given.oauth_callback ?? ''
      if (callback !== '' && callback !== 'oob' && !isWebAddress(callback)) return refuse('parameter_rejected')
      const token = randomBytes(16).toString('hex')
      pending.set(token, { consumerKey: given.oauth_consumer_key ?? '', callback, verifier: undefined })
      return tokenReply(token, { oauth_callback_confirmed: 'true' })
    },

    authorize(call) {
      const token = call.query.get('oauth_token') ?? ''
      const request = pending.get(token)
      if (!request) return refusalPage(server.vendor, 'oauth_token is unknown or used')
      const callback =
        request.callback === 'oob' || request.callback === ''
          ? (call.query.get('oauth_callback') ?? '')
          : request.callback
      if (!isWebAddress(callback))
        return refusalPage(server.vendor, `oauth_callback "${callback}" must be an absolute http or https address`)
      const decision =
        call.method === 'POST' ? formFields(call)?.get('decision') : server.consent === 'auto' ? 'allow' : undefined
      if (decision === 'allow') {
        server.stats.authorizations++
        request.verifier = randomBytes(8).toString('hex')
        return redirect(callback, { oauth_token: token, oauth_verifier: request.verifier })
      }
      if (decision === 'deny') {
        server.stats.denials++
        pending.delete(token)
        return redirect(callback, { oauth_token: token, error: 'access_denied' })
      }
      return consentPage({ vendor: server.vendor, clientId: request.consumerKey, scopes: [], redirectUri: callback })
    },

    accessToken(call) {
      const given = oauth1Parameters(call)
      count(server.stats.tokenRequests, 'access_token')
      if (!isSigned(given)) return refuse('parameter_absent')
      const token = given.oauth_token ?? ''
      const request = pending.get(token)
      if (
        !request?.verifier ||
        request.verifier !== given.oauth_verifier ||
        request.consumerKey !== given.oauth_consumer_key
      ) {
        return refuse('token_rejected')
      }
      pending.delete(token)
      return tokenReply(server.state.newAccessToken(server.state.newGrant(request.consumerKey, ''), LIFETIME_SECONDS))
    },
  }
}

/** OAuth parameters of the header, the query or the form body (RFC 5849 §3.5). */
export function oauth1Parameters(call: Call): Record<string, string> {
  const header = /^OAuth\s+(.*)$/is.exec(call.headers.authorization ?? '')?.[1]
  const given: Record<string, string> = {}
  for (const [name, value] of [...call.query, ...(formFields(call) ?? [])])
    if (name.startsWith('oauth_')) given[name] = value
  for (const [, name = '', value = ''] of (header ?? '').matchAll(/(oauth_\w+)="([^"]*)"/g))
    given[name] = percentDecoded(value)
  return given
}

export function isSigned(given: Record<string, string>): boolean {
  return SIGNED.every((name) => (given[name] ?? '') !== '')
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // a broken escape is the text itself; it will match nothing
    return text
  }
}
