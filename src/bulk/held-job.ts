import { type Selectable, sql, type Transaction } from 'kysely'
import type { ValenceError } from '../errors.ts'
import { accountGroup } from '../jobs/account-group.ts'
import { storableText } from '../model/storable-text.ts'
import type { Publish } from '../store/changes.ts'
import {
  type BulkJob,
  type BulkJobTable,
  type BulkTables,
  bulkDb,
  type DownloadPosition,
  type FinalStatus,
  inBulk,
  type UploadPosition,
} from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { type DownloadRequest, type JobRequest, requestContext, type UploadRequest } from './job-request.ts'

export const BULK_QUEUE = 'bulk.run'
export const CALLBACK_QUEUE = 'bulk.callback'
export const WORKFLOW_QUEUE = 'bulk.workflow'

/** Topic of `store/changes.ts`: somebody wants the job to end. The key is its id. */
export const CANCEL_TOPIC = 'bulk-cancel'

/**
 * A job in the hands of this process. Everything that changes it says which version it was read as; after a process has stood still for
 * long, another one has the job, and the first one changes nothing any more.
 */
export interface HeldJob<Request = JobRequest, Position = DownloadPosition | UploadPosition>
  extends Omit<BulkJob, 'request' | 'position'> {
  request: Request
  position: Position
  /** when it was taken, it was still running in a process: that one died */
  wasInterrupted: boolean
}

export type HeldDownload = HeldJob<DownloadRequest, DownloadPosition>
export type HeldUpload = HeldJob<UploadRequest, UploadPosition>

/** Another process has the job, or it was cancelled or removed: nothing of what was done since the last step counts. */
export class JobLost extends Error {
  constructor(id: number) {
    super(`bulk job ${id} is no longer in the hands of this process`)
    this.name = 'JobLost'
  }
}

/** Of a job that has not ended. */
const OPEN = ['CREATED', 'RUNNING', 'CANCELLATION_PENDING'] as const

/** @returns undefined when there is nothing left to do */
export async function takeJob(context: Pick<BulkContext, 'store' | 'now'>, id: number): Promise<HeldJob | undefined> {
  const { store, now } = context
  return store.changes.transaction(async (trx) => {
    const db = inBulk(trx)
    const row = await db
      .selectFrom('bulk_jobs')
      .selectAll()
      .where('id', '=', id)
      .where('status', 'in', OPEN)
      .where('removed_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!row) return undefined
    const changes = {
      status: row.status === 'CREATED' ? ('RUNNING' as const) : row.status,
      is_running: true,
      started_at: row.started_at ?? now(),
      version: row.version + 1,
      reset_attempts: row.reset_attempts + (row.is_running ? 1 : 0),
    }
    await db
      .updateTable('bulk_jobs')
      .set({ ...changes, updated_at: now() })
      .where('id', '=', id)
      .execute()
    const request = JSON.parse(store.cipher.open(row.request, requestContext(id))) as JobRequest
    return { ...row, ...changes, request, wasInterrupted: row.is_running }
  })
}

/** What a step may change. */
export type JobChanges = Partial<
  Pick<
    Selectable<BulkJobTable>,
    | 'position'
    | 'columns'
    | 'records_count'
    | 'records_failed_count'
    | 'records_uncertain_count'
    | 'records_total'
    | 'file_bytes'
    | 'stored_bytes'
    | 'message'
    | 'vendor_job_id'
  >
>

/**
 * One step further, in the transaction that also stores what the step brought.
 * @throws JobLost
 */
export async function advance(
  trx: Transaction<BulkTables>,
  job: HeldJob,
  changes: JobChanges,
  now: Date,
): Promise<void> {
  await write(trx, job, columnsOf(changes), now)
  Object.assign(job, changes)
}

/**
 * The end of a job: who waits for it hears of it. What it said while it waited is over, unless there is something else to say.
 * @throws JobLost
 */
export async function finish(
  { jobs, now }: Pick<BulkContext, 'jobs' | 'now'>,
  trx: Transaction<BulkTables>,
  publish: Publish,
  job: HeldJob,
  end: { status: FinalStatus; error?: string } & JobChanges,
): Promise<void> {
  const { status, error: why, ...given } = end
  const changes: JobChanges = { message: null, ...given }
  const error = why === undefined ? null : storableText(why)
  const finished_at = now()
  const callback_state = job.callback === null ? null : ('waiting' as const)
  await write(
    trx,
    job,
    { ...columnsOf(changes), status, error, finished_at, callback_state, is_running: false },
    finished_at,
  )
  Object.assign(job, changes, { status, error, finished_at, callback_state, is_running: false })
  await wakeFollowers({ jobs }, trx, publish, job)
}

/** Whoever waits for the end of a job: its callback, its workflow. */
export async function wakeFollowers(
  { jobs }: Pick<BulkContext, 'jobs'>,
  trx: Transaction<BulkTables>,
  publish: Publish,
  { id, account_id, callback, workflow_run_id }: Pick<BulkJob, 'id' | 'account_id' | 'callback' | 'workflow_run_id'>,
): Promise<void> {
  const group = accountGroup(account_id)
  if (callback !== null) await jobs.wake(trx, publish, CALLBACK_QUEUE, [{ key: String(id), group }])
  if (workflow_run_id !== null) await jobs.wake(trx, publish, WORKFLOW_QUEUE, [{ key: String(workflow_run_id), group }])
}

/**
 * This process lets go of it, in good order. Nothing happens when it has ended or was lost.
 * @param message what it waits for
 */
export async function release(
  { store, now }: Pick<BulkContext, 'store' | 'now'>,
  job: HeldJob,
  message?: string,
): Promise<void> {
  await bulkDb(store)
    .updateTable('bulk_jobs')
    .set({ is_running: false, updated_at: now(), ...(message === undefined ? {} : { message }) })
    .where('id', '=', job.id)
    .where('version', '=', job.version)
    .where('status', 'in', OPEN)
    .execute()
}

async function write(
  trx: Transaction<BulkTables>,
  job: HeldJob,
  columns: Record<string, unknown>,
  now: Date,
): Promise<void> {
  const row = await trx
    .updateTable('bulk_jobs')
    .set({ ...columns, version: job.version + 1, updated_at: now })
    .where('id', '=', job.id)
    .where('version', '=', job.version)
    .where('removed_at', 'is', null)
    .returning('status')
    .executeTakeFirst()
  if (!row) throw new JobLost(job.id)
  job.version += 1
  // somebody may have asked for its end meanwhile
  job.status = row.status
}

/** Lists and objects are JSON to the database. What vendors say and call things may hold what it does not store. */
function columnsOf({ position, columns, ...rest }: JobChanges): Record<string, unknown> {
  return {
    ...Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, typeof value === 'string' ? storableText(value) : value]),
    ),
    ...(position === undefined ? {} : { position: jsonb(position) }),
    ...(columns === undefined ? {} : { columns: jsonb(columns) }),
  }
}

function jsonb(value: unknown) {
  const text = JSON.stringify(value)
  return sql`${UNSTORABLE.test(text) ? JSON.stringify(value, storable) : text}::jsonb`
}

/** As `JSON.stringify` writes them: NUL, and half of a surrogate pair. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/

function storable(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value
}

/** What a job that failed as a whole says of it. */
export function reasonOf(error: ValenceError): string {
  const { message, providerMessage } = error
  return storableText(providerMessage === undefined ? message : `${message}: ${providerMessage.slice(0, 1_000)}`)
}
