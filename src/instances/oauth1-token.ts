import Type, { type Static } from 'typebox'
import type { LifecycleOutcome } from '../engine/lifecycle.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { runBeforeConsent } from './before-consent.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import type { OAuthUrlQuery } from './oauth-url.ts'
import { callOAuth1Endpoint } from './oauth1-call.ts'

export const RequestToken = Type.Object({ token: Type.String(), secret: Type.String() }, { title: 'RequestToken' })

/**
 * Step 1 of OAuth 1.0a: a request token of the vendor (spec 10 §5.3, RFC 5849 §2.1).
 * @throws ValenceError OAUTH_UNSUPPORTED (400) for an element without OAuth 1, VENDOR_FAILED
 */
export async function oauth1Token(
  context: InstanceContext,
  caller: Caller | undefined,
  keyOrId: string,
  query: OAuthUrlQuery,
): Promise<Static<typeof RequestToken>> {
  context.authorize(caller, 'oauth.url')
  const plan = context.plans.of(await context.elements.require(caller, keyOrId))
  const { element } = plan
  const type = OVERRIDES.find((candidate) => plan.lifecycle.has(candidate))
  if (type !== undefined) {
    return tokenIn(element, await runBeforeConsent(context, caller, plan, type, query))
  }
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

/** Resources that an element may have in place of this call (spec 11 §4.3). */
const OVERRIDES = ['oauth1OnTokenRequest', 'oauthOnTokenRequest']

/** Captured as `oauth.user.token` and its secret, or answered under the names of RFC 5849 or of our own answer. */
function tokenIn(element: Element, { changes, body }: LifecycleOutcome): { token: string; secret: string } {
  const answer = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const token = changes['oauth.user.token'] ?? answer['oauth_token'] ?? answer['token']
  const secret = changes['oauth.user.token.secret'] ?? answer['oauth_token_secret'] ?? answer['secret'] ?? ''
  if (typeof token === 'string' && token !== '') return { token, secret: String(secret) }
  throw new ValenceError('VENDOR_FAILED', `${element.name} gave no request token`)
}
