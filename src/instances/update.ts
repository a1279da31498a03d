import type { Updateable } from 'kysely'
import { holdElement } from '../elements/hold-element.ts'
import { ownGrantOf } from '../engine/oauth/refresh-due.ts'
import type { Plan } from '../engine/plan.ts'
import { isSecretKey } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import { assertComplete } from './assert-complete.ts'
import { assertStorable, readConfiguration, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { type LockedCredentials, withCredentials } from './credential-lock.ts'
import { assertSecretsComeAlong } from './destinations.ts'
import { findInstance, loadInstance, notFound, stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import type { InstanceTable } from './instance-table.ts'
import { hasWebhooks, runTypes } from './lifecycle.ts'
import { assertOwnAddresses, type OAuthClient, platformClient } from './oauth-client.ts'
import {
  authenticationType,
  isExchange,
  needsCode,
  obtainCredentials,
  type ProviderData,
} from './obtain-credentials.ts'
import { type ProvisionRequest, readName, readProviderData, readTags } from './provision-request.ts'
import { type Issued, revokeUnstored } from './revoke.ts'
import { storeValues } from './store-values.ts'

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

  let issued: Issued | undefined
  const onIssued = (tokens: Issued) => {
    issued = tokens
  }
  await withCredentials(context, found, async (locked) => {
    const instance = await loadInstance(context, id)
    if (!instance) throw notFound(id)
    const plan = (await otherPlan(context, caller, instance, body.element)) ?? instance.plan
    const change = await changedValues(context, instance, plan, { given, providerData, onIssued })
    await save(context, instance, locked, { name, tags, change, plan })
  }).catch(async (error) => {
    if (issued) await revokeUnstored(context, issued)
    throw error
  })
  return (await loadInstance(context, id)) ?? Promise.reject(notFound(id))
}

interface Change {
  values: Values
  isProvisioned: boolean
}

interface Asked {
  given: Values
  providerData: ProviderData
  /** told of tokens that are worth nothing if this change is not stored */
  onIssued(tokens: Issued): void
}

/**
 * What the instance stores afterwards, or undefined when nothing of it changes.
 * Values are as of now, read under the credential lock.
 */
async function changedValues(
  context: InstanceContext,
  instance: Instance,
  plan: Plan,
  { given, providerData, onIssued }: Asked,
): Promise<Change | undefined> {
  const bringsConsent = Object.keys(providerData).some((name) => name !== 'debug')
  const moves = plan !== instance.plan
  if (Object.keys(given).length === 0 && !bringsConsent && !moves) return undefined
  const { element, defaults } = plan
  const held = await platformClient(context, instance.organizationId, element, instance)
  assertOwnAddresses(element, given, held)
  const values: Values = { ...instance.stored, ...given }
  assertStorable(values)
  const state = stateOf(instance, defaults, values, 0)
  const { configuration } = state
  const isChanged = changesCredentials(instance, plan, given)
  const provisionsAgain = bringsConsent || (isChanged && hasOwnGrant(plan, configuration, given))
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
  const credentials: Values = provisionsAgain
    ? await obtainCredentials(context, { plan, state, providerData, held, external: false })
    : {}
  if (isExchange(providerData, false)) onIssued({ plan, owner: instance, stored: values, issued: credentials, held })
  const brought = (key: string) => given[key] !== undefined || credentials[key] !== undefined
  if (provisionsAgain) assertSecretsComeAlong(instance, configuration, brought, plan)
  const withTokens = { ...values, ...credentials }
  const isProvisioned = provisionsAgain || (plan.lifecycle.has('provisionAuthValidation') && isChanged)
  const types = typesOfUpdate(instance, stateOf(instance, defaults, withTokens, 0), isProvisioned)
  const changes = await runTypes(context, plan, types, stateOf(instance, defaults, withTokens, 0), providerData)
  const changed = { ...withTokens, ...changes }
  assertStorable(changed)
  return { values: changed, isProvisioned }
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
  const type = authenticationType(element, configuration)
  return (
    ownGrantOf(type, configuration) !== undefined && !Object.keys(given).some((key) => key.startsWith('oauth.user.'))
  )
}

/**
 * What an update runs of the element (spec 10 §4.3): the validation where credentials changed, and the webhook resources
 * where events are switched on or off.
 */
function typesOfUpdate(before: Instance, after: InstanceState, isProvisioned: boolean): string[] {
  const types = isProvisioned ? ['provisionAuthValidation'] : []
  const [had, has] = [hasWebhooks(before.state.configuration), hasWebhooks(after.configuration)]
  if (had !== has) types.push(has ? 'onProvisionWebhook' : 'onDeleteWebhook')
  return types
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
  const columns: Updateable<InstanceTable> = {
    ...(name === undefined ? {} : { name }),
    ...(tags === undefined ? {} : { tags }),
    ...(change?.isProvisioned ? { valid: true } : {}),
  }
  if (!change) return changeColumns(context, instance, locked, columns)
  if (plan !== instance.plan) {
    await holdElement(locked.trx, instance, plan.element)
    columns.element_id = plan.element.id
  }
  const refresh = { refresh_state: null, refresh_failed_at: null, refresh_message: null }
  await storeValues(context, locked, { id: instance.id, plan }, change.values, { columns, refresh })
}

async function changeColumns(
  context: InstanceContext,
  { id }: Instance,
  locked: LockedCredentials,
  columns: Updateable<InstanceTable>,
): Promise<void> {
  await locked.note({})
  await locked.trx
    .updateTable('instances')
    .set({ ...columns, updated_at: context.now() })
    .where('id', '=', id)
    .execute()
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
