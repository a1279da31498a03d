import type { Element } from '../model/element.ts'
import { compileAddresses } from './addresses.ts'
import { linkChains } from './chains.ts'
import { compileResource } from './compile-resource.ts'
import type { Plan, ResourcePlan } from './plan.ts'
import { buildResourceTree } from './resource-tree.ts'
import { isCallable, pathBelowHub, typeOf } from './resource-types.ts'

/**
 * Compiles an element once per version. Never refuses an element for something it does not understand (tolerance
 * rule, spec 11): a resource that this version cannot run is marked, the others work.
 */
export function compile(element: Element): Plan {
  const plans = element.resources.map((resource) => compileResource(element, resource))
  linkChains(plans)
  const lifecycle = new Map<string, ResourcePlan[]>()
  for (const plan of plans) {
    const type = typeOf(plan.resource)
    if (!isCallable(plan.resource)) lifecycle.set(type, [...(lifecycle.get(type) ?? []), plan])
  }
  return {
    element,
    defaults: Object.freeze(
      Object.fromEntries(element.configuration.map((row) => [row.key, row.defaultValue || null])),
    ),
    resources: buildResourceTree(
      plans
        .filter(({ resource }) => isCallable(resource))
        .map((plan) => ({ method: plan.resource.method, path: pathBelowHub(plan.resource.path), value: plan })),
    ),
    lifecycle,
    booleanKeys: new Set(
      element.configuration.filter(({ type }) => /^BOOLEAN/i.test(type ?? '')).map(({ key }) => key),
    ),
    ...compileAddresses(element),
  }
}
