import { isSecretKey } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { missingKeys, readConfiguration, splitSecrets, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { type LockedCredentials, withCredentials } from './credential-lock.ts'
import { findInstance, loadInstance, notFound, stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import { assertOwnAddresses, platformClient } from './oauth-client.ts'
import { needsCode, obtainCredentials, type ProviderData } from './obtain-credentials.ts'
import { type ProvisionRequest, readName, readProviderData, readTags } from './provision.ts'

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

  await withCredentials(context, { id, elementKey: found.plan.element.key }, async (locked) => {
    const instance = await loadInstance(context, id)
    if (!instance) throw notFound(id)
    const change = await changedValues(context, instance, given, providerData)
    await save(context, instance, locked, { name, tags, change })
  })
  return (await loadInstance(context, id)) ?? Promise.reject(notFound(id))
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
): Promise<{ values: Values; isProvisioned: boolean } | undefined> {
  const provisionsAgain = Object.keys(providerData).some((name) => name !== 'debug')
  if (Object.keys(given).length === 0 && !provisionsAgain) return undefined
  const { element, defaults } = instance.plan
  const held = await platformClient(context, instance.organizationId, element, instance)
  assertOwnAddresses(element, given, held)
  const values: Values = { ...instance.stored, ...given }
  const { configuration } = stateOf(instance.id, defaults, values, 0)
  assertSecretsComeAlong(instance, given, configuration, provisionsAgain)

  const exempt = new Set(held?.secret ? ['oauth.api.key', 'oauth.api.secret', 'oauth.callback.url'] : [])
  const missing = missingKeys(element, configuration, exempt).filter((key) => key in given || provisionsAgain)
  if (provisionsAgain && needsCode(element, configuration, providerData, false)) missing.push('providerData.code')
  if (missing.length > 0) {
    throw new ValenceError(
      'CONFIGURATION_MISSING',
      `The following required configuration properties are missing: ${missing.join(', ')}`,
    )
  }
  if (!provisionsAgain) return { values, isProvisioned: false }
  const credentials = await obtainCredentials(context, element, configuration, providerData, held, false)
  return { values: { ...values, ...credentials }, isProvisioned: true }
}

async function save(
  context: InstanceContext,
  instance: Instance,
  locked: LockedCredentials,
  {
    name,
    tags,
    change,
  }: { name: string | undefined; tags: string[] | undefined; change: Awaited<ReturnType<typeof changedValues>> },
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

/**
 * Credentials stay bound to their hosts (design.md §5): whoever may change an instance but does not know its secrets
 * must not have them sent to a host of his own. A new host needs every masked value again.
 */
function assertSecretsComeAlong(
  instance: Instance,
  given: Values,
  configuration: Readonly<Values>,
  provisionsAgain: boolean,
): void {
  const { plan, state, stored } = instance
  const before = plan.credentialHosts(state)
  const after = plan.credentialHosts({ ...state, configuration })
  const added = [...after].filter((host) => !before.has(host))
  if (added.length === 0) return
  const withheld = Object.keys(stored).filter(
    (key) =>
      stored[key] &&
      isSecretKey(plan.element, key) &&
      given[key] === undefined &&
      !(provisionsAgain && key.startsWith('oauth.user.')),
  )
  if (withheld.length === 0) return
  throw new ValenceError(
    'CONFIGURATION_INVALID',
    `This change sends the instance's credentials to ${added.join(', ')}; send these values again with it: ${withheld.join(', ')}`,
  )
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
