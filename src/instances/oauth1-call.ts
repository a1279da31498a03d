import { oauthNonce } from '../engine/oauth/nonce.ts'
import { type OAuth1Keys, oauth1Header, oauth1Parameters } from '../engine/oauth/oauth1.ts'
import { platformStatus } from '../engine/vendor-status.ts'
import { type ErrorCode, ValenceError } from '../errors.ts'
import { redactText } from '../redact.ts'
import type { InstanceContext } from './context.ts'
import { callOAuthEndpoint } from './token-call.ts'

const TIMEOUT_MS = 20_000
const MAX_PROVIDER_MESSAGE = 4_000

/**
 * One signed call of an OAuth 1.0a endpoint that answers a token and its secret (RFC 5849 §2.1, §2.3).
 * @param extra protocol parameters of this step: `oauth_callback` or `oauth_verifier`
 * @throws ValenceError `failure.code` with the vendor's status and text when there is no token in the answer
 */
export async function callOAuth1Endpoint(
  context: InstanceContext,
  url: string,
  extra: Record<string, string>,
  keys: OAuth1Keys,
  failure: { code: ErrorCode; message: string },
): Promise<{ token: string; secret: string }> {
  const at = { now: context.now(), nonce: oauthNonce(context.random) }
  const authorization = oauth1Header(oauth1Parameters({ url, method: 'POST', extra }, keys, at))
  const headers = { authorization, accept: '*/*' }
  const answer = await callOAuthEndpoint(context, { method: 'POST', url, headers, timeoutMs: TIMEOUT_MS })
  const values = new URLSearchParams(answer.text)
  const token = values.get('oauth_token')
  if (answer.status < 400 && token) return { token, secret: values.get('oauth_token_secret') ?? '' }
  const secrets = [keys.apiSecret, keys.token?.secret, keys.token?.key]
  throw new ValenceError(failure.code, failure.message, {
    status: answer.status < 400 ? 502 : platformStatus(answer.status),
    providerMessage: redactText(answer.text || `HTTP ${answer.status}`, secrets).slice(0, MAX_PROVIDER_MESSAGE),
  })
}
