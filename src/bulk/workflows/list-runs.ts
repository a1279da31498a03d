import type { Caller } from '../../model/account.ts'
import { type PageQuery, pageById } from '../../store/page-by-id.ts'
import type { BulkContext } from '../context.ts'
import { type BulkLoaderBody, selectRuns, toRunBody } from './run-body.ts'

export interface RunsQuery extends PageQuery {
  /** only of workflows that this schedule began */
  scheduleId: number | undefined
  /** only those that waited for this one */
  parentRunId: number | undefined
}

/** `GET /bulkloader`: steps of all workflows of the caller's account, the newest first. */
export async function listRuns(
  { store }: Pick<BulkContext, 'store'>,
  caller: Caller,
  { scheduleId, parentRunId, ...page }: RunsQuery,
): Promise<{ items: BulkLoaderBody[]; next: number | undefined }> {
  const runs = selectRuns({ store })
    .where('runs.organization_id', '=', caller.organizationId)
    .where('runs.account_id', '=', caller.accountId)
    .$if(scheduleId !== undefined, (found) => found.where('workflows.schedule_id', '=', scheduleId ?? 0))
    .$if(parentRunId !== undefined, (found) => found.where('runs.parent_run_id', '=', parentRunId ?? 0))
  const { shown, next } = await pageById(runs, page, { by: 'runs.id', isNewestFirst: true })
  return { items: shown.map(toRunBody), next }
}
