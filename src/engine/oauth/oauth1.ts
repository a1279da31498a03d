import { createHmac } from 'node:crypto'
import OAuth from 'oauth-1.0a'
import { ValenceError } from '../../errors.ts'

export interface OAuth1Keys {
  apiKey: string
  apiSecret: string
  token?: { key: string; secret: string }
}

/**
 * The parameters of a signed OAuth 1.0a request (RFC 5849, HMAC-SHA1), ready for the Authorization header or the query.
 * @param request `url` with its query, which is part of the signature; `extra`: further `oauth_…` members such as
 *   `oauth_callback` and `oauth_verifier`, signed and returned
 * @throws ValenceError CONFIGURATION_INVALID when `url` is no address
 */
export function oauth1Parameters(
  request: { url: string; method: string; form?: readonly [string, string][]; extra?: Record<string, string> },
  keys: OAuth1Keys,
  at: { now: Date; nonce: string },
): Record<string, string> {
  const url = URL.parse(request.url)
  if (!url) throw new ValenceError('CONFIGURATION_INVALID', `OAuth 1.0a: "${request.url}" is no address`)
  const oauth = new OAuth({
    consumer: { key: keys.apiKey, secret: keys.apiSecret },
    signature_method: 'HMAC-SHA1',
    hash_function: (base, key) => createHmac('sha1', key).update(base).digest('base64'),
  })
  // the library takes clock and nonce from methods, not from arguments
  oauth.getTimeStamp = () => Math.floor(at.now.getTime() / 1000)
  oauth.getNonce = () => at.nonce
  // the query is handed over decoded: the library would encode its names twice
  const data = groupByName([...url.searchParams, ...(request.form ?? []), ...Object.entries(request.extra ?? {})])
  const signed = oauth.authorize({ url: url.origin + url.pathname, method: request.method, data }, keys.token)
  // the library puts what it signed into its answer
  const own = Object.entries(signed).filter(([name]) => name.startsWith('oauth_') && !Object.hasOwn(data, name))
  return { ...Object.fromEntries(own.map(([name, value]) => [name, String(value)])), ...request.extra }
}

/** Every value of a repeated name is signed (RFC 5849 §3.4.1.3.2). */
function groupByName(pairs: readonly [string, string][]): Record<string, string | string[]> {
  const groups = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    const values = groups.get(name)
    if (values) values.push(value)
    else groups.set(name, [value])
  }
  return Object.fromEntries(
    [...groups].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

/** `Authorization: OAuth …` value (RFC 5849 §3.5.1). */
export function oauth1Header(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${percent(name)}="${percent(value)}"`)
  return `OAuth ${pairs.join(', ')}`
}

/** The same in a query. */
export function oauth1Query(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${percent(name)}=${percent(value)}`)
    .join('&')
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
