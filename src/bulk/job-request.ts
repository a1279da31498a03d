import { contextOf } from '../store/cipher.ts'

/**
 * What a job was asked for, as its row keeps it (sealed): all that is needed to do it, read and checked before the job was made. Names
 * are those of the object that the caller named: of a common resource, common names.
 */
export interface DownloadRequest {
  objectName: string
  /** columns in the order asked for; absent: all that the records have */
  fields?: readonly string[]
  /** CEQL, the window of dates included */
  where?: string
  /** the window as it was asked for, ISO 8601; what a vendor's own bulk job makes of it is its matter */
  window?: Readonly<{ from?: string; to?: string }>
  orderBy?: string
  /** rows in all */
  limit?: number
  /** of the vendor's pages; absent: the largest that the element allows */
  pageSize?: number
  /** calls of the vendor in all */
  apiLimit?: number
  /** sent along with each call of the list */
  query: Readonly<Record<string, string | readonly string[]>>
  /** members that are null leave the records */
  filterNulls?: boolean
  /** what the caller asked for and will not get: the status says so in the end */
  notes?: readonly string[]
  /** what the caller wants back with the status: anything */
  metaData: Readonly<Record<string, unknown>>
  /** the finished file goes there as well: an instance of a documents element, and a path for its `POST /files` */
  docs?: { instanceId: number; path: string }
}

export interface UploadRequest {
  objectName: string
  action: 'create' | 'update' | 'upsert' | 'delete'
  /** what records are recognized by; needed for all but `create` */
  identifierFieldName?: string
  /** of the stored file, which is UTF-8 without a byte order mark */
  format: 'csv' | 'json'
  /** between fields of a CSV file: `,`, `;` or tab */
  delimiter?: string
  /** path of the resource that takes the rows, where it is not the object's own */
  path?: string
  /** rows that are written together */
  concurrency: number
  /** sent along with each call */
  query: Readonly<Record<string, string | readonly string[]>>
  metaData: Readonly<Record<string, unknown>>
}

export type JobRequest = DownloadRequest | UploadRequest

export function requestContext(jobId: number): string {
  return contextOf('bulk_jobs', 'request', jobId)
}

export function callbackContext(jobId: number): string {
  return contextOf('bulk_jobs', 'callback', jobId)
}
