import type { BulkJob, BulkWorkflowRun } from '../bulk-table.ts'
import { inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { createJob, type NewJob } from '../create-job.ts'

/**
 * Makes a job of a step, unless it has one by now.
 * @throws ValenceError TOO_MANY
 */
export async function beginJob(
  context: BulkContext,
  run: BulkWorkflowRun,
  column: 'source_job_id' | 'target_job_id',
  job: Omit<NewJob, 'workflowRunId'>,
): Promise<void> {
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inBulk(plainTrx)
    const open = await trx
      .selectFrom('bulk_workflow_runs')
      .select('id')
      .where('id', '=', run.id)
      .where(column, 'is', null)
      .where('finished_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!open) return
    const { id }: BulkJob = await createJob(context, trx, publish, { ...job, workflowRunId: run.id })
    await trx
      .updateTable('bulk_workflow_runs')
      .set({ [column]: id, status: 'RUNNING' })
      .where('id', '=', run.id)
      .execute()
    await trx
      .updateTable('bulk_workflows')
      .set({ status: 'RUNNING' })
      .where('id', '=', run.workflow_id)
      .where('finished_at', 'is', null)
      .execute()
  })
}
