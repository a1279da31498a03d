import { type BulkJob, bulkDb } from '../../../src/bulk/bulk-table.ts'
import { requestContext } from '../../../src/bulk/job-request.ts'
import { sealRowError } from '../../../src/bulk/row-error.ts'
import type { InstanceTables } from '../../../src/instances/instance-table.ts'
import { nextId } from '../../../src/store/next-id.ts'
import type { TestHub } from '../hub.ts'

/** A download that is over, with a row that failed, and two that nobody begins. */
export async function insertBulkJobs(
  { hub: { store } }: TestHub,
  { instanceId, text }: { instanceId: number; text: string },
): Promise<{ bulkJob: number; openBulkJob: number; secondOpenBulkJob: number }> {
  const instance = await store.db
    .withTables<InstanceTables>()
    .selectFrom('instances')
    .select(['organization_id', 'account_id', 'user_id'])
    .where('id', '=', instanceId)
    .executeTakeFirstOrThrow()
  const db = bulkDb(store)
  const insert = async (fields: Partial<BulkJob>) => {
    const id = await nextId(store.db, 'bulk_jobs')
    const request = JSON.stringify({ objectName: text, query: {}, metaData: { text } })
    await db
      .insertInto('bulk_jobs')
      .values({
        ...{ id, ...instance, instance_id: instanceId, element_key: 'base', direction: 'DOWNLOAD', object_name: text },
        ...{ status: 'CREATED', file_format: 'csv', request: store.cipher.seal(request, requestContext(id)) },
        ...{ query: `select * from ${text}`, ...(fields as object) },
      })
      .execute()
    return id
  }
  const bulkJob = await insert({ status: 'COMPLETED', finished_at: new Date(), message: text })
  const error = { number: 1, kind: 'failed' as const, row: { name: text }, status: `400: ${text}` }
  await db
    .insertInto('bulk_errors')
    .values(sealRowError(store.cipher, bulkJob, error))
    .execute()
  return { bulkJob, openBulkJob: await insert({}), secondOpenBulkJob: await insert({}) }
}
