import { type Call, formFields, jsonReply, type Reply } from './call.ts'
import { consentPage, refusalPage } from './consent-page.ts'
import type { OAuthState } from './oauth-state.ts'
import { count, type VendorStats } from './stats.ts'

/** One vendor's authorization server. */
export interface AuthorizationServer {
  vendor: string
  consent: 'page' | 'auto'
  scope: string
  accessTokenSeconds: number
  rotateRefreshTokens: boolean
  state: OAuthState
  stats: VendorStats
}

/** GET shows the consent page (or redirects at once), POST carries the decision (RFC 6749 §4.1.1–4.1.2). */
export function authorize(server: AuthorizationServer, call: Call): Reply {
  const clientId = call.query.get('client_id') ?? ''
  const redirectUri = call.query.get('redirect_uri') ?? ''
  if (clientId === '') return refusalPage(server.vendor, 'client_id is missing')
  if (!isWebAddress(redirectUri)) {
    const problem = redirectUri === '' ? 'is missing' : `"${redirectUri}" must be an absolute http or https address`
    return refusalPage(server.vendor, `redirect_uri ${problem}`)
  }
  const state = call.query.get('state')
  const responseType = call.query.get('response_type')
  if (responseType !== 'code') {
    return redirect(redirectUri, {
      error: responseType === null ? 'invalid_request' : 'unsupported_response_type',
      state,
    })
  }
  const scope = call.query.get('scope') ?? server.scope
  const decision =
    call.method === 'POST' ? formFields(call)?.get('decision') : server.consent === 'auto' ? 'allow' : undefined
  if (decision === 'allow') {
    server.stats.authorizations++
    return redirect(redirectUri, { code: server.state.newCode(clientId, redirectUri, scope), state })
  }
  if (decision === 'deny') {
    server.stats.denials++
    return redirect(redirectUri, { error: 'access_denied', state })
  }
  return consentPage({ vendor: server.vendor, clientId, scopes: scope.split(/[\s,]+/).filter(Boolean), redirectUri })
}

/** Fragments are refused by RFC 6749 §3.1.2; credentials in the address would be shown on the page. */
export function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hash === '' && url.username === ''
}

export function redirect(address: string, parameters: Record<string, string | null>): Reply {
  const url = new URL(address)
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value)
  return { status: 302, headers: { location: url.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } }
}

interface TokenRequest {
  server: AuthorizationServer
  form: URLSearchParams
  clientId: string
}

const GRANTS: Record<string, (request: TokenRequest) => Reply> = {
  authorization_code({ server, form, clientId }) {
    const taken = server.state.takeCode(form.get('code') ?? '', clientId, form.get('redirect_uri') ?? '')
    if (!taken)
      return refuse(
        server,
        400,
        'invalid_grant',
        'the code is unknown, used, expired, or was issued for another client or redirect_uri',
      )
    const grant = server.state.newGrant(clientId, taken.scope)
    return tokens(server, grant, server.state.newRefreshToken(grant))
  },
  refresh_token({ server, form, clientId }) {
    const spend = server.rotateRefreshTokens
    const grant = server.state.takeRefreshToken(form.get('refresh_token') ?? '', clientId, spend)
    if (!grant)
      return refuse(
        server,
        400,
        'invalid_grant',
        'the refresh token is unknown, used, revoked, or was issued to another client',
      )
    server.stats.refreshes++
    return tokens(server, grant, spend ? server.state.newRefreshToken(grant) : undefined)
  },
  client_credentials({ server, form, clientId }) {
    return tokens(server, server.state.newGrant(clientId, form.get('scope') ?? server.scope), undefined)
  },
  password({ server, form, clientId }) {
    const [username, password] = [form.get('username') ?? '', form.get('password') ?? '']
    if (username === '' || password === '' || password === 'wrong-password') {
      return refuse(server, 400, 'invalid_grant', 'username and password are needed; "wrong-password" is never right')
    }
    const grant = server.state.newGrant(clientId, form.get('scope') ?? server.scope)
    return tokens(server, grant, server.state.newRefreshToken(grant))
  },
}

/** POST with a form body; client credentials by Basic header or in the body (RFC 6749 §2.3.1, §3.2). */
export function token(server: AuthorizationServer, call: Call): Reply {
  const form = formFields(call)
  if (call.method !== 'POST' || !form) {
    return refuse(server, 400, 'invalid_request', 'expected POST with Content-Type application/x-www-form-urlencoded')
  }
  const grantType = form.get('grant_type') ?? ''
  count(server.stats.tokenRequests, Object.hasOwn(GRANTS, grantType) ? grantType : 'other')
  const client = readClient(server, call, form)
  if (!client || !server.state.acceptClient(client.id, client.secret)) return invalidClient(server)
  const issue = Object.hasOwn(GRANTS, grantType) ? GRANTS[grantType] : undefined
  if (!issue) return refuse(server, 400, 'unsupported_grant_type', `grant_type "${grantType}" is not known`)
  return issue({ server, form, clientId: client.id })
}

/** RFC 7009: unknown tokens are fine; client credentials are checked when they are sent. */
export function revoke(server: AuthorizationServer, call: Call): Reply {
  const form = formFields(call)
  const value = form?.get('token') ?? ''
  if (call.method !== 'POST' || !form || value === '')
    return refuse(server, 400, 'invalid_request', 'expected POST with a form field "token"')
  const client = readClient(server, call, form)
  if (client && !server.state.acceptClient(client.id, client.secret)) return invalidClient(server)
  if (server.state.revoke(value)) server.stats.revocations++
  return { status: 200 }
}

function tokens(
  server: AuthorizationServer,
  grant: { id: number; clientId: string; scope: string },
  refreshToken: string | undefined,
): Reply {
  const body = {
    access_token: server.state.newAccessToken(grant, server.accessTokenSeconds),
    token_type: 'bearer',
    expires_in: server.accessTokenSeconds,
    refresh_token: refreshToken,
    scope: grant.scope,
  }
  return jsonReply(200, body, { 'cache-control': 'no-store' })
}

function readClient(
  server: AuthorizationServer,
  call: Call,
  form: URLSearchParams,
): { id: string; secret: string } | undefined {
  const basic = /^Basic\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1]
  if (basic !== undefined) {
    const [rawId = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':')
    // RFC 6749 asks for form-encoding inside Basic, many clients send the text as it is: the known spelling counts
    const id = server.state.knowsClient(rawId) ? rawId : formDecoded(rawId)
    return id === '' ? undefined : { id, secret: formDecoded(rest.join(':')) }
  }
  const id = form.get('client_id') ?? ''
  return id === '' ? undefined : { id, secret: form.get('client_secret') ?? '' }
}

function formDecoded(text: string): string {
  return /%[0-9a-f]{2}|\+/i.test(text)
    ? (new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? text)
    : text
}

function invalidClient(server: AuthorizationServer): Reply {
  const reply = refuse(server, 401, 'invalid_client', 'the client secret is missing, or is not the one seen before')
  return { ...reply, headers: { ...reply.headers, 'www-authenticate': 'Basic realm="simulator"' } }
}

function refuse(server: AuthorizationServer, status: number, error: string, description: string): Reply {
  count(server.stats.tokenErrors, error)
  return jsonReply(status, { error, error_description: description }, { 'cache-control': 'no-store' })
}
