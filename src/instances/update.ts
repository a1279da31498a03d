import { holdElement } from '../elements/hold-element.ts'
import type { Plan } from '../engine/plan.ts'
import { isSecretKey } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import type { InstanceState } from '../model/instance.ts'
import { assertComplete } from './assert-complete.ts'
import { assertStorable, readConfiguration, splitSecrets, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { type LockedCredentials, withCredentials } from './credential-lock.ts'
import { assertSecretsComeAlong } from './destinations.ts'
import { findInstance, loadInstance, notFound, stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import { eventsEnabled, inputsOf, runResources } from './lifecycle.ts'
import { assertOwnAddresses, type OAuthClient, platformClient } from './oauth-client.ts'
import { isExchange, needsCode, obtainCredentials, type ProviderData } from './obtain-credentials.ts'
import { type ProvisionRequest, readName, readProviderData, readTags } from './provision-request.ts'
import { revokeUnstored } from './revoke.ts'

/**
 * PUT and PATCH of an instance (spec 10 §4.2): `name`, `tags` (replaced as a set), `configuration` (merged by key;
 * `null` brings the element's default back, `********` keeps what is stored) and `providerData` (the authentication
 * flow runs again; id and token stay) and `element` (the instance moves to a clone of its element, spec 10 §2.6).
 * Missing members are unchanged, also for PUT (spec 00 §4).
 *
 * @throws ValenceError INSTANCE_NOT_FOUND, CONFIGURATION_INVALID, CONFIGURATION_MISSING, CODE_REJECTED …
 */
export async function updateInstance(
  context: InstanceContext,
  caller: Caller,
  id: number,
  body: ProvisionRequest,
  elementKeyOrId?: string,
): Promise<Instance> {
  const found = await findInstance(context, caller, 'instances.update', id, elementKeyOrId)
  const name = body.name === undefined || body.name === null ? undefined : readName(body.name)
  const tags = readTags(body.tags)
  const given = readConfiguration(body.configuration)
  const providerData = readProviderData(body.providerData)

  let change: Change | undefined
  await withCredentials(context, found, async (locked) => {
    const instance = await loadInstance(context, id)
    if (!instance) throw notFound(id)
    const plan = (await otherPlan(context, caller, instance, body.element)) ?? instance.plan
    change = await changedValues(context, instance, plan, given, providerData)
    await save(context, instance, locked, { name, tags, change, plan })
  }).catch(async (error) => {
    if (change && isExchange(providerData, false))
      await revokeUnstored(context, found.plan, found, change.values, change.held)
    throw error
  })
  return (await loadInstance(context, id)) ?? Promise.reject(notFound(id))
}

interface Change {
  values: Values
  isProvisioned: boolean
  held: OAuthClient | undefined
}

/**
 * What the instance stores afterwards, or undefined when nothing of it changes.
 * Values are as of now, read under the credential lock.
 */
async function changedValues(
  context: InstanceContext,
  instance: Instance,
  plan: Plan,
  given: Values,
  providerData: ProviderData,
): Promise<Change | undefined> {
  const provisionsAgain = Object.keys(providerData).some((name) => name !== 'debug')
  const moves = plan !== instance.plan
  if (Object.keys(given).length === 0 && !provisionsAgain && !moves) return undefined
  const { element, defaults } = plan
  const held = await platformClient(context, instance.organizationId, element, instance)
  assertOwnAddresses(element, given, held)
  const values: Values = { ...instance.stored, ...given }
  assertStorable(values)
  const state = stateOf(instance, defaults, values, 0)
  const { configuration } = state
  assertComplete(
    element,
    configuration,
    { held, external: false, lacksCode: provisionsAgain && needsCode(element, configuration, providerData, false) },
    (key) => key in given || provisionsAgain || moves,
  )
  if (moves) assertClientComesAlong(instance, element, held)
  // the flow sends the client's keys, so they must be right before it runs; what it brings is not known yet
  assertSecretsComeAlong(
    instance,
    configuration,
    (key) => (provisionsAgain && key.startsWith('oauth.user.') ? true : given[key] !== undefined),
    plan,
  )
  const isProvisioned =
    provisionsAgain || (plan.lifecycle.has('provisionAuthValidation') && changesCredentials(instance, plan, given))
  const credentials: Values = provisionsAgain
    ? await obtainCredentials(context, { plan, state, providerData, held, external: false })
    : {}
  const brought = (key: string) => given[key] !== undefined || credentials[key] !== undefined
  if (provisionsAgain) assertSecretsComeAlong(instance, configuration, brought, plan)
  Object.assign(values, credentials)
  Object.assign(
    values,
    await runUpdate(context, instance, stateOf(instance, defaults, values, 0), plan, { isProvisioned, providerData }),
  )
  assertStorable(values)
  return { values, isProvisioned, held }
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

/**
 * What an update runs of the element (spec 10 §4.3): the validation where credentials changed, and the webhook resources
 * where events are switched on or off.
 */
async function runUpdate(
  context: InstanceContext,
  instance: Instance,
  state: InstanceState,
  plan: Plan,
  { isProvisioned, providerData }: { isProvisioned: boolean; providerData: ProviderData },
): Promise<Values> {
  const types: string[] = isProvisioned ? ['provisionAuthValidation'] : []
  const [before, after] = [eventsEnabled(instance.state.configuration), eventsEnabled(state.configuration)]
  if (before !== after) types.push(after ? 'onProvisionWebhook' : 'onDeleteWebhook')
  const changes: Values = {}
  let current = state
  for (const type of types) {
    const outcome = await runResources(context, plan, type, current, inputsOf(current.configuration, providerData))
    current = outcome.instance
    Object.assign(changes, outcome.changes)
  }
  return changes
}

async function save(
  context: InstanceContext,
  instance: Instance,
  locked: LockedCredentials,
  {
    name,
    tags,
    change,
    plan,
  }: { name: string | undefined; tags: string[] | undefined; change: Change | undefined; plan: Plan },
): Promise<void> {
  const changes: Record<string, unknown> = { updated_at: context.now() }
  if (name !== undefined) changes['name'] = name
  if (tags !== undefined) changes['tags'] = tags
  if (change) {
    const { plain, secret } = splitSecrets(plan.element, change.values)
    if (plan !== instance.plan) await holdElement(locked.trx, instance, plan.element)
    changes['element_id'] = plan.element.id
    changes['configuration'] = JSON.stringify(plain)
    if (change.isProvisioned) changes['valid'] = true
    const cleared = { refresh_state: null, refresh_failed_at: null, refresh_message: null }
    await locked.save(secret, cleared)
  } else {
    await locked.note({})
  }
  await locked.trx.updateTable('instances').set(changes).where('id', '=', instance.id).execute()
}

/**
 * The element that the body names, when it is another one. An id decides; the key of the element the instance has means
 * that one, also when the account has an element of its own by that key.
 */
async function otherPlan(
  context: InstanceContext,
  caller: Caller,
  { plan }: Instance,
  reference: unknown,
): Promise<Plan | undefined> {
  if (typeof reference !== 'object' || reference === null) return undefined
  const { id, key } = reference as Record<string, unknown>
  const keyOrId = id ?? (key === plan.element.key ? undefined : key)
  if (keyOrId === undefined || keyOrId === null) return undefined
  const entry = await context.elements.require(caller, String(keyOrId))
  return entry.element.id === plan.element.id ? undefined : context.plans.of(entry)
}

/** What the organization registered for one element is not used for another (design.md §5). */
function assertClientComesAlong({ plan, application }: Instance, element: Element, held: OAuthClient | undefined) {
  if (application === null || held) return
  throw new ValenceError(
    'CONFIGURATION_INVALID',
    `element: the instance uses the default OAuth application of ${plan.element.name}, and none is registered for ${element.name}`,
  )
}
