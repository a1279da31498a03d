import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { assertComplete } from './assert-complete.ts'
import { assertStorable, readConfiguration, splitSecrets, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { type LockedCredentials, withCredentials } from './credential-lock.ts'
import { assertSecretsComeAlong } from './destinations.ts'
import { findInstance, loadInstance, notFound, stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import { assertOwnAddresses, type OAuthClient, platformClient } from './oauth-client.ts'
import { isExchange, needsCode, obtainCredentials, type ProviderData } from './obtain-credentials.ts'
import { type ProvisionRequest, readName, readProviderData, readTags } from './provision-request.ts'
import { revokeUnstored } from './revoke.ts'

/**
 * PUT and PATCH of an instance (spec 10 §4.2): `name`, `tags` (replaced as a set), `configuration` (merged by key;
 * `null` brings the element's default back, `********` keeps what is stored) and `providerData` (the authentication
 * flow runs again; id and token stay). Missing members are unchanged, also for PUT (spec 00 §4).
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
  assertSameElement(context, found, body.element)
  const name = body.name === undefined || body.name === null ? undefined : readName(body.name)
  const tags = readTags(body.tags)
  const given = readConfiguration(body.configuration)
  const providerData = readProviderData(body.providerData)

  let change: Change | undefined
  await withCredentials(context, found, async (locked) => {
    const instance = await loadInstance(context, id)
    if (!instance) throw notFound(id)
    change = await changedValues(context, instance, given, providerData)
    await save(context, instance, locked, { name, tags, change })
  }).catch(async (error) => {
    if (change && isExchange(providerData, false)) await revokeUnstored(context, found.plan, change.values, change.held)
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
  given: Values,
  providerData: ProviderData,
): Promise<Change | undefined> {
  const provisionsAgain = Object.keys(providerData).some((name) => name !== 'debug')
  if (Object.keys(given).length === 0 && !provisionsAgain) return undefined
  const { element, defaults } = instance.plan
  const held = await platformClient(context, instance.organizationId, element, instance)
  assertOwnAddresses(element, given, held)
  const values: Values = { ...instance.stored, ...given }
  assertStorable(values)
  const { configuration } = stateOf(instance.id, defaults, values, 0)
  assertComplete(
    element,
    configuration,
    { held, external: false, lacksCode: provisionsAgain && needsCode(element, configuration, providerData, false) },
    (key) => key in given || provisionsAgain,
  )
  // the flow sends the client's keys, so they must be right before it runs; what it brings is not known yet
  assertSecretsComeAlong(instance, configuration, (key) =>
    provisionsAgain && key.startsWith('oauth.user.') ? true : given[key] !== undefined,
  )
  if (!provisionsAgain) return { values, isProvisioned: false, held }
  const credentials = await obtainCredentials(context, element, configuration, providerData, held, false)
  assertSecretsComeAlong(instance, configuration, (key) => given[key] !== undefined || credentials[key] !== undefined)
  return { values: { ...values, ...credentials }, isProvisioned: true, held }
}

async function save(
  context: InstanceContext,
  instance: Instance,
  locked: LockedCredentials,
  { name, tags, change }: { name: string | undefined; tags: string[] | undefined; change: Change | undefined },
): Promise<void> {
  const changes: Record<string, unknown> = { updated_at: context.now() }
  if (name !== undefined) changes['name'] = name
  if (tags !== undefined) changes['tags'] = tags
  if (change) {
    const { plain, secret } = splitSecrets(instance.plan.element, change.values)
    changes['configuration'] = JSON.stringify(plain)
    if (change.isProvisioned) changes['valid'] = true
    const cleared = { refresh_state: null, refresh_failed_at: null, refresh_message: null }
    await locked.save(secret, cleared)
  } else {
    await locked.note({})
  }
  await locked.trx.updateTable('instances').set(changes).where('id', '=', instance.id).execute()
}

/** Moving an instance to a clone of its element comes with private elements. */
function assertSameElement(context: InstanceContext, instance: Instance, element: unknown): void {
  if (typeof element !== 'object' || element === null) return
  const reference = element as Record<string, unknown>
  const keyOrId = reference['id'] ?? reference['key']
  if (keyOrId === undefined || context.catalog.find(String(keyOrId))?.id === instance.plan.element.id) return
  throw new ValenceError(
    'PARAMETER_INVALID',
    `element: an instance of ${instance.plan.element.key} cannot become one of "${String(keyOrId)}"`,
  )
}
