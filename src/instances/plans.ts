import type { ElementEntry } from '../elements/directory.ts'
import { compile } from '../engine/compile.ts'
import type { Plan } from '../engine/plan.ts'
import type { Plans } from './context.ts'

/** Compiles each element when it is first used and once per version; a plan lives as long as its entry. */
export function createPlans(): Plans {
  const plans = new WeakMap<ElementEntry, Plan>()
  return {
    of(entry) {
      const known = plans.get(entry)
      if (known) return known
      const plan = compile(entry.element)
      plans.set(entry, plan)
      return plan
    },
  }
}
