import { getElement } from '../elements/find-element.ts'
import { oauthNonce } from '../engine/oauth/nonce.ts'
import { oauth1Header, oauth1Parameters } from '../engine/oauth/oauth1.ts'
import { platformStatus } from '../engine/vendor-status.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { redactText } from '../redact.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import type { OAuthUrlQuery } from './oauth-url.ts'
import { callOAuthEndpoint } from './token-call.ts'

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
  const element = getElement(context.catalog, keyOrId)
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
  const url = fillAddress(requestUrl, query)
  const parameters = oauth1Parameters(
    { url, method: 'POST', extra: { oauth_callback: callbackUrl } },
    { apiKey, apiSecret },
    { now: context.now(), nonce: oauthNonce(context.random) },
  )
  const answer = await callOAuthEndpoint(context, {
    method: 'POST',
    url,
    headers: { authorization: oauth1Header(parameters), accept: '*/*' },
    timeoutMs: 20_000,
  })
  const values = new URLSearchParams(answer.text)
  const token = values.get('oauth_token')
  if (answer.status >= 400 || !token) {
    throw new ValenceError('VENDOR_FAILED', `${element.name} gave no request token`, {
      status: answer.status < 400 ? 502 : platformStatus(answer.status),
      providerMessage: redactText(answer.text, [apiSecret]).slice(0, 4_000),
    })
  }
  return { token, secret: values.get('oauth_token_secret') ?? '' }
}
