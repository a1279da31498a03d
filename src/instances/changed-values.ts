import { authenticationTypeOf } from '../engine/authentication-type.ts'
import { ownGrantOf } from '../engine/oauth/refresh-due.ts'
import type { Plan } from '../engine/plan.ts'
import { isSecretKey } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import { assertComplete } from './assert-complete.ts'
import { assertStorable, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { assertSecretsComeAlong } from './destinations.ts'
import { stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import { hasWebhooks, runTypes } from './lifecycle.ts'
import { assertOwnAddresses, type OAuthClient, platformClient } from './oauth-client.ts'
import { isExchange, needsCode, obtainCredentials, type ProviderData } from './obtain-credentials.ts'
import type { Issued } from './revoke.ts'
import { webhookReference } from './webhook-reference.ts'

/** What somebody asks of an instance's configuration. */
export interface AskedChange {
  given: Values
  providerData: ProviderData
  /** told of tokens that are worth nothing if this change is not stored */
  onIssued(tokens: Issued): void
}

export interface ChangedValues {
  /** everything the instance stores from now on */
  values: Values
  /** the vendor took the credentials */
  isProvisioned: boolean
}

/**
 * What an instance stores after an update, or undefined when nothing of it changes: the change is checked, the
 * authentication flow runs again where other credentials came (spec 10 §4.3), then what the element runs at an update.
 *
 * @param instance as of now, read under the credential lock
 * @param plan of the element that it has afterwards
 * @throws ValenceError CONFIGURATION_INVALID, CONFIGURATION_MISSING, CODE_REJECTED, VENDOR_FAILED …
 */
export async function changedValues(
  context: InstanceContext,
  instance: Instance,
  plan: Plan,
  asked: AskedChange,
): Promise<ChangedValues | undefined> {
  const { given, providerData } = asked
  const bringsConsent = Object.keys(providerData).some((name) => name !== 'debug')
  if (Object.keys(given).length === 0 && !bringsConsent && plan === instance.plan) return undefined
  const held = await platformClient(context, instance.organizationId, plan.element, instance)
  const values: Values = { ...instance.stored, ...given }
  assertStorable(values)
  const state = stateOf(instance, plan.defaults, values, 0)
  const isChanged = changesCredentials(instance, plan, given)
  const provisionsAgain = bringsConsent || (isChanged && hasOwnGrant(plan, state.configuration, given))
  const change: Change = { ...asked, instance, plan, held, state, values, provisionsAgain }
  assertAllowed(change)
  const tokens = provisionsAgain ? await newTokens(context, change) : {}
  const isProvisioned = provisionsAgain || (isChanged && plan.lifecycle.has('provisionAuthValidation'))
  const current = stateOf(instance, plan.defaults, { ...values, ...tokens }, 0)
  const types = typesOfUpdate(context, instance, current, isProvisioned)
  const changed = { ...values, ...tokens, ...(await runTypes(context, plan, types, current, providerData)) }
  assertStorable(changed)
  return { values: changed, isProvisioned }
}

interface Change extends AskedChange {
  instance: Instance
  plan: Plan
  held: OAuthClient | undefined
  /** what the instance stores and sees with what was given */
  values: Values
  state: InstanceState
  provisionsAgain: boolean
}

/** Before anything is sent: the flow sends the client's keys, so they must be right; what it brings is not known yet. */
function assertAllowed({ instance, plan, held, state, given, providerData, provisionsAgain }: Change): void {
  const { element } = plan
  const { configuration } = state
  const moves = plan !== instance.plan
  assertOwnAddresses(element, given, held)
  const lacksCode = provisionsAgain && needsCode(element, configuration, providerData, false)
  const isAsked = (key: string) => Object.hasOwn(given, key) || provisionsAgain || moves
  assertComplete(element, configuration, { held, external: false, lacksCode }, isAsked)
  if (moves) assertClientComesAlong(instance, element, held)
  const brought = (key: string) => (provisionsAgain && key.startsWith('oauth.user.')) || isGiven(given, key)
  assertSecretsComeAlong(instance, configuration, brought, plan)
}

async function newTokens(context: InstanceContext, change: Change): Promise<Values> {
  const { instance, plan, held, state, values, given, providerData } = change
  const tokens = await obtainCredentials(context, { plan, state, providerData, held, external: false })
  if (isExchange(providerData, false)) {
    change.onIssued({ plan, owner: instance, stored: values, issued: tokens, held })
  }
  const brought = (key: string) => isGiven(given, key) || isGiven(tokens, key)
  assertSecretsComeAlong(instance, state.configuration, brought, plan)
  return tokens
}

function isGiven(values: Values, key: string): boolean {
  return Object.hasOwn(values, key)
}

/** Whether somebody brings other credentials: a secret, or a value that provisioning asks for (spec 10 §4.3). */
function changesCredentials({ state }: Instance, { element }: Plan, given: Values): boolean {
  const asked = new Set(
    element.configuration.filter(({ required, internal }) => required && !internal).map(({ key }) => key),
  )
  return Object.entries(given).some(
    ([key, value]) => (asked.has(key) || isSecretKey(element, key)) && value !== (state.configuration[key] ?? null),
  )
}

/** Whether new credentials are enough for new tokens; tokens that the caller brings are no credentials to get some with. */
function hasOwnGrant({ element }: Plan, configuration: Configuration, given: Values): boolean {
  const type = authenticationTypeOf(element, configuration)
  return (
    ownGrantOf(type, configuration) !== undefined && !Object.keys(given).some((key) => key.startsWith('oauth.user.'))
  )
}

/**
 * What an update runs of the element (spec 10 §4.3): the validation where credentials changed, and the webhook resources
 * where events are switched on or off, or come to another address.
 */
function typesOfUpdate(
  { store }: InstanceContext,
  { state: before }: Instance,
  after: InstanceState,
  isProvisioned: boolean,
): string[] {
  const [had, has] = [hasWebhooks(before.configuration), hasWebhooks(after.configuration)]
  // the vendor would go on calling an address that is worth nothing any more
  const hasMoved = webhookReference(store.cipher, before) !== webhookReference(store.cipher, after)
  return [
    ...(isProvisioned ? ['provisionAuthValidation'] : []),
    ...(had && (!has || hasMoved) ? ['onDeleteWebhook'] : []),
    ...(has && (!had || hasMoved) ? ['onProvisionWebhook'] : []),
  ]
}

/** What the organization registered for one element is not used for another (design.md §5). */
function assertClientComesAlong({ plan, application }: Instance, element: Element, held: OAuthClient | undefined) {
  if (application === null || held) return
  throw new ValenceError(
    'CONFIGURATION_INVALID',
    `element: the instance uses the default OAuth application of ${plan.element.name}, and none is registered for ${element.name}`,
  )
}
