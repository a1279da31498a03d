import type { Catalog } from '../elements/catalog.ts'
import { compile } from '../engine/compile.ts'
import type { Plan } from '../engine/plan.ts'
import type { Plans } from './context.ts'

/** Compiles each element when it is first used and once per version. */
export function createPlans(catalog: Catalog): Plans {
  const plans = new Map<number, Plan>()
  return {
    of(elementId) {
      const known = plans.get(elementId)
      if (known) return known
      const element = catalog.find(elementId)
      if (!element) return undefined
      const plan = compile(element, catalog.versionOf(element))
      plans.set(elementId, plan)
      return plan
    },
  }
}
