import type { MappingOwner } from '../resources/mappings.ts'
import type { Instance } from './instance.ts'

/** For which levels of common resources an instance asks. */
export function mappingOwner({ id, accountId, organizationId, plan }: Instance): MappingOwner {
  return { instanceId: id, accountId, organizationId, element: plan.element }
}
