import { authenticationTypeOf, isOAuth2 } from '../engine/authentication-type.ts'
import { ownGrantOf } from '../engine/oauth/refresh-due.ts'
import { configurationOfToken, GRANT_NAMES, type Grant, secretsOf, tokenRequest } from '../engine/oauth/token.ts'
import type { Plan } from '../engine/plan.ts'
import { platformStatus } from '../engine/vendor-status.ts'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import { clientOf, type OAuthClient, oauthAddress } from './oauth-client.ts'
import { callOAuth1Endpoint } from './oauth1-call.ts'
import { proofKey } from './proof-key.ts'
import { callTokenEndpoint } from './token-call.ts'
import { tokensByResources } from './token-resources.ts'

export type ProviderData = Readonly<Record<string, unknown>>

/** What the authentication flow works with: an instance that is not stored yet, or not yet with these values. */
export interface CredentialRequest {
  plan: Plan
  state: InstanceState
  providerData: ProviderData
  held: OAuthClient | undefined
  /** the tokens were obtained elsewhere (spec 10 §5.7) */
  external: boolean
}

/**
 * The authentication flow of provisioning (spec 10 §5): what the customer's consent brought (`providerData`) becomes
 * configuration values. Resources of the element may take the place of each call (spec 11 §4.3).
 *
 * @returns values to add; empty for elements without a flow of their own
 * @throws ValenceError CODE_REJECTED with the vendor's status and `providerMessage`; VENDOR_UNREACHABLE …
 */
export async function obtainCredentials(
  context: InstanceContext,
  request: CredentialRequest,
): Promise<Record<string, string | null>> {
  const { plan, state, providerData, external } = request
  const type = authenticationTypeOf(plan.element, state.configuration)
  if (type === 'oauth1') return exchangeVerifier(context, request)
  if (external && isOAuth2(type)) return refreshOnce(context, request)
  if (textOf(providerData['access_token']) && isOAuth2(type)) return givenToken(context, providerData)
  const ownGrant = isOAuth2(type) ? ownGrantOf(type, state.configuration) : undefined
  if (ownGrant) return tokensByOwnGrant(context, request, ownGrant)
  if (type !== 'oauth2') return {}
  assertNotDenied(plan.element, providerData)
  const code = textOf(providerData['code'])
  if (!code) throw new ValenceError('CONFIGURATION_MISSING', missingCode(plan.element))
  const { redirectUri } = clientOf(state.configuration, request.held)
  if (plan.lifecycle.has('oauthOnTokenExchange')) {
    return tokensByResources(context, request, 'oauthOnTokenExchange', { code, callbackUrl: redirectUri })
  }
  return exchange(context, request, {
    type: 'authorization_code',
    code,
    redirectUri,
    codeVerifier: proofKey(context, request, clientOf(state.configuration, request.held)),
  })
}

/** Whether the flow makes the vendor issue new tokens for a code; tokens that the caller brought are the caller's. */
export function isExchange(providerData: ProviderData, externalAuthentication: boolean): boolean {
  return !externalAuthentication && !textOf(providerData['access_token']) && textOf(providerData['code']) !== undefined
}

/** Whether this flow still needs `providerData.code`; it is named together with missing configuration. */
export function needsCode(
  element: Element,
  configuration: Configuration,
  providerData: ProviderData,
  externalAuthentication: boolean,
): boolean {
  const type = authenticationTypeOf(element, configuration)
  if (type !== 'oauth2' || externalAuthentication || ownGrantOf(type, configuration)) return false
  return !textOf(providerData['code']) && !textOf(providerData['access_token']) && !providerData['error']
}

function missingCode(element: Element): string {
  return `providerData.code is required: the code that ${element.name} added to the callback URL`
}

/** Tokens that the caller obtained itself (spec 10 §5.4). */
function givenToken(context: InstanceContext, providerData: ProviderData): Record<string, string> {
  const expires = Number(providerData['expires_in'])
  return configurationOfToken(
    {
      ok: true,
      accessToken: textOf(providerData['access_token']) ?? '',
      refreshToken: textOf(providerData['refresh_token']),
      expiresInSeconds: expires > 0 ? expires : undefined,
    },
    context.now(),
  )
}

/** The user said no: the callback carried `error` instead of `code` (RFC 6749 §4.1.2.1). */
function assertNotDenied(element: Element, providerData: ProviderData): void {
  const error = textOf(providerData['error'])
  if (!error) return
  throw new ValenceError('CODE_REJECTED', `${element.name} did not grant access: ${error}`, {
    status: 400,
    providerMessage: [error, textOf(providerData['error_description'])].filter(Boolean).join(': '),
  })
}

/** External authentication: the refresh token was obtained elsewhere; the first refresh proves it (spec 10 §5.7). */
async function refreshOnce(
  context: InstanceContext,
  request: CredentialRequest,
): Promise<Record<string, string | null>> {
  const { plan, state } = request
  const refreshToken = state.configuration['oauth.user.refresh_token']
  if (refreshToken && plan.lifecycle.has('oauthOnTokenRefresh')) {
    return tokensByResources(context, request, 'oauthOnTokenRefresh', { refreshToken })
  }
  if (refreshToken) return exchange(context, request, { type: 'refresh_token', refreshToken })
  if (state.configuration['oauth.user.token']) return {}
  throw new ValenceError(
    'CONFIGURATION_MISSING',
    'externalAuthentication "initial" needs oauth.user.refresh_token or oauth.user.token in configuration',
  )
}

/**
 * A grant that needs nobody's consent (spec 10 §5.5): the element's own `oauth2Password` resource, or a call of the token
 * endpoint with user name and password, or with the client's keys alone.
 */
export function tokensByOwnGrant(
  context: InstanceContext,
  request: CredentialRequest,
  type: 'client_credentials' | 'password',
): Promise<Record<string, string | null>> {
  const { plan, state } = request
  const { username, password, 'oauth.scope': scope } = state.configuration
  if (type === 'password' && plan.lifecycle.has('oauth2Password')) {
    return tokensByResources(context, request, 'oauth2Password', {})
  }
  if (type === 'client_credentials') return exchange(context, request, { type, scope: scope ?? undefined })
  if (username && password) {
    return exchange(context, request, { type, username, password, scope: scope ?? undefined })
  }
  throw new ValenceError(
    'CONFIGURATION_MISSING',
    `The following required configuration properties are missing: ${username ? 'password' : 'username'}`,
  )
}

async function exchange(
  context: InstanceContext,
  { plan, state, held }: CredentialRequest,
  grant: Grant,
): Promise<Record<string, string>> {
  const { element } = plan
  const { configuration } = state
  const client = clientOf(configuration, held)
  const key = grant.type === 'refresh_token' ? refreshAddressKey(element, configuration) : 'oauth.token.url'
  const url = fillAddress(oauthAddress(element, configuration, key, held), configuration)
  const secrets = [client.id, client.secret, ...secretsOf(grant)]
  const call = await callTokenEndpoint(context, tokenRequest(url, grant, client, configuration), secrets)
  if (call.reply.ok) return configurationOfToken(call.reply, context.now())
  throw new ValenceError(
    'CODE_REJECTED',
    `${element.name} did not exchange ${GRANT_NAMES[grant.type]} for a token: ${call.reason}`,
    {
      status: call.status < 400 ? 502 : platformStatus(call.status),
      providerMessage: call.providerMessage,
      headers: call.headers,
    },
  )
}

/** `oauth.token.refresh_url`, or `oauth.token.url` where the element has none (spec 10 §5.6). */
export function refreshAddressKey(element: Element, configuration: Configuration): string {
  const own = element.configuration.find((row) => row.key === 'oauth.token.refresh_url')?.defaultValue
  return own || configuration['oauth.token.refresh_url'] ? 'oauth.token.refresh_url' : 'oauth.token.url'
}

/** OAuth 1.0a: verifier and request token become the access token (RFC 5849 §2.3). */
async function exchangeVerifier(
  context: InstanceContext,
  request: CredentialRequest,
): Promise<Record<string, string | null>> {
  const { plan, state, providerData, held } = request
  const { element } = plan
  const { configuration } = state
  assertNotDenied(element, providerData)
  if (plan.lifecycle.has('oauthOnTokenExchange')) {
    const callbackUrl = clientOf(configuration, held).redirectUri
    return tokensByResources(context, request, 'oauthOnTokenExchange', { callbackUrl })
  }
  const token = textOf(providerData['oauth_token'])
  const verifier = textOf(providerData['oauth_verifier'])
  const secret = textOf(providerData['secret'])
  const absent = Object.entries({ oauth_token: token, oauth_verifier: verifier, secret }).filter(([, value]) => !value)
  if (!token || !verifier || !secret) {
    throw new ValenceError(
      'CONFIGURATION_MISSING',
      `providerData needs ${absent.map(([name]) => name).join(', ')} (from the callback URL and from GET /elements/${element.key}/oauth/token)`,
    )
  }
  const client = clientOf(configuration, held)
  const access = await callOAuth1Endpoint(
    context,
    fillAddress(oauthAddress(element, configuration, 'oauth.token.url', held), configuration),
    { oauth_verifier: verifier },
    { apiKey: client.id, apiSecret: client.secret, token: { key: token, secret } },
    { code: 'CODE_REJECTED', message: `${element.name} did not exchange the verifier for a token` },
  )
  return { 'oauth.user.token': access.token, 'oauth.user.token.secret': access.secret }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
