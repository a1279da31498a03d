import { hasLiteralDomain } from '../engine/fill-url.ts'
import type { Plan } from '../engine/plan.ts'
import { ValenceError } from '../errors.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import type { InstanceContext } from './context.ts'
import { inputsOf, runResources } from './lifecycle.ts'
import { clientOf, type OAuthClient } from './oauth-client.ts'

/**
 * Tokens by resources that the element has in place of a call of the token endpoint (spec 11 §4.3): they capture
 * `oauth.user.token`, or their hooks return it.
 *
 * @param inputs what the call would have sent: `code` and `callbackUrl`, or `refreshToken`
 * @returns configuration they changed; `oauth.user.refresh_time` is added where they forget it
 * @throws ValenceError CODE_REJECTED when they bring no token, or with the vendor's status when one fails
 */
export async function tokensByResources(
  context: InstanceContext,
  request: {
    plan: Plan
    state: InstanceState
    held: OAuthClient | undefined
    providerData?: Readonly<Record<string, unknown>>
  },
  type: string,
  inputs: Readonly<Record<string, string>>,
): Promise<Record<string, string | null>> {
  const { plan, held, providerData = {} } = request
  if (!plan.lifecycle.has(type)) {
    throw new ValenceError('OAUTH_UNSUPPORTED', `${plan.element.name} has no resource of type ${type}`)
  }
  const state = withClient(plan, request.state, held, type)
  const { changes, instance } = await runResources(context, plan, type, state, {
    ...inputsOf(state.configuration, providerData),
    ...inputs,
  })
  if (!instance.configuration['oauth.user.token']) {
    throw new ValenceError('CODE_REJECTED', `${plan.element.name} gave no access token (resources of type ${type})`, {
      status: 502,
    })
  }
  // also where the vendor answered the token that is known: or every call would ask it again
  changes['oauth.user.refresh_time'] ??= String(context.now().getTime())
  return changes
}

/**
 * The instance with the client's keys, also where the platform holds them: then only for addresses of the element's own
 * and for resources that came with the release (design.md §5).
 *
 * @param type of the resources that will see them
 */
export function withClient(
  plan: Plan,
  state: InstanceState,
  held: OAuthClient | undefined,
  type: string,
): InstanceState {
  if (!held) return state
  assertOwnBase(plan, state.configuration, held)
  assertOfRelease(plan, held, type)
  const client = clientOf(state.configuration, held)
  return {
    ...state,
    configuration: {
      ...state.configuration,
      'oauth.api.key': client.id,
      'oauth.api.secret': client.secret,
      'oauth.callback.url': client.redirectUri,
    },
  }
}

function assertOwnBase({ element, defaults }: Plan, configuration: Configuration, held: OAuthClient): void {
  const own = defaults['base.url'] ?? ''
  if (!held.secret || (configuration['base.url'] === own && hasLiteralDomain(own))) return
  throw new ValenceError(
    'OAUTH_UNSUPPORTED',
    `${element.name}: a client secret held by the platform is used only with the element's own base.url, which must name its host`,
  )
}

/** Owner of the resources that came with the release (spec 10 §2.6). */
const RELEASE = 1

/** What an account wrote, also as a link of a chain, could tell the secret to anybody: its script, its parameters. */
function assertOfRelease({ element, lifecycle }: Plan, held: OAuthClient, type: string): void {
  if (!held.secret) return
  const resources = (lifecycle.get(type) ?? []).flatMap(({ chain }) => chain)
  const foreign = resources.find(({ resource }) => (resource['ownerAccountId'] ?? RELEASE) !== RELEASE)
  if (!foreign) return
  throw new ValenceError(
    'OAUTH_UNSUPPORTED',
    `${element.name}: a client secret held by the platform is not given to resources that an account wrote (${type} ${foreign.label}); send oauth.api.key and oauth.api.secret`,
  )
}
