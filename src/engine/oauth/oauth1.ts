import { createHmac } from 'node:crypto'
import OAuth from 'oauth-1.0a'
import type { VendorDraft } from '../exchange.ts'

type Configuration = Readonly<Record<string, string | null>>

export interface OAuth1Keys {
  apiKey: string
  apiSecret: string
  token?: { key: string; secret: string }
}

/**
 * The parameters of a signed OAuth 1.0a request (RFC 5849, HMAC-SHA1), ready for the Authorization header or the query.
 * @param url with its query; query parameters are part of the signature
 */
export function oauth1Parameters(
  request: { url: string; method: string; form?: readonly [string, string][]; extra?: Record<string, string> },
  keys: OAuth1Keys,
  at: { now: Date; nonce: string },
): Record<string, string> {
  const oauth = new OAuth({
    consumer: { key: keys.apiKey, secret: keys.apiSecret },
    signature_method: 'HMAC-SHA1',
    hash_function: (base, key) => createHmac('sha1', key).update(base).digest('base64'),
  })
  // the library takes clock and nonce from methods, not from arguments
  oauth.getTimeStamp = () => Math.floor(at.now.getTime() / 1000)
  oauth.getNonce = () => at.nonce
  const data = { ...Object.fromEntries(request.form ?? []), ...request.extra }
  const signed = oauth.authorize({ url: request.url, method: request.method, data }, keys.token)
  return Object.fromEntries(
    Object.entries(signed)
      .filter(([name]) => name.startsWith('oauth_'))
      .map(([name, value]) => [name, String(value)]),
  )
}

/** `Authorization: OAuth …` value (RFC 5849 §3.5.1). */
export function oauth1Header(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${percent(name)}="${percent(value)}"`)
  return `OAuth ${pairs.join(', ')}`
}

/** Signs a vendor call with the instance's token, in the header or the query as the element says. */
export function signOAuth1(
  vendor: VendorDraft,
  configuration: Configuration,
  method: string,
  at: { now: Date; nonce: string },
): void {
  const token = configuration['oauth.user.token']
  if (!token) return
  const parameters = oauth1Parameters(
    { url: vendor.url, method, form: vendor.form ?? [] },
    {
      apiKey: configuration['oauth.api.key'] ?? '',
      apiSecret: configuration['oauth.api.secret'] ?? '',
      token: { key: token, secret: configuration['oauth.user.token.secret'] ?? '' },
    },
    at,
  )
  if (configuration['oauth.request.authorization.type'] === 'query') {
    const query = Object.entries(parameters).map(([name, value]) => `${percent(name)}=${percent(value)}`)
    vendor.url += (vendor.url.includes('?') ? '&' : '?') + query.join('&')
  } else {
    vendor.headers['authorization'] ??= oauth1Header(parameters)
  }
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
