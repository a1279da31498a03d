import Type from 'typebox'
import type { InstanceName } from '../formulas/instances/find-instance.ts'
import { FORMULA_ID, FORMULA_INSTANCE_ID } from './openapi/common-parameters.ts'
import { idOf } from './query.ts'

/** A formula instance is named by its own id, or below its formula. */
export const FORMULA_INSTANCE_PATHS = [
  { root: '/formulas/instances/:instanceId', params: Type.Object({ instanceId: FORMULA_INSTANCE_ID }) },
  {
    root: '/formulas/:id/instances/:instanceId',
    params: Type.Object({ id: FORMULA_ID, instanceId: FORMULA_INSTANCE_ID }),
  },
] as const

/** Which instance, and of which formula where the path says it. */
export function formulaInstanceOf({ id, instanceId }: { id?: string; instanceId: string }): InstanceName {
  return { id: idOf(instanceId), formulaId: id === undefined ? undefined : idOf(id) }
}
