import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import { accountGroup } from '../jobs/account-group.ts'
import type { Caller } from '../model/account.ts'
import { storableText } from '../model/storable-text.ts'
import type { Publish } from '../store/changes.ts'
import { nextId } from '../store/next-id.ts'
import type { BulkJob, BulkTables, DownloadPosition } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { BULK_QUEUE } from './held-job.ts'
import { callbackContext, type JobRequest, requestContext } from './job-request.ts'
import { MAX_COLUMNS } from './rows/columns.ts'

export interface NewJob {
  /** in whose name its calls are made */
  owner: Pick<Caller, 'userId'>
  /** whose it is; its account's disk and slots are taken */
  instance: Instance
  request: JobRequest
  /** `csv`, `json`, `jsonl` */
  fileFormat: string
  /** the statement as lists show it */
  query?: string | undefined
  /** address that is called when it ends, as the caller gave it */
  callback?: string | undefined
  /** `RECEIVING`: its file is still on its way, nobody works at it before `wakeJob` */
  status?: 'CREATED' | 'RECEIVING'
  workflowRunId?: number
  /** where it begins, when that is not at the beginning */
  position?: DownloadPosition | undefined
}

/**
 * The row of a job, and the wake of who works at it. The transaction is the caller's: a workflow makes a job together with its own rows.
 *
 * @throws ValenceError TOO_MANY when the account has as many jobs that have not ended as it may have; PARAMETER_INVALID for a request that is
 *   longer than anybody writes
 */
export async function createJob(
  context: Pick<BulkContext, 'store' | 'jobs' | 'limits'>,
  trx: Transaction<BulkTables>,
  publish: Publish,
  job: NewJob,
): Promise<BulkJob> {
  const { owner, instance, request, callback, status = 'CREATED' } = job
  const { cipher } = context.store
  const content = requestText(request)
  await assertRoom(context, trx, instance.accountId)
  const id = await nextId(trx, 'bulk_jobs')
  const row = await trx
    .insertInto('bulk_jobs')
    .values({
      id,
      organization_id: instance.organizationId,
      account_id: instance.accountId,
      user_id: owner.userId,
      instance_id: instance.id,
      element_key: instance.plan.element.key,
      direction: 'action' in request ? 'UPLOAD' : 'DOWNLOAD',
      object_name: storableText(request.objectName),
      status,
      file_format: job.fileFormat,
      request: cipher.seal(content, requestContext(id)),
      query: job.query === undefined ? null : shown(job.query),
      callback: callback === undefined ? null : cipher.seal(callback, callbackContext(id)),
      workflow_run_id: job.workflowRunId ?? null,
      ...(job.position ? { position: sql`${JSON.stringify(job.position)}::jsonb` } : {}),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  if (status === 'CREATED') await wakeJob(context, trx, publish, row)
  return row
}

/** Jobs stay in lists for long after their files are gone, however many there are. */
const MAX_REQUEST_CHARS = 1_000_000
const MAX_NAME_CHARS = 1_000
const SHOWN_CHARS = 2_000

function requestText(request: JobRequest): string {
  const { length } = request.objectName
  if (length > MAX_NAME_CHARS) {
    const text = `The name of an object has at most ${MAX_NAME_CHARS} characters, this one has ${length}`
    throw new ValenceError('PARAMETER_INVALID', text)
  }
  if ('fields' in request && request.fields !== undefined && request.fields.length > MAX_COLUMNS) {
    const text = `A file has at most ${MAX_COLUMNS} columns; ${request.fields.length} fields are named`
    throw new ValenceError('PARAMETER_INVALID', text)
  }
  const text = JSON.stringify(request)
  assertRequestLength(text)
  return text
}

/** @throws ValenceError PARAMETER_INVALID */
export function assertRequestLength({ length }: string): void {
  if (length <= MAX_REQUEST_CHARS) return
  throw new ValenceError(
    'PARAMETER_INVALID',
    `What is asked takes ${length} characters, at most ${MAX_REQUEST_CHARS} are kept; ask for less at once`,
  )
}

/** The whole of it is in the request. */
function shown(statement: string): string {
  return storableText(statement.length > SHOWN_CHARS ? `${statement.slice(0, SHOWN_CHARS)}…` : statement)
}

/** There is something to do for it. */
export async function wakeJob(
  { jobs }: Pick<BulkContext, 'jobs'>,
  trx: Transaction<BulkTables>,
  publish: Publish,
  { id, account_id }: Pick<BulkJob, 'id' | 'account_id'>,
): Promise<void> {
  await jobs.wake(trx, publish, BULK_QUEUE, [{ key: String(id), group: accountGroup(account_id) }])
}

/** Two requests at the same moment may both find room for one: the limit guards the server, it is no promise to anybody. */
async function assertRoom(
  { limits: { openJobs } }: Pick<BulkContext, 'limits'>,
  trx: Transaction<BulkTables>,
  accountId: number,
): Promise<void> {
  const { count } = await trx
    .selectFrom('bulk_jobs')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('finished_at', 'is', null)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (count < openJobs) return
  throw new ValenceError(
    'TOO_MANY',
    `The account has ${count} bulk jobs that have not ended, and ${openJobs} is the most; wait for one or cancel it`,
  )
}
