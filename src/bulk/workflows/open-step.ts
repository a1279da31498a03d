import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import { type BulkWorkflow, type BulkWorkflowRun, bulkDb } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { type WorkflowStep, workflowRequestContext } from './workflow-step.ts'

/** What a step was asked for. */
export async function stepOf(context: Pick<BulkContext, 'store'>, run: BulkWorkflowRun): Promise<WorkflowStep> {
  const row = await bulkDb(context.store)
    .selectFrom('bulk_workflows')
    .select(['id', 'request'])
    .where('id', '=', run.workflow_id)
    .executeTakeFirstOrThrow()
  const step = stepsOf(context, row)[run.number]
  if (!step) throw new Error(`bulk workflow ${run.workflow_id} has no step ${run.number}`)
  return step
}

export function stepsOf(
  { store }: Pick<BulkContext, 'store'>,
  { id, request }: Pick<BulkWorkflow, 'id' | 'request'>,
): WorkflowStep[] {
  return JSON.parse(store.cipher.open(request, workflowRequestContext(id))) as WorkflowStep[]
}

/** @throws ValenceError INSTANCE_NOT_FOUND: it was deleted meanwhile */
export async function instanceById({ findInstance }: Pick<BulkContext, 'findInstance'>, id: number): Promise<Instance> {
  const instance = await findInstance(id)
  if (instance) return instance
  throw new ValenceError('INSTANCE_NOT_FOUND', `The element instance ${id} was deleted`)
}
