import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { BulkJob } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { jobOf } from './find-job.ts'
import { type JobRequest, requestContext } from './job-request.ts'
import { type StatusBody, statusBody } from './status-body.ts'

/** `GET /bulk/{id}/status`. @throws ValenceError NOT_FOUND */
export async function readStatus(
  context: Pick<BulkContext, 'store' | 'now'>,
  caller: Caller,
  instance: Instance,
  id: number,
): Promise<StatusBody> {
  return statusOf(context, await jobOf(context, caller, instance, id))
}

export function statusOf({ store, now }: Pick<BulkContext, 'store' | 'now'>, job: BulkJob): StatusBody {
  return statusBody(job, requestOf({ store }, job).metaData, now())
}

/** What the job was asked for. */
export function requestOf({ store }: Pick<BulkContext, 'store'>, { id, request }: BulkJob): JobRequest {
  return JSON.parse(store.cipher.open(request, requestContext(id))) as JobRequest
}
