import type { Caller } from '../../model/account.ts'
import type { BulkContext } from '../context.ts'
import { type BulkLoaderBody, selectRuns, toRunBody } from './run-body.ts'

export interface RunsQuery {
  /** only of workflows that this schedule began */
  scheduleId: number | undefined
  /** only those that waited for this one */
  parentRunId: number | undefined
  pageSize: number
  /** from 1; counts where `after` is absent */
  page: number | undefined
  /** id of the last one of the previous page */
  after: number | undefined
}

/** `GET /bulkloader`: steps of all workflows of the caller's account, the newest first. */
export async function listRuns(
  { store }: Pick<BulkContext, 'store'>,
  caller: Caller,
  { scheduleId, parentRunId, pageSize, page, after }: RunsQuery,
): Promise<{ items: BulkLoaderBody[]; next: number | undefined }> {
  const rows = await selectRuns({ store })
    .where('runs.organization_id', '=', caller.organizationId)
    .where('runs.account_id', '=', caller.accountId)
    .$if(scheduleId !== undefined, (found) => found.where('workflows.schedule_id', '=', scheduleId ?? 0))
    .$if(parentRunId !== undefined, (found) => found.where('runs.parent_run_id', '=', parentRunId ?? 0))
    .$if(after !== undefined, (found) => found.where('runs.id', '<', after ?? 0))
    .orderBy('runs.id', 'desc')
    .limit(pageSize + 1)
    .offset(after === undefined ? ((page ?? 1) - 1) * pageSize : 0)
    .execute()
  const shown = rows.slice(0, pageSize)
  return { items: shown.map(toRunBody), next: rows.length > shown.length ? shown.at(-1)?.id : undefined }
}
