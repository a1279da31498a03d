import { ValenceError } from '../errors.ts'
import type { Resource } from '../model/element.ts'
import { withoutTrailingSlashes } from '../model/trim-slashes.ts'
import type { ResourcePlan } from './plan.ts'
import { pathBelowHub } from './resource-types.ts'

/** A chain has at most this many resources (spec 11 §4.5). */
const MAX_CHAIN = 5

/**
 * Follows `nextResource` from each resource (`METHOD:/path`, with or without `/hubs/<hub>`; the target may be of any
 * type). One more than allowed is kept, so that a call can tell. `searchResource` is written the same way.
 */
export function linkChains(plans: readonly ResourcePlan[]): void {
  const byName = new Map<string, ResourcePlan>()
  for (const plan of plans) {
    const name = nameOf(plan.resource.method, plan.resource.path)
    if (!byName.has(name)) byName.set(name, plan)
  }
  for (const plan of plans) {
    const chain = [plan]
    for (let next = nextOf(plan.resource); next !== undefined && chain.length <= MAX_CHAIN; ) {
      const target = byName.get(next)
      if (!target) {
        plan.notExecutable ??= `its chain leads to ${next}, which the element does not have`
        break
      }
      chain.push(target)
      next = nextOf(target.resource)
    }
    plan.chain = chain
    plan.search = byName.get(named(plan.resource.searchResource) ?? '')
  }
}

/** @throws ValenceError CHAIN_TOO_LONG naming the resources (spec 11 §4.5) */
export function assertChainLength({ label, chain }: ResourcePlan): void {
  if (chain.length <= MAX_CHAIN) return
  throw new ValenceError(
    'CHAIN_TOO_LONG',
    `${label} leads to more than ${MAX_CHAIN} resources: ${chain.map((link) => link.label).join(' → ')}`,
  )
}

function nextOf({ nextResource }: Resource): string | undefined {
  return named(nextResource)
}

function named(text: string | null | undefined): string | undefined {
  const [, method, path] = /^(\w+)\s*:\s*(\/.*)$/.exec(text?.trim() ?? '') ?? []
  return method === undefined || path === undefined ? undefined : nameOf(method, path)
}

function nameOf(method: string, path: string): string {
  return `${method.toUpperCase()}:${withoutTrailingSlashes(pathBelowHub(path))}`
}
