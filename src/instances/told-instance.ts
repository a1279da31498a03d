import type { Values } from './configuration.ts'
import { stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import type { ToldInstance } from './instance-change.ts'

/** @param stored its own values; those of the element are added */
export function toldInstance(
  instance: Pick<Instance, 'id' | 'organizationId' | 'accountId' | 'userId' | 'name' | 'tags' | 'disabled'>,
  plan: Instance['plan'],
  stored: Readonly<Values>,
): ToldInstance {
  const { id, organizationId, accountId, userId, name, tags, disabled } = instance
  const { configuration } = stateOf({ id, accountId }, plan.defaults, stored, 0)
  return { id, organizationId, accountId, userId, name, tags, disabled, plan, configuration }
}
