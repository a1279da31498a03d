import { bulkDb } from '../bulk-table.ts'
import type { ReadEnded } from '../ended.ts'
import { stepsOf } from './open-step.ts'
import { selectRuns, toRunBody } from './run-body.ts'
import { workflowCallbackContext } from './workflow-step.ts'

/**
 * The callback of a workflow: one for all of its steps, with the members that the status of a job has, and the steps as `GET /bulkloader`
 * shows them, each with what its request said and nothing here depends on.
 */
export const endedWorkflow: ReadEnded = async (context, id, attempts) => {
  const { store } = context
  const workflow = await bulkDb(store)
    .selectFrom('bulk_workflows')
    .selectAll()
    .where('id', '=', id)
    .where('callback_state', '=', 'waiting')
    .where('callback_attempts', '=', attempts)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!workflow?.callback || !workflow.finished_at) return undefined
  const steps = stepsOf(context, workflow)
  const runs = await selectRuns({ store }).where('runs.workflow_id', '=', id).orderBy('runs.number').execute()
  const errors = runs.flatMap(({ error }) => error ?? [])
  const counted = runs.map(toRunBody)
  return {
    ...{ table: 'bulk_workflows', id, instanceId: workflow.instance_id },
    owner: { organizationId: workflow.organization_id, accountId: workflow.account_id, userId: workflow.user_id },
    address: store.cipher.open(workflow.callback, workflowCallbackContext(id)),
    body: JSON.stringify({
      ...{ id: String(id), status: workflow.status },
      ...{ instanceId: workflow.instance_id, instance_id: workflow.instance_id },
      recordsCount: sum(counted.map(({ sourceRecordCount }) => sourceRecordCount)),
      recordsFailedCount: sum(counted.map(({ targetErrorCount }) => targetErrorCount)),
      bulk_start_time: workflow.created_at.getTime(),
      bulk_finish_time: workflow.finished_at.getTime(),
      ...(errors.length === 0 ? {} : { error: errors.join('; ') }),
      jobs: runs.map((run, place) => ({
        ...steps[run.number]?.kept,
        ...counted[place],
        ...(run.error === null ? {} : { error: run.error }),
      })),
    }),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
