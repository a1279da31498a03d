import type { Plan } from '../../../engine/plan.ts'
import type { UploadRequest } from '../../job-request.ts'
import type { BulkObject } from '../../object-path.ts'

/**
 * Whether rows go through bulk jobs of the vendor (spec 22 §3.2, §12): the object says `nativeBulkUpload`, and the element has the resources for it.
 *
 * | Resource | Takes | Answers |
 * |---|---|---|
 * | `POST /{object}/bulk` | `{ action, identifierFieldName? }` | `{ id }` |
 * | `PUT /{object}/bulk/{jobId}/records` | a list of rows | – |
 * | `POST /{object}/bulk/{jobId}/close` | – | – |
 * | `GET /{object}/bulk/{jobId}` | – | `{ status, recordsFailedCount?, message? }` |
 * | `GET /{object}/bulk/{jobId}/errors`, if there is one | paging | rows, each with a `status` |
 *
 * Not where a common resource is named: its names mean single records. Nor where the caller says `useBatchUpload: false`.
 */
export function isNativeUpload(plan: Plan, { declared, mapping, path }: BulkObject, request: UploadRequest): boolean {
  const says = declared?.declared.some((part) => part['nativeBulkUpload'] === true) === true
  if (!says || mapping || request.path !== undefined || String(request.metaData['useBatchUpload']) === 'false')
    return false
  return [
    ['POST', `${path}/bulk`],
    ['PUT', `${path}/bulk/0/records`],
    ['POST', `${path}/bulk/0/close`],
    ['GET', `${path}/bulk/0`],
  ].every(([method = '', at = '']) => plan.resources.find(method, at)?.value.resource.path.includes('/bulk'))
}

export function listsErrors(plan: Plan, path: string): boolean {
  return plan.resources.find('GET', `${path}/bulk/0/errors`)?.value.resource.path.includes('/bulk') === true
}

const RECORD_SIZE = 1_000
const MOST_RECORDS = 10_000

/** Rows of a call. */
export function recordSizeOf({ metaData }: UploadRequest): number {
  const size = Number(metaData['bulkUploadRecordSize'])
  return Number.isInteger(size) && size >= 1 ? Math.min(size, MOST_RECORDS) : RECORD_SIZE
}
