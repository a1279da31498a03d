import { authenticationTypeOf, isOAuth2 } from '../engine/authentication-type.ts'
import { ownGrantOf } from '../engine/oauth/refresh-due.ts'
import { configurationOfToken, tokenRequest } from '../engine/oauth/token.ts'
import { type ErrorCode, ValenceError } from '../errors.ts'
import { assertStorable } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import type { Instance } from './instance.ts'
import { inputsOf, runResources } from './lifecycle.ts'
import { clientOf, type OAuthClient, oauthAddress, platformClient } from './oauth-client.ts'
import { refreshAddressKey, tokensByOwnGrant } from './obtain-credentials.ts'
import { callTokenEndpoint } from './token-call.ts'
import { tokensByResources } from './token-resources.ts'

/** Fresh configuration, or why there is none; `isPermanent`: no repetition mends it. */
export type Renewal =
  | { ok: true; changes: Record<string, string | null> }
  | { ok: false; reason: string; isPermanent: boolean; providerMessage?: string }

/**
 * Asks the vendor for fresh credentials, the way the element has it (spec 10 §5.6, 11 §4.3): its own refresh resource,
 * the token endpoint, the password again, or for other authentication types all `onRefresh` resources. What keeps it from
 * bringing any is an outcome, too; only our own bugs and what passes by itself are thrown.
 */
export async function renewCredentials(context: InstanceContext, instance: Instance): Promise<Renewal> {
  try {
    const renewal = await renew(context, instance)
    if (renewal.ok) assertStorable({ ...instance.stored, ...renewal.changes })
    return renewal
  } catch (error) {
    if (!(error instanceof ValenceError) || PASSING.has(error.code)) throw error
    const isPermanent = error.status < 502 && error.status !== 429
    return { ok: false, reason: error.message, isPermanent, providerMessage: error.providerMessage }
  }
}

/** Not the vendor's, the element's or the instance's fault. */
const PASSING = new Set<ErrorCode>(['INTERNAL', 'SCRIPT_BUSY', 'UNAVAILABLE'])

async function renew(context: InstanceContext, instance: Instance): Promise<Renewal> {
  const { plan, state } = instance
  const { configuration } = state
  const type = authenticationTypeOf(plan.element, configuration)
  if (!isOAuth2(type)) return renewed(await renewByOnRefresh(context, instance))
  const held = await platformClient(context, instance.organizationId, plan.element, instance)
  if (instance.application !== null && !held) {
    throw new ValenceError('OAUTH_UNSUPPORTED', 'the default OAuth application it was provisioned with is gone')
  }
  const request = { plan, state, held, providerData: {}, external: false }
  const refreshToken = configuration['oauth.user.refresh_token']
  if (!refreshToken) {
    return renewed(await tokensByOwnGrant(context, request, ownGrantOf(type, configuration) ?? 'password'))
  }
  if (plan.lifecycle.has('oauthOnTokenRefresh')) {
    return renewed(await tokensByResources(context, request, 'oauthOnTokenRefresh', { refreshToken }))
  }
  return byTokenEndpoint(context, instance, held, refreshToken)
}

function renewed(changes: Record<string, string | null>): Renewal {
  return { ok: true, changes }
}

async function renewByOnRefresh(
  context: InstanceContext,
  { plan, state }: Instance,
): Promise<Record<string, string | null>> {
  const { changes } = await runResources(context, plan, 'onRefresh', state, inputsOf(state.configuration, {}))
  return { 'authentication.time': String(context.now().getTime()), ...changes }
}

async function byTokenEndpoint(
  context: InstanceContext,
  { plan, state }: Instance,
  held: OAuthClient | undefined,
  refreshToken: string,
): Promise<Renewal> {
  const { element } = plan
  const { configuration } = state
  const client = clientOf(configuration, held)
  const address = oauthAddress(element, configuration, refreshAddressKey(element, configuration), held)
  const grant = { type: 'refresh_token', refreshToken } as const
  const request = tokenRequest(fillAddress(address, configuration), grant, client, configuration)
  const call = await callTokenEndpoint(context, request, [client.id, client.secret, refreshToken])
  if (call.reply.ok) return renewed(configurationOfToken(call.reply, context.now()))
  const { reason, providerMessage } = call
  return { ok: false, reason, isPermanent: call.reply.isPermanent, providerMessage }
}
