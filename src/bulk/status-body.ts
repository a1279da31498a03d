import type { BulkJob } from './bulk-table.ts'

/** What there is to say of a job (spec 22 §6): `GET /bulk/{id}/status`, the body of its callback. */
export interface StatusBody {
  id: number
  instanceId: number
  instance_id: number
  status: string
  object_name: string
  job_direction: string
  recordsCount: number
  recordsFailedCount: number
  /** rows that may have been written or not; they are part of the failed ones */
  recordsUncertainCount: number
  /** where it is known */
  recordsTotal?: number
  fileFormat: string
  fileSize: number
  bulk_start_time?: number
  bulk_finish_time?: number
  vendorJobId?: string
  /** of a job that is under way */
  recordsPerSecond?: number
  /** epoch milliseconds, where it can be told */
  estimatedFinishTime?: number
  message?: string
  error?: string
  metadata: Record<string, unknown>
  [echoed: string]: unknown
}

/**
 * @param metaData of the request: the whole is `metadata`, its `callback-payload` and `fileName` also stand beside the rest
 */
export function statusBody(
  job: Omit<BulkJob, 'request' | 'position'>,
  metaData: Readonly<Record<string, unknown>>,
  now: Date,
): StatusBody {
  const { started_at, finished_at, records_count, records_total } = job
  const echoed = Object.fromEntries(
    ['callback-payload', 'fileName'].flatMap((name) => (metaData[name] === undefined ? [] : [[name, metaData[name]]])),
  )
  return {
    ...echoed,
    id: job.id,
    instanceId: job.instance_id,
    instance_id: job.instance_id,
    status: job.status,
    object_name: job.object_name,
    job_direction: job.direction,
    recordsCount: records_count,
    recordsFailedCount: job.records_failed_count,
    recordsUncertainCount: job.records_uncertain_count,
    ...(records_total === null ? {} : { recordsTotal: records_total }),
    fileFormat: job.file_format,
    fileSize: job.file_bytes,
    ...(started_at ? { bulk_start_time: started_at.getTime() } : {}),
    ...(finished_at ? { bulk_finish_time: finished_at.getTime() } : progressOf(job, now)),
    ...(job.vendor_job_id === null ? {} : { vendorJobId: job.vendor_job_id }),
    ...(job.message === null ? {} : { message: job.message }),
    ...(job.error === null ? {} : { error: job.error }),
    metadata: { ...metaData },
  }
}

/** A pause of the vendor counts: how fast it went so far, all in all. */
function progressOf(
  { started_at, records_count, records_total }: Pick<BulkJob, 'started_at' | 'records_count' | 'records_total'>,
  now: Date,
): { recordsPerSecond?: number; estimatedFinishTime?: number } {
  if (!started_at || records_count === 0) return {}
  const seconds = Math.max((now.getTime() - started_at.getTime()) / 1000, 0.001)
  const perSecond = records_count / seconds
  const rate = { recordsPerSecond: Math.round(perSecond * 10) / 10 }
  if (records_total === null || records_total < records_count) return rate
  return {
    ...rate,
    estimatedFinishTime: Math.round(now.getTime() + ((records_total - records_count) / perSecond) * 1000),
  }
}
