import type { VendorRequest } from '../../model/exchange.ts'
import type { Configuration } from '../../model/instance.ts'
import { clientIdentityOf } from '../client-identity.ts'

/** `codeVerifier`: of `pkce.ts`, when the authorization URL showed its challenge. An empty scope is none. */
export type Grant =
  | { type: 'authorization_code'; code: string; redirectUri: string; codeVerifier?: string | undefined }
  | { type: 'refresh_token'; refreshToken: string }
  | { type: 'client_credentials'; scope?: string | undefined }
  | { type: 'password'; username: string; password: string; scope?: string | undefined }

export interface Client {
  id: string
  /** empty for a public client, which has none (RFC 6749 §2.1) */
  secret: string
}

/** What a token endpoint said (RFC 6749 §5). */
export type TokenReply =
  | { ok: true; accessToken: string; refreshToken: string | undefined; expiresInSeconds: number | undefined }
  | { ok: false; error: string | undefined; description: string | undefined; isPermanent: boolean }

const TIMEOUT_MS = 20_000

/** Errors that no repetition mends (RFC 6749 §5.2). */
const PERMANENT_ERRORS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'access_denied',
])

/**
 * Client credentials go into a Basic header when `oauth.basic.header` is true and into the body as well: vendors
 * disagree on which they read (spec 10 §5.2).
 * @param url `oauth.token.url`, or `oauth.token.refresh_url` for a refresh
 */
export function tokenRequest(url: string, grant: Grant, client: Client, configuration: Configuration): VendorRequest {
  const form = new URLSearchParams({ grant_type: grant.type })
  for (const [name, value] of Object.entries(fieldsOf(grant))) if (value !== undefined) form.set(name, value)
  return clientRequest(url, form, client, configuration)
}

/** RFC 6749 §4.1.3, §4.3.2, §4.4.2 and §6; RFC 7636 §4.5. */
function fieldsOf(grant: Grant): Record<string, string | undefined> {
  switch (grant.type) {
    case 'authorization_code':
      return { code: grant.code, redirect_uri: grant.redirectUri, code_verifier: grant.codeVerifier }
    case 'refresh_token':
      return { refresh_token: grant.refreshToken }
    case 'client_credentials':
      return { scope: grant.scope || undefined }
    case 'password':
      return { username: grant.username, password: grant.password, scope: grant.scope || undefined }
  }
}

/** What is exchanged for a token, for messages. */
export const GRANT_NAMES: Readonly<Record<Grant['type'], string>> = {
  authorization_code: 'the code',
  refresh_token: 'the refresh token',
  client_credentials: 'the client credentials',
  password: 'user name and password',
}

/** What a grant must not leave in messages. */
export function secretsOf(grant: Grant): string[] {
  const { code, code_verifier, refresh_token, password } = fieldsOf(grant)
  return [code, code_verifier, refresh_token, password].filter((value) => value !== undefined)
}

/** RFC 7009; the parameter is called `token`. */
export function revokeRequest(url: string, token: string, client: Client, configuration: Configuration): VendorRequest {
  return clientRequest(url, new URLSearchParams({ token }), client, configuration)
}

function clientRequest(
  url: string,
  form: URLSearchParams,
  client: Client,
  configuration: Configuration,
): VendorRequest {
  form.set('client_id', client.id)
  if (client.secret !== '') form.set('client_secret', client.secret)
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  }
  if (configuration['oauth.basic.header'] === 'true' && client.secret !== '') {
    // RFC 6749 §2.3.1: both are form-encoded before they are joined
    const pair = `${formEncode(client.id)}:${formEncode(client.secret)}`
    headers['authorization'] = `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  }
  const clientIdentity = clientIdentityOf(configuration)
  return {
    method: 'POST',
    url,
    headers,
    body: form.toString(),
    timeoutMs: TIMEOUT_MS,
    ...(clientIdentity ? { clientIdentity } : {}),
  }
}

function formEncode(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2)
}

/**
 * Reads JSON and, for old vendors, form-encoded answers. An error is permanent when the vendor names one that no
 * repetition mends, or refuses with 400, 401 or 403; everything else (429, 5xx, unreadable) may pass.
 */
export function readTokenReply(status: number, text: string): TokenReply {
  const body = parseBody(text)
  const accessToken = textOf(body['access_token'])
  if (status < 400 && accessToken) {
    const expires = Number(body['expires_in'])
    return {
      ok: true,
      accessToken,
      refreshToken: textOf(body['refresh_token']),
      expiresInSeconds: Number.isFinite(expires) && expires > 0 ? expires : undefined,
    }
  }
  const error = textOf(body['error'])
  return {
    ok: false,
    error,
    description: textOf(body['error_description']) ?? textOf(body['message']),
    isPermanent: error !== undefined && PERMANENT_ERRORS.has(error) ? status < 500 : [400, 401, 403].includes(status),
  }
}

function parseBody(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return Object.fromEntries(new URLSearchParams(text)) // old vendors answer form-encoded
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The configuration that a token answer changes (spec 10 §5.2): an absent refresh token keeps the old one. */
export function configurationOfToken(reply: Extract<TokenReply, { ok: true }>, now: Date): Record<string, string> {
  return {
    'oauth.user.token': reply.accessToken,
    ...(reply.refreshToken === undefined ? {} : { 'oauth.user.refresh_token': reply.refreshToken }),
    ...(reply.expiresInSeconds === undefined ? {} : { 'oauth.user.refresh_interval': String(reply.expiresInSeconds) }),
    'oauth.user.refresh_time': String(now.getTime()),
  }
}
