import type { Updateable } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import { holdElement } from '../elements/hold-element.ts'
import type { Plan } from '../engine/plan.ts'
import type { Caller } from '../model/account.ts'
import { moveInstanceLevels } from '../resources/remove-owner.ts'
import { type ChangedValues, changedValues } from './changed-values.ts'
import { readConfiguration } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { type LockedCredentials, withCredentials } from './credential-lock.ts'
import { findInstance, loadInstance, notFound } from './find.ts'
import type { Instance } from './instance.ts'
import { instanceChange } from './instance-record.ts'
import type { InstanceTable } from './instance-table.ts'
import { type ProvisionRequest, readName, readProviderData, readTags } from './provision-request.ts'
import { type Issued, revokeUnstored } from './revoke.ts'
import { storeChange } from './store-change.ts'

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
    await save(context, caller, instance, locked, { name, tags, change, plan })
  }).catch(async (error) => {
    if (issued) await revokeUnstored(context, issued)
    throw error
  })
  return (await loadInstance(context, id)) ?? Promise.reject(notFound(id))
}

interface Saved {
  name: string | undefined
  tags: string[] | undefined
  change: ChangedValues | undefined
  plan: Plan
}

async function save(
  context: InstanceContext,
  caller: Caller,
  instance: Instance,
  locked: LockedCredentials,
  { name, tags, change, plan }: Saved,
): Promise<void> {
  if (plan !== instance.plan) {
    await holdElement(locked.trx, instance, plan.element)
    await moveInstanceLevels(locked.trx, locked.publish, instance, plan.element)
  }
  const columns: Updateable<InstanceTable> = {
    element_id: plan.element.id,
    ...(name === undefined ? {} : { name }),
    ...(tags === undefined ? {} : { tags }),
    ...(change?.isProvisioned ? { valid: true } : {}),
  }
  // whatever kept the last refresh from succeeding may be mended
  const refresh = change && { refresh_state: null, refresh_failed_at: null, refresh_message: null }
  const changed = {
    ...instance,
    name: name ?? instance.name,
    tags: tags ?? instance.tags,
    valid: columns.valid ?? instance.valid,
    plan,
    stored: change?.values ?? instance.stored,
  }
  const after = await storeChange(context, locked, instance, changed, { columns, ...(refresh && { refresh }) })
  await recordChange(locked.trx, caller, instanceChange('update', instance, after))
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
