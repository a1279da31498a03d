import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import type { OAuthUrlQuery } from './oauth-url.ts'
import { callOAuth1Endpoint } from './oauth1-call.ts'

/**
 * Step 1 of OAuth 1.0a: a request token of the vendor (spec 10 §5.3, RFC 5849 §2.1).
 * @throws ValenceError OAUTH_UNSUPPORTED (400) for an element without OAuth 1, VENDOR_FAILED
 */
export async function oauth1Token(
  context: InstanceContext,
  caller: Caller | undefined,
  keyOrId: string,
  query: OAuthUrlQuery,
): Promise<{ token: string; secret: string }> {
  context.authorize(caller, 'oauth.url')
  const { element } = await context.elements.require(caller, keyOrId)
  const requestUrl = element.configuration.find((row) => row.key === 'oauth.request.url')?.defaultValue
  if (!requestUrl)
    throw new ValenceError('OAUTH_UNSUPPORTED', `${element.name} does not use OAuth 1.0a, so there is no request token`)
  const { apiKey, apiSecret, callbackUrl } = query
  if (!apiKey || !apiSecret || !callbackUrl) {
    const absent = Object.entries({ apiKey, apiSecret, callbackUrl }).filter(([, value]) => !value)
    throw new ValenceError(
      'PARAMETER_MISSING',
      `oauth/token of ${element.name}: ${absent.map(([name]) => name).join(', ')} required`,
    )
  }
  return callOAuth1Endpoint(
    context,
    fillAddress(requestUrl, query),
    { oauth_callback: callbackUrl },
    { apiKey, apiSecret },
    { code: 'VENDOR_FAILED', message: `${element.name} gave no request token` },
  )
}
