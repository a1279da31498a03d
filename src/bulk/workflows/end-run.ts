import type { Transaction } from 'kysely'
import { accountGroup } from '../../jobs/account-group.ts'
import type { Publish } from '../../store/changes.ts'
import { type BulkTables, type BulkWorkflowRun, type FinalStatus, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { CALLBACK_QUEUE, WORKFLOW_QUEUE } from '../held-job.ts'

/** A step is over: what waits for it goes on, and the last one ends the workflow. Nothing happens when it had ended. */
export async function endRun(
  { store, jobs, now }: Pick<BulkContext, 'store' | 'jobs' | 'now'>,
  run: BulkWorkflowRun,
  { status, error = null }: { status: FinalStatus; error?: string | null },
): Promise<void> {
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = inBulk(plainTrx)
    // of two that end at the same moment, the second one sees the first
    const { account_id } = await trx
      .selectFrom('bulk_workflows')
      .select('account_id')
      .where('id', '=', run.workflow_id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const ended = await trx
      .updateTable('bulk_workflow_runs')
      .set({ status, error, finished_at: now() })
      .where('id', '=', run.id)
      .where('finished_at', 'is', null)
      .returning('target_job_id')
      .executeTakeFirst()
    if (!ended) return
    await dropUnreceived(trx, ended.target_job_id, now())
    const open = await trx
      .selectFrom('bulk_workflow_runs')
      .select(['id', 'parent_run_id'])
      .where('workflow_id', '=', run.workflow_id)
      .where('finished_at', 'is', null)
      .execute()
    const group = accountGroup(account_id)
    const children = open.filter(({ parent_run_id }) => parent_run_id === run.id)
    const wakes = children.map(({ id }) => ({ key: String(id), group }))
    await jobs.wake(trx, publish, WORKFLOW_QUEUE, wakes)
    if (open.length === 0) await endWorkflow({ jobs, now }, trx, publish, run.workflow_id)
  })
}

/** An upload whose file could not be copied whole: nobody has seen it, and its parts go with the next sweep. */
async function dropUnreceived(trx: Transaction<BulkTables>, jobId: number | null, at: Date): Promise<void> {
  if (jobId === null) return
  await trx
    .updateTable('bulk_jobs')
    .set({ removed_at: at })
    .where('id', '=', jobId)
    .where('status', '=', 'RECEIVING')
    .execute()
}

async function endWorkflow(
  { jobs, now }: Pick<BulkContext, 'jobs' | 'now'>,
  trx: Transaction<BulkTables>,
  publish: Publish,
  id: number,
): Promise<void> {
  const runs = await trx.selectFrom('bulk_workflow_runs').select('status').where('workflow_id', '=', id).execute()
  const { callback, account_id } = await trx
    .updateTable('bulk_workflows')
    .set(({ eb }) => ({
      status: worstOf(runs.map(({ status }) => status)),
      finished_at: now(),
      callback_state: eb
        .case()
        .when('callback', 'is not', null)
        .then('waiting' as const)
        .else(null)
        .end(),
    }))
    .where('id', '=', id)
    .returning(['callback', 'account_id'])
    .executeTakeFirstOrThrow()
  const group = accountGroup(account_id)
  await jobs.wake(trx, publish, WORKFLOW_QUEUE, [{ key: noticeKey(id), group }])
  if (callback !== null) await jobs.wake(trx, publish, CALLBACK_QUEUE, [{ key: `workflow-${id}`, group }])
}

/** What is woken when a whole workflow has ended, beside the keys of its steps. */
function noticeKey(workflowId: number): string {
  return `ended-${workflowId}`
}

/** @returns undefined for the key of a step */
export function workflowOfNotice(key: string): number | undefined {
  const [, id] = /^ended-(\d+)$/.exec(key) ?? []
  return id === undefined ? undefined : Number(id)
}

function worstOf(statuses: readonly string[]): FinalStatus {
  if (statuses.includes('ABORTED')) return 'ABORTED'
  return statuses.includes('CANCELLED') ? 'CANCELLED' : 'COMPLETED'
}
