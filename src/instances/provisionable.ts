import type { Plan } from '../engine/plan.ts'
import { NOT_EXECUTABLE } from '../engine/steps/match-resource.ts'
import { ValenceError } from '../errors.ts'

/**
 * Resources that run at provisioning, refresh and deletion (spec 11 §4.3) are not built yet: an element that has any is
 * refused whole, never provisioned half.
 * @throws ValenceError RESOURCE_NOT_EXECUTABLE
 */
export function assertProvisionable(plan: Plan): void {
  if (plan.lifecycle.size > 0) throw new ValenceError('RESOURCE_NOT_EXECUTABLE', NOT_EXECUTABLE)
}
