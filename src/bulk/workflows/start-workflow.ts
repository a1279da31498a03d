import type { Instance } from '../../instances/instance.ts'
import { accountGroup } from '../../jobs/account-group.ts'
import type { Caller } from '../../model/account.ts'
import { nextId } from '../../store/next-id.ts'
import { inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { assertRequestLength } from '../create-job.ts'
import { WORKFLOW_QUEUE } from '../held-job.ts'
import { readCallbackUrl } from '../read-callback.ts'
import { planWorkflow } from './plan-workflow.ts'
import { workflowCallbackContext, workflowRequestContext } from './workflow-step.ts'

export interface WorkflowAsked {
  /** as it came */
  body: unknown
  /** as it came */
  callback?: string | undefined
  /** the schedule that makes the call */
  scheduleId?: number | undefined
}

/**
 * `POST /bulk/workflows` (spec 22 §10): rows of the instance go to others, by a download and an upload for each step. What the steps come to
 * is told by `list-runs.ts`; what is done for them, `run-workflow.ts` does.
 *
 * @throws ValenceError for anything that a step could not begin with; and what the checks of queries and uploads throw
 */
export async function startWorkflow(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  { body, callback, scheduleId }: WorkflowAsked,
): Promise<{ id: string; status: 'CREATED' }> {
  const address = readCallbackUrl(callback)
  const { planned, parents } = await planWorkflow(context, caller, instance, body)
  const request = JSON.stringify(planned.map(({ step }) => step))
  assertRequestLength(request)
  const owner = {
    organization_id: instance.organizationId,
    account_id: instance.accountId,
    user_id: caller.userId,
  }
  return context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inBulk(plainTrx)
    const { cipher } = context.store
    const id = await nextId(trx, 'bulk_workflows')
    await trx
      .insertInto('bulk_workflows')
      .values({
        ...{ id, ...owner, status: 'CREATED', instance_id: instance.id, schedule_id: scheduleId ?? null },
        request: cipher.seal(request, workflowRequestContext(id)),
        callback: address === undefined ? null : cipher.seal(address, workflowCallbackContext(id)),
      })
      .execute()
    const runIds: number[] = []
    for (const _ of planned) runIds.push(await nextId(trx, 'bulk_workflow_runs'))
    await trx
      .insertInto('bulk_workflow_runs')
      .values(
        planned.map(({ sourceObjectName, target, targetObjectName }, place) => {
          const parent = parents[place]
          return {
            ...{ id: runIds[place] as number, workflow_id: id, ...owner, number: place, status: 'CREATED' as const },
            parent_run_id: parent === undefined ? null : (runIds[parent] as number),
            source_instance_id: instance.id,
            source_element_key: instance.plan.element.key,
            source_object_name: sourceObjectName,
            target_instance_id: target.id,
            target_element_key: target.plan.element.key,
            target_object_name: targetObjectName,
          }
        }),
      )
      .execute()
    const group = accountGroup(instance.accountId)
    const wakes = runIds.map((runId) => ({ key: String(runId), group }))
    await context.jobs.wake(trx, publish, WORKFLOW_QUEUE, wakes)
    return { id: String(id), status: 'CREATED' }
  })
}
