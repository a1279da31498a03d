import Type, { type Static } from 'typebox'
import type { BulkJob } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { callbackContext } from './job-request.ts'

const EpochMs = Type.Integer({ description: 'Milliseconds since 1970' })
const Status = Type.Enum(['CREATED', 'RUNNING', 'COMPLETED', 'ABORTED', 'CANCELLATION_PENDING', 'CANCELLED'])

/** A row of `GET /bulk/jobs` (spec 22 §9). Three generations of clients read different names of the same. */
export const BulkJobBody = Type.Object(
  {
    id: Type.Integer(),
    job_id: Type.Integer({ description: 'The same as `id`' }),
    instanceId: Type.Integer(),
    instance_id: Type.Integer({ description: 'The same as `instanceId`' }),
    object_name: Type.String(),
    job_direction: Type.Enum(['DOWNLOAD', 'UPLOAD']),
    status: Status,
    job_status: Status,
    bulk_status: Status,
    job_state: Type.Enum(['WAITING', 'RUNNING', 'ENDED'], {
      description: 'Whether a process is at it; a job waits between its turns',
    }),
    record_count: Type.Integer({ description: 'Rows that are dealt with, failed ones included' }),
    error_count: Type.Integer(),
    job_query: Type.String({ description: 'The statement of a download' }),
    job_reset_attempt: Type.Integer({ description: 'How often it was taken up again after its process had ended' }),
    fileFormat: Type.String(),
    notification_url: Type.Optional(Type.String({ description: 'Address that is told when it ends' })),
    createdDate: EpochMs,
    completion_time: Type.Optional(EpochMs),
  },
  { title: 'BulkJob' },
)
export type BulkJobBody = Static<typeof BulkJobBody>

/** All that is shown; what was asked may be long. */
export const SHOWN_COLUMNS = [
  ...(['id', 'instance_id', 'object_name', 'direction', 'status', 'is_running', 'records_count'] as const),
  ...(['records_failed_count', 'query', 'reset_attempts', 'file_format', 'callback', 'created_at'] as const),
  'finished_at',
] as const

export function toJobBody(
  { store }: Pick<BulkContext, 'store'>,
  job: Pick<BulkJob, (typeof SHOWN_COLUMNS)[number]>,
): BulkJobBody {
  const { id, instance_id: instanceId, callback, finished_at } = job
  // no row of another status is shown
  const status = job.status as Static<typeof Status>
  return {
    id,
    job_id: id,
    instanceId,
    instance_id: instanceId,
    object_name: job.object_name,
    job_direction: job.direction,
    status,
    job_status: status,
    bulk_status: status,
    job_state: finished_at ? 'ENDED' : job.is_running ? 'RUNNING' : 'WAITING',
    record_count: job.records_count,
    error_count: job.records_failed_count,
    job_query: job.query ?? '',
    job_reset_attempt: job.reset_attempts,
    fileFormat: job.file_format,
    ...(callback === null ? {} : { notification_url: store.cipher.open(callback, callbackContext(id)) }),
    createdDate: job.created_at.getTime(),
    ...(finished_at ? { completion_time: finished_at.getTime() } : {}),
  }
}
