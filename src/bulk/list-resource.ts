import { resolvePath } from '../engine/common/resolve-path.ts'
import type { ResourcePlan } from '../engine/plan.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { BulkContext } from './context.ts'

/**
 * The resource of the element that answers the list at a path, which may name a common resource.
 * @returns undefined when there is none; calls of it say so
 */
export async function listResource(
  context: Pick<BulkContext, 'mappingOf'>,
  caller: Caller,
  instance: Instance,
  path: string,
): Promise<ResourcePlan | undefined> {
  const resolved = await resolvePath(instance.plan, path, (name) => context.mappingOf(caller, instance, name))
  return instance.plan.resources.find('GET', resolved?.path ?? path)?.value
}

/** What answers the list when there is a `where`. */
export function searchOf(list: ResourcePlan | undefined): ResourcePlan | undefined {
  return list?.search ?? list
}

/** Nothing of the element looks at a `where`: rows are compared with it here, or by nobody. */
export function isFilteredHere(list: ResourcePlan | undefined): boolean {
  const search = searchOf(list)
  return search !== undefined && !search.where && !search.hasHooks
}

/**
 * Whether what the vendor cannot filter by is to be matched here (`Elements-Filter: platform`). Not where a script reads the `where`: what it
 * makes of it need not be a comparison with the rows.
 */
export function mayFilterHere(list: ResourcePlan | undefined): boolean {
  const search = searchOf(list)
  return search !== undefined && !(search.hasHooks && search.where?.target !== 'query')
}

/** Whether a query parameter of the caller goes anywhere: to the vendor, or to a script. */
export function takesParameter({ plan }: Instance, list: ResourcePlan | undefined, name: string): boolean {
  if (!list || list.hasHooks) return true
  const parameters = [...plan.element.parameters, ...(list.resource.parameters ?? [])]
  return parameters.some((parameter) => parameter.type === 'query' && parameter.name === name)
}
