import { resolvePath } from '../engine/common/resolve-path.ts'
import { pathBelowHub } from '../engine/resource-types.ts'
import type { InstanceContext } from './context.ts'
import type { Instance } from './instance.ts'
import { mappingOwner } from './mapping-owner.ts'

/** Whether the element has a resource of its own that begins with the same word as the path: one of its `{variables}` is not meant. */
export function namesPath({ plan }: Instance, method: string, path: string): boolean {
  const found = plan.resources.find(method, path)
  const wordOf = (one: string) => one.split('/', 2)[1]
  return found !== undefined && wordOf(pathBelowHub(found.value.resource.path)) === wordOf(path)
}

/** Whether the instance has a resource for a method and a path that the platform knows as well: the element's, or a common one. */
export async function answersPath(
  { mappings }: Pick<InstanceContext, 'mappings'>,
  instance: Instance,
  method: string,
  path: string,
): Promise<boolean> {
  const { plan } = instance
  if (plan.resources.find(method, path)) return true
  const owner = mappingOwner(instance)
  const resolved = await resolvePath(plan, path, (name) => mappings.of(owner, name))
  return resolved !== undefined && plan.resources.find(method, resolved.path) !== undefined
}
