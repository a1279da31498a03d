import type { VendorRequest } from '../../model/exchange.ts'
import type { Configuration } from '../../model/instance.ts'

export type Grant =
  | { type: 'authorization_code'; code: string; redirectUri: string }
  | { type: 'refresh_token'; refreshToken: string }

export interface Client {
  id: string
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
  if (grant.type === 'authorization_code') {
    form.set('code', grant.code)
    form.set('redirect_uri', grant.redirectUri)
  } else {
    form.set('refresh_token', grant.refreshToken)
  }
  return clientRequest(url, form, client, configuration)
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
  form.set('client_secret', client.secret)
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  }
  if (configuration['oauth.basic.header'] === 'true') {
    // RFC 6749 §2.3.1: both are form-encoded before they are joined
    const pair = `${formEncode(client.id)}:${formEncode(client.secret)}`
    headers['authorization'] = `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  }
  return { method: 'POST', url, headers, body: form.toString(), timeoutMs: TIMEOUT_MS }
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
