import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { BulkContext } from '../context.ts'
import { parentsOf } from './parents.ts'
import { type PlannedStep, planStep } from './plan-step.ts'
import { placed, readWorkflow } from './read-workflow.ts'

export interface PlannedWorkflow {
  planned: PlannedStep[]
  /** of each step the place of the one that it waits for */
  parents: (number | undefined)[]
}

/**
 * The body of `POST /bulk/workflows`, with everything that it names found. Nothing begins.
 * @throws ValenceError for anything that a step could not begin with
 */
export async function planWorkflow(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  body: unknown,
): Promise<PlannedWorkflow> {
  const asked = readWorkflow(body)
  const planned: PlannedStep[] = []
  for (const [place, step] of asked.entries()) {
    planned.push(await planStep(context, caller, instance, step).catch((error: unknown) => fail(place, error)))
  }
  const parents = parentsOf(
    planned.map(({ sourceObjectName: objectName }, place) => ({
      ...{ objectName, parentObjectName: asked[place]?.parentObjectName },
    })),
  )
  return { planned, parents }
}

function fail(place: number, error: unknown): never {
  throw error instanceof ValenceError ? placed(`[${place}]`, error) : error
}
