import { authenticationTypeOf, ownGrantOf } from '../engine/oauth/refresh-due.ts'
import { configurationOfToken, tokenRequest } from '../engine/oauth/token.ts'
import { ValenceError } from '../errors.ts'
import type { InstanceState } from '../model/instance.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import type { Instance } from './instance.ts'
import { inputsOf, runResources } from './lifecycle.ts'
import { clientOf, type OAuthClient, oauthAddress } from './oauth-client.ts'
import { refreshAddressKey, tokensByOwnGrant } from './obtain-credentials.ts'
import { callTokenEndpoint, isTransient } from './token-call.ts'
import { tokensByResources } from './token-resources.ts'

/** Fresh configuration, or why there is none; `isPermanent`: no repetition mends it. */
export type Renewal =
  | { ok: true; changes: Record<string, string | null> }
  | { ok: false; reason: string; isPermanent: boolean; providerMessage?: string }

/**
 * Asks the vendor for fresh credentials, the way the element has it (spec 10 §5.6, 11 §4.3): its own refresh resource,
 * the token endpoint, the password again, or for other authentication types all `onRefresh` resources. Never throws for
 * the vendor's sake.
 */
export async function renewCredentials(
  context: InstanceContext,
  instance: Instance,
  state: InstanceState,
  held: OAuthClient | undefined,
): Promise<Renewal> {
  const { plan } = instance
  const type = authenticationTypeOf(plan, state.configuration)
  const refreshToken = state.configuration['oauth.user.refresh_token']
  if (!type.startsWith('oauth2')) return byResources(() => renewByOnRefresh(context, instance, state))
  const request = { plan, state, held }
  if (refreshToken && plan.lifecycle.has('oauthOnTokenRefresh')) {
    return byResources(() => tokensByResources(context, request, 'oauthOnTokenRefresh', { refreshToken }))
  }
  if (refreshToken) return byTokenEndpoint(context, instance, state, held, refreshToken)
  const grant = ownGrantOf(type, state.configuration) ?? 'password'
  return byResources(() => tokensByOwnGrant(context, { ...request, providerData: {}, external: false }, grant))
}

async function renewByOnRefresh(
  context: InstanceContext,
  { plan }: Instance,
  state: InstanceState,
): Promise<Record<string, string | null>> {
  const { changes } = await runResources(context, plan, 'onRefresh', state, inputsOf(state.configuration, {}))
  return { 'authentication.time': String(context.now().getTime()), ...changes }
}

async function byTokenEndpoint(
  context: InstanceContext,
  { plan }: Instance,
  { configuration }: InstanceState,
  held: OAuthClient | undefined,
  refreshToken: string,
): Promise<Renewal> {
  const { element } = plan
  const client = clientOf(configuration, held)
  const address = oauthAddress(element, configuration, refreshAddressKey(element, configuration), held)
  const request = tokenRequest(
    fillAddress(address, configuration),
    { type: 'refresh_token', refreshToken },
    client,
    configuration,
  )
  return settled(async () => {
    const call = await callTokenEndpoint(context, request, [client.id, client.secret, refreshToken])
    if (call.reply.ok) return { ok: true, changes: configurationOfToken(call.reply, context.now()) }
    return {
      ok: false,
      reason: call.reason,
      isPermanent: call.reply.isPermanent,
      providerMessage: call.providerMessage,
    }
  })
}

function byResources(run: () => Promise<Record<string, string | null>>): Promise<Renewal> {
  return settled(async () => ({ ok: true, changes: await run() }))
}

/** Failures of the vendor or of a hook become an outcome; anything else is our own bug or a lost database. */
async function settled(run: () => Promise<Renewal>): Promise<Renewal> {
  try {
    return await run()
  } catch (error) {
    if (isTransient(error)) return { ok: false, reason: error.message, isPermanent: false }
    if (!isOutcome(error)) throw error
    const isPermanent = error.status < 502 && error.status !== 429
    return { ok: false, reason: error.message, isPermanent, providerMessage: error.providerMessage }
  }
}

/** What the vendor's refusal, or a hook that cannot go on, looks like. */
const OUTCOMES = new Set(['CODE_REJECTED', 'SCRIPT_FAILED', 'SCRIPT_TIMED_OUT', 'VENDOR_FAILED'])

function isOutcome(error: unknown): error is ValenceError {
  return error instanceof ValenceError && OUTCOMES.has(error.code)
}
