import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { ResourceCall, UploadedPart } from '../../model/exchange.ts'
import { bulkDb, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { createJob } from '../create-job.ts'
import { requestContext, type UploadRequest } from '../job-request.ts'
import { readMetaData, textOfPart } from '../read-meta-data.ts'
import { discardReceived } from '../upload/discard-received.ts'
import { findFile } from '../upload/find-file.ts'
import { receiveFile } from '../upload/receive-file.ts'

/**
 * `POST /bulk/workflows/fileUpload/{objectName}` (spec 22 §10): a file that workflows of the instance may take in place of a query. It is an upload
 * that has ended before it began, and is kept as long as the file of any other job.
 *
 * @param objectName anything: what the rows become, the target of the workflow says
 * @throws ValenceError PARAMETER_MISSING (file), BODY_INVALID for one that nobody can read, TOO_MANY; as `storeFile`
 */
export async function storeWorkflowFile(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  { objectName, parts, query }: { objectName: string; parts: readonly UploadedPart[]; query: ResourceCall['query'] },
): Promise<{ jobId: number; objectName: string }> {
  const metaData = readMetaData(await textOfPart(parts, 'metaData'))
  const { file } = findFile(context, caller, instance, { parts, query })
  const asked = { objectName, action: 'create' as const, concurrency: 1, query: {}, metaData }
  const format = typeof metaData['format'] === 'string' ? metaData['format'] : undefined
  const request: UploadRequest = { ...asked, format: 'csv' }
  const job = await context.store.changes.transaction((trx, publish) =>
    createJob(context, inBulk(trx), publish, {
      ...{ owner: caller, instance, status: 'RECEIVING' as const, request, fileFormat: request.format },
    }),
  )
  try {
    const read = await receiveFile(context, job, file, format)
    await keep(context, job.id, { ...asked, ...read })
    return { jobId: job.id, objectName }
  } catch (error) {
    await discardReceived(context, job)
    throw error
  }
}

async function keep({ store, now }: BulkContext, id: number, request: UploadRequest): Promise<void> {
  const at = now()
  const kept = await bulkDb(store)
    .updateTable('bulk_jobs')
    .set({
      ...{ status: 'COMPLETED', started_at: at, finished_at: at, updated_at: at, file_format: request.format },
      request: store.cipher.seal(JSON.stringify(request), requestContext(id)),
      message: 'A file for workflows: no row of it was written by this job',
    })
    .where('id', '=', id)
    .where('status', '=', 'RECEIVING')
    .where('removed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  // its owner was closed meanwhile
  if (!kept) throw new ValenceError('NOT_FOUND', `Bulk job ${id} was removed while its file was received`)
}
