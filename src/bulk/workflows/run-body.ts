import Type, { type Static } from 'typebox'
import { bulkDb } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'

const JobStatus = Type.Union([Type.String(), Type.Null()], { description: 'null: it has not begun' })

/** A row of `GET /bulkloader` (spec 22 §10): a step of a workflow. */
export const BulkLoaderBody = Type.Object(
  {
    bulkLoaderId: Type.Integer(),
    groupName: Type.String({ description: 'Id of the workflow' }),
    status: Type.String(),
    sourceStatus: JobStatus,
    targetStatus: JobStatus,
    sourceObjectName: Type.String(),
    targetObjectName: Type.String(),
    sourceElementKey: Type.String(),
    targetElementKey: Type.String(),
    sourceRecordCount: Type.Integer(),
    targetErrorCount: Type.Integer(),
    createdDate: Type.Integer({ description: 'Milliseconds since 1970' }),
  },
  { title: 'BulkLoader' },
)
export type BulkLoaderBody = Static<typeof BulkLoaderBody>

/** Steps of workflows that are there, with what their jobs came to so far. */
export function selectRuns({ store }: Pick<BulkContext, 'store'>) {
  return bulkDb(store)
    .selectFrom('bulk_workflow_runs as runs')
    .innerJoin('bulk_workflows as workflows', 'workflows.id', 'runs.workflow_id')
    .leftJoin('bulk_jobs as source', 'source.id', 'runs.source_job_id')
    .leftJoin('bulk_jobs as target', 'target.id', 'runs.target_job_id')
    .selectAll('runs')
    .select([
      'source.status as source_status',
      'source.records_count as source_count',
      'target.status as target_status',
      'target.records_failed_count as target_failed_count',
    ])
    .where('runs.removed_at', 'is', null)
}

type RunRow = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number]

export function toRunBody(row: RunRow): BulkLoaderBody {
  return {
    bulkLoaderId: row.id,
    groupName: String(row.workflow_id),
    status: row.status,
    sourceStatus: row.source_status,
    targetStatus: row.target_status === 'RECEIVING' ? beforeUpload(row) : row.target_status,
    sourceObjectName: row.source_object_name,
    targetObjectName: row.target_object_name ?? '',
    sourceElementKey: row.source_element_key,
    targetElementKey: row.target_element_key ?? '',
    sourceRecordCount: row.source_count ?? 0,
    targetErrorCount: row.target_failed_count ?? 0,
    createdDate: row.created_at.getTime(),
  }
}

/** While the file is copied the upload waits; without one it never began. */
function beforeUpload({ finished_at }: Pick<RunRow, 'finished_at'>): string | null {
  return finished_at ? null : 'CREATED'
}
