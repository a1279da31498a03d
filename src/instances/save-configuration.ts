import type { Configuration } from '../model/instance.ts'
import { assertStorable } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { withCredentials } from './credential-lock.ts'
import { loadInstance, notFound } from './find.ts'
import { storeChange } from './store-change.ts'

/**
 * Stores what hooks and captures changed while a call ran (spec 11 §6.4 `configuration`), on top of what is stored by
 * now: two calls that change different keys both keep theirs. `null` brings the element's default back.
 *
 * @throws ValenceError CONFIGURATION_INVALID when it is more than an instance may hold; INSTANCE_NOT_FOUND when it was deleted
 */
export async function saveConfiguration(
  context: InstanceContext,
  instanceId: number,
  changes: Configuration,
): Promise<void> {
  const found = await loadInstance(context, instanceId)
  if (!found) throw notFound(instanceId)
  await withCredentials(context, found, async (locked) => {
    const instance = await loadInstance(context, instanceId)
    if (!instance) throw notFound(instanceId)
    const stored = { ...instance.stored, ...changes }
    assertStorable(stored)
    await storeChange(context, locked, instance, { ...instance, stored })
  })
}
