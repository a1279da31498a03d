import { ValenceError } from '../../errors.ts'
import { assertEnabled } from '../../instances/assert-enabled.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { ResourceCall, UploadedPart } from '../../model/exchange.ts'
import type { Publish } from '../../store/changes.ts'
import { type BulkJob, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { createJob, wakeJob } from '../create-job.ts'
import { wakeFollowers } from '../held-job.ts'
import { requestContext, type UploadRequest } from '../job-request.ts'
import { readCallbackUrl } from '../read-callback.ts'
import { readMetaData, textOfPart } from '../read-meta-data.ts'
import { type RowFormat, sniffFormat } from '../rows/sniff.ts'
import { discardReceived } from './discard-received.ts'
import { findFile } from './find-file.ts'
import type { AskedUpload } from './read-upload-request.ts'
import { receiveFile, type SentFile } from './receive-file.ts'
import { askedUpload } from './upload-request.ts'

/** `POST /bulk/{objectName}` as it came. */
export interface UploadCall extends Pick<ResourceCall, 'query'> {
  objectName: string
  /** of the form; a body without one is a part without a name */
  parts: readonly UploadedPart[]
  /** `Elements-Async-Callback-Url` */
  callback?: string | undefined
  /** of the step of a workflow that it is */
  workflowRunId?: number
}

/**
 * A file of rows becomes a job (spec 22 §5). The job is there before its file, so that nothing of a file that stops halfway is left behind;
 * nobody sees it until the file is whole. A file that nobody can read makes a job that has ended, and says why.
 *
 * @throws ValenceError PARAMETER_MISSING (file, identifier), PARAMETER_INVALID (metaData, or uploads are switched off), BODY_INVALID (metaData is no
 *   JSON), OBJECT_NOT_FOUND, INSTANCE_DISABLED, TOO_MANY; as `storeFile`
 */
export async function startUpload(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  { objectName, query, parts, callback, workflowRunId }: UploadCall,
): Promise<BulkJob> {
  context.authorize(caller, 'bulk.start', instance)
  assertEnabled(instance)
  const metaData = readMetaData(await textOfPart(parts, 'metaData'))
  const { file, isDocument } = findFile(context, caller, instance, { parts, query })
  const forwarded = isDocument ? without(query, 'path') : query
  const asked = await askedUpload(context, caller, instance, { objectName, query: forwarded, metaData })
  const wanted = formatNamed(metaData)
  const job = await context.store.changes.transaction((trx, publish) =>
    createJob(context, inBulk(trx), publish, {
      ...{ owner: caller, instance, status: 'RECEIVING' as const },
      request: { ...asked, format: wanted?.format ?? 'csv' },
      fileFormat: wanted?.format ?? 'csv',
      callback: readCallbackUrl(callback),
      ...(workflowRunId === undefined ? {} : { workflowRunId }),
    }),
  )
  try {
    return await receive(context, job, asked, file)
  } catch (error) {
    await discardReceived(context, job)
    throw error
  }
}

async function receive(context: BulkContext, job: BulkJob, asked: AskedUpload, file: SentFile): Promise<BulkJob> {
  try {
    const read = await receiveFile(context, job, file, formatNamed(asked.metaData)?.format)
    return await begin(context, job, { ...asked, ...read })
  } catch (error) {
    if (!(error instanceof ValenceError) || error.code !== 'BODY_INVALID') throw error
    await context.files.remove(job.id)
    return await end(context, job, error.message)
  }
}

/** What the caller says the file is; anything that it cannot be is an error before the file is read. */
function formatNamed({ format }: UploadRequest['metaData']): RowFormat | undefined {
  return typeof format === 'string' && format.trim() !== '' ? sniffFormat(Buffer.alloc(0), { format }) : undefined
}

/** The file is whole: rows may be written. */
function begin(context: BulkContext, job: BulkJob, request: UploadRequest): Promise<BulkJob> {
  const sealed = context.store.cipher.seal(JSON.stringify(request), requestContext(job.id))
  const changes = { status: 'CREATED' as const, request: sealed, file_format: request.format }
  return change(context, job, changes, (trx, publish, row) => wakeJob(context, trx, publish, row))
}

/** No row can be read: the job has ended before it began. */
function end(context: BulkContext, job: BulkJob, error: string): Promise<BulkJob> {
  const callback_state = job.callback === null ? null : ('waiting' as const)
  const finished = { status: 'ABORTED' as const, error, finished_at: context.now(), callback_state }
  const changes = { ...finished, file_bytes: 0, stored_bytes: 0 }
  return change(context, job, changes, (trx, publish, row) => wakeFollowers(context, trx, publish, row))
}

type Follow = (trx: ReturnType<typeof inBulk>, publish: Publish, row: BulkJob) => Promise<void>

/** @throws ValenceError NOT_FOUND when it was removed meanwhile */
function change(
  { store, now }: BulkContext,
  { id }: BulkJob,
  changes: Partial<Omit<BulkJob, 'id' | 'columns' | 'position'>>,
  follow: Follow,
): Promise<BulkJob> {
  return store.changes.transaction(async (trx, publish) => {
    const row = await inBulk(trx)
      .updateTable('bulk_jobs')
      .set({ ...changes, updated_at: now() })
      .where('id', '=', id)
      .where('status', '=', 'RECEIVING')
      .where('removed_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new ValenceError('NOT_FOUND', `Bulk job ${id} was removed while its file was received`)
    await follow(inBulk(trx), publish, row)
    return row
  })
}

function without(query: ResourceCall['query'], name: string): ResourceCall['query'] {
  const { [name]: _ours, ...rest } = query
  return rest
}
