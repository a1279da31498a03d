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
  /** not `message`: clients take an answer that has one for an error (spec 00 §5) */
  infoMessage?: string
  error?: string
  metadata: Record<string, unknown>
  [echoed: string]: unknown
}

/**
 * @param metaData of the request: the whole is `metadata`, its `callback-payload` and `fileName` also stand beside the rest
 */
export function statusBody(
  job: Omit<BulkJob, 'request'>,
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
    ...(job.message === null ? {} : { infoMessage: job.message }),
    ...(job.error === null ? {} : { error: job.error }),
    metadata: { ...metaData },
  }
}

/** A pause of the vendor counts: how fast it went so far, all in all. */
function progressOf(
  job: Omit<BulkJob, 'request'>,
  now: Date,
): { recordsPerSecond?: number; estimatedFinishTime?: number } {
  const { started_at, records_count } = job
  if (!started_at || records_count === 0) return {}
  const ms = Math.max(now.getTime() - started_at.getTime(), 1)
  const rate = { recordsPerSecond: Math.round((records_count / ms) * 10_000) / 10 }
  const done = shareDone(job)
  if (done === undefined || done === 0) return rate
  return { ...rate, estimatedFinishTime: Math.round(now.getTime() + ms * (1 / done - 1)) }
}

/** Up to 1: of the rows where their number is known, else of the bytes of an uploaded file. */
function shareDone(job: Omit<BulkJob, 'request'>): number | undefined {
  const { records_total, records_count, direction, position, file_bytes } = job
  if (records_total !== null) return records_total < records_count ? undefined : records_count / records_total
  if (direction !== 'UPLOAD' || file_bytes === 0 || !('byte' in position)) return undefined
  return Math.min(1, (position.byte ?? 0) / file_bytes)
}
