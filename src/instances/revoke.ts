import { authenticationTypeOf, isOAuth2 } from '../engine/authentication-type.ts'
import { revokeRequest } from '../engine/oauth/token.ts'
import type { Plan } from '../engine/plan.ts'
import type { InstanceState } from '../model/instance.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import { storableText } from '../model/storable-text.ts'
import type { Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import { stateOf } from './find.ts'
import type { Revocation } from './instance-table.ts'
import { inputsOf, runResources } from './lifecycle.ts'
import { clientOf, type OAuthClient, oauthAddress } from './oauth-client.ts'
import { callOAuthEndpoint } from './token-call.ts'
import { withClient } from './token-resources.ts'

/**
 * Tells the vendor that an instance's tokens are no longer needed, where the element has `oauth.token.revoke_url`
 * (spec 10 §4.3). Never throws for the vendor's sake: deletion goes on, the outcome is recorded.
 */
export async function revokeTokens(
  context: InstanceContext,
  plan: Plan,
  state: InstanceState,
  held: OAuthClient | undefined,
): Promise<Revocation> {
  const date = isoSeconds(context.now())
  const { configuration } = state
  const tokens = [configuration['oauth.user.refresh_token'], configuration['oauth.user.token']].filter(
    (token) => !!token,
  )
  const byResources = plan.lifecycle.has('oauthOnTokenRevoke')
  const isPossible = byResources || Boolean(configuration['oauth.token.revoke_url'])
  if (!isOAuth2(authenticationTypeOf(plan.element, configuration)) || !isPossible || tokens.length === 0) {
    return { state: 'not supported', date }
  }
  try {
    if (byResources) {
      const client = withClient(plan, state, held, 'oauthOnTokenRevoke')
      await runResources(context, plan, 'oauthOnTokenRevoke', client, inputsOf(client.configuration, {}))
      return { state: 'revoked', date }
    }
    const url = fillAddress(oauthAddress(plan.element, configuration, 'oauth.token.revoke_url', held), configuration)
    const client = clientOf(configuration, held)
    for (const token of tokens) {
      const { status } = await callOAuthEndpoint(context, revokeRequest(url, token as string, client, configuration))
      if (status >= 400) return { state: 'failed', date, message: `the vendor answered ${status}` }
    }
    return { state: 'revoked', date }
  } catch (error) {
    return { state: 'failed', date, message: storableText((error as Error).message) }
  }
}

/** Tokens that the vendor issued for a code, and what it takes to give them back. */
export interface Issued {
  plan: Plan
  owner: { id: number; accountId: number }
  /** what the instance holds otherwise */
  stored: Readonly<Values>
  issued: Readonly<Values>
  held: OAuthClient | undefined
}

/**
 * The vendor has issued tokens for a code, but they could not be stored: nobody will ever use them. Those that the
 * instance had before stay. Never throws, so that the failure which led here is the one that is told.
 */
export async function revokeUnstored(
  context: InstanceContext,
  { plan, owner, stored, issued, held }: Issued,
): Promise<void> {
  const values = { ...stored, 'oauth.user.token': null, 'oauth.user.refresh_token': null, ...issued }
  const { state } = await revokeTokens(context, plan, stateOf(owner, plan.defaults, values, 0), held)
  context.log.error({ element: plan.element.key, revocation: state }, 'tokens were issued but could not be stored')
}
