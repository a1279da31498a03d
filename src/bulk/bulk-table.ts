import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Store } from '../store/database.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'

/**
 * A bulk job: rows of one object of one instance, brought into a file or read from one. The row says where it has come to; whatever
 * process works at it begins there.
 */
export interface BulkJobTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  user_id: number
  instance_id: number
  element_key: string
  direction: BulkDirection
  /** as the caller named it */
  object_name: string
  status: BulkStatus
  /** what the status shows, and the ending of the file's name: `csv`, `json`, `jsonl` */
  file_format: string
  /** sealed: what was asked, as JSON (`job-request.ts`) */
  request: string
  /** the statement as it is shown in lists */
  query: string | null
  /** sealed: address that is called when the job ends (spec 22 §11) */
  callback: string | null
  callback_state: 'waiting' | 'delivered' | 'failed' | null
  callback_attempts: Generated<number>
  /** `DownloadPosition` or `UploadPosition` */
  position: Generated<DownloadPosition | UploadPosition>
  /** of a download: names of all columns that its rows have, in order of appearance */
  columns: readonly string[] | null
  /** grows with every change of the position or the status: who holds an older one has lost the job to somebody else */
  version: Generated<number>
  /** a process is at it, or died while it was */
  is_running: Generated<boolean>
  /** how often it was taken up again after a process had died */
  reset_attempts: Generated<number>
  /** rows that are dealt with, failed and uncertain ones included (spec 22 §6) */
  records_count: Generated<number>
  /** uncertain ones included */
  records_failed_count: Generated<number>
  records_uncertain_count: Generated<number>
  records_total: number | null
  /** of the file, as plain text */
  file_bytes: Generated<number>
  /** what its files take from the account's share */
  stored_bytes: Generated<number>
  /** why the whole job failed */
  error: string | null
  /** what else there is to say */
  message: string | null
  vendor_job_id: string | null
  workflow_run_id: number | null
  created_at: Generated<Date>
  started_at: Date | null
  finished_at: Date | null
  updated_at: Generated<Date>
  /** it went with its owner; its files go with the next sweep */
  removed_at: Date | null
  /** its file and its rows of errors are gone */
  files_removed_at: Date | null
}

export type BulkDirection = 'DOWNLOAD' | 'UPLOAD'

/** `RECEIVING` is shown to nobody: the file of an upload is still on its way. */
export type BulkStatus =
  | 'RECEIVING'
  | 'CREATED'
  | 'RUNNING'
  | 'CANCELLATION_PENDING'
  | 'COMPLETED'
  | 'ABORTED'
  | 'CANCELLED'

export type FinalStatus = Extract<BulkStatus, 'COMPLETED' | 'ABORTED' | 'CANCELLED'>

/** Where a download goes on. At the end of one that was limited: where another one could (`continueFromJobId`). */
export interface DownloadPosition {
  /** token of the page; absent: the first one */
  nextPage?: string
  /** rows of that page that are in the file already */
  skip?: number
  /** pages asked for so far */
  calls?: number
  /** calls that failed since the last page */
  failures?: number
  watch?: PageWatch
  native?: NativeJob
  /** all that was asked for is in the file; it may still have to go somewhere */
  isDone?: boolean
  /** the last page was the last one */
  isAtEnd?: boolean
}

/** The vendor's own bulk job, where it makes the list (`download/native-job.ts`). */
export interface NativeJob {
  id: string
  /** how often it was asked whether it has finished */
  polls?: number
  /** its records can be read */
  isReady?: boolean
}

/** What is known of earlier pages, to notice a vendor that leads on for ever (`download/watch-pages.ts`). */
export interface PageWatch {
  pages: number
  /** of the token of an earlier page */
  mark?: string
  /** of the last page */
  print?: string
  /** pages before the last one that were the same */
  same?: number
}

/** Where an upload goes on. */
export interface UploadPosition {
  /** of the first row that is not dealt with, in bytes of the stored file */
  byte?: number
  /** how many rows are before it */
  row?: number
  /** names of the columns of a CSV file, once they are read */
  header?: readonly string[]
  /**
   * Number of rows up to which writing has begun; more than `row` while a process is at them. When that process died, these
   * rows may have been written or not.
   */
  begun?: number
  /** numbers of rows behind `row` that are dealt with nevertheless, because the vendor put off one before them */
  done?: readonly number[]
  /** rows that the vendor put off, and how often */
  putOff?: readonly (readonly [row: number, times: number])[]
  pace?: UploadPace
  /** of an upload through the vendor's own bulk jobs */
  native?: NativePosition
}

/** How far it has come with the vendor's own bulk job, once all rows are sent (`upload/native/`). */
export interface NativePosition {
  /** told that there are no more rows; it may not have heard */
  isClosing?: boolean
  isClosed?: boolean
  /** how often it was asked since */
  polls?: number
  /** it has ended, and this is the token of the page of its failed rows that is read next */
  errorsPage?: string
  /** of its failed rows, those that are noted */
  errors?: number
}

/** How fast an upload may go, as far as its vendor has shown (`upload/pace.ts`) */
export interface UploadPace {
  /** rows that are under way at the same time */
  together: number
  /** rows of a window */
  window: number
  /** pauses since the last row that the vendor took or answered */
  pauses: number
  /** rows in a row that were refused because of the credentials */
  denied: number
}

/** A piece of a job's file; the pieces in their order are the file. */
export interface BulkPartTable {
  job_id: number
  /** from 0 */
  number: number
  /** in the file store */
  key: string
  /** of the plain file */
  start_byte: number
  bytes: number
}

/** What became of a row that was not surely written. */
export interface BulkErrorTable {
  job_id: number
  /** from 1, in order of the file */
  row_number: number
  kind: 'failed' | 'uncertain'
  /** sealed JSON: `{ row, status }`, the record as it was in the file and a text such as `400: email is required` */
  content: string
}

/** Rows of one instance that go to another one, by a download and an upload (spec 22 §10). */
export interface BulkWorkflowTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  user_id: number
  /** that it was made with */
  instance_id: number
  /** the schedule that made the call */
  schedule_id: number | null
  /** sealed: `WorkflowStep[]` as JSON */
  request: string
  /** sealed */
  callback: string | null
  callback_state: 'waiting' | 'delivered' | 'failed' | null
  callback_attempts: Generated<number>
  status: BulkStatus
  created_at: Generated<Date>
  finished_at: Date | null
  removed_at: Date | null
}

/** One step of a workflow: a row of `GET /bulkloader`. */
export interface BulkWorkflowRunTable {
  id: Generated<number>
  workflow_id: number
  organization_id: number
  account_id: number
  user_id: number
  /** from 0, place in the request */
  number: number
  /** that it waits for */
  parent_run_id: number | null
  status: BulkStatus
  source_instance_id: number
  source_element_key: string
  source_object_name: string
  source_job_id: number | null
  target_instance_id: number | null
  target_element_key: string | null
  target_object_name: string | null
  target_job_id: number | null
  error: string | null
  created_at: Generated<Date>
  finished_at: Date | null
  removed_at: Date | null
}

export type BulkTables = {
  bulk_jobs: BulkJobTable
  bulk_parts: BulkPartTable
  bulk_errors: BulkErrorTable
  bulk_workflows: BulkWorkflowTable
  bulk_workflow_runs: BulkWorkflowRunTable
}

export type BulkJob = Selectable<BulkJobTable>
export type BulkWorkflow = Selectable<BulkWorkflowTable>
export type BulkWorkflowRun = Selectable<BulkWorkflowRunTable>

/** Rows of errors are not among them, nor are parts of files: `files/older-keys.ts`. */
export const SEALED_COLUMNS: SealedColumn[] = ['bulk_jobs', 'bulk_workflows'].flatMap((table) =>
  ['request', 'callback'].map((column) => ({ table, idColumn: 'id', column })),
)

export function bulkDb({ db }: Pick<Store, 'db'>): Kysely<BulkTables> {
  return db.withTables<BulkTables>()
}

export function inBulk<DB>(trx: Transaction<DB>): Transaction<BulkTables> {
  return trx as unknown as Transaction<BulkTables>
}
