import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { type BulkJob, bulkDb } from '../../src/bulk/bulk-table.ts'
import type { BulkContext } from '../../src/bulk/context.ts'
import type { JobFiles } from '../../src/bulk/files/job-files.ts'
import { BULK_QUEUE } from '../../src/bulk/held-job.ts'
import { createReadingTurns } from '../../src/bulk/hold-reading.ts'
import { type JobRequest, requestContext } from '../../src/bulk/job-request.ts'
import { bulkQueue } from '../../src/bulk/run-job.ts'
import { compile } from '../../src/engine/compile.ts'
import { credentialsInvalid } from '../../src/errors.ts'
import type { CallInstance } from '../../src/instances/call.ts'
import type { Instance } from '../../src/instances/instance.ts'
import type { Caller } from '../../src/model/account.ts'
import type { Element } from '../../src/model/element.ts'
import type { Store } from '../../src/store/database.ts'
import { nextId } from '../../src/store/next-id.ts'
import type { Mapping } from '../../src/transform/mapping.ts'
import { createTestJobs } from './jobs.ts'

export const OWNER = { organizationId: 3, accountId: 12, userId: 77 }

/** Files of jobs in memory; their rows are in the store. */
export function memoryFiles(store: Store): JobFiles & { keys(): string[] } {
  const parts = new Map<string, Buffer>()
  return {
    keys: () => [...parts.keys()],
    async put(jobId, bytes) {
      const key = `${jobId}/${randomUUID()}`
      parts.set(key, Buffer.from(bytes))
      return { key, bytes: bytes.length }
    },
    async append(trx, jobId, { key, bytes }, startByte) {
      const { count } = await trx
        .selectFrom('bulk_parts')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('job_id', '=', jobId)
        .executeTakeFirstOrThrow()
      await trx
        .insertInto('bulk_parts')
        .values({ job_id: jobId, number: count, key, start_byte: startByte, bytes })
        .execute()
    },
    async *read(jobId, fromByte = 0) {
      const rows = await bulkDb(store)
        .selectFrom('bulk_parts')
        .selectAll()
        .where('job_id', '=', jobId)
        .orderBy('number')
        .execute()
      for (const { key, start_byte, bytes } of rows) {
        if (start_byte + bytes <= fromByte) continue
        const part = parts.get(key)
        if (!part) throw new Error(`part ${key} is missing`)
        yield part.subarray(Math.max(0, fromByte - start_byte))
      }
    },
    async remove(jobId) {
      for (const key of parts.keys()) if (key.startsWith(`${jobId}/`)) parts.delete(key)
      await bulkDb(store).deleteFrom('bulk_parts').where('job_id', '=', jobId).execute()
    },
  }
}

/** The room of bulk jobs without a hub around it: its clock stands still, instances are what `addInstance` made, their vendor is `call`. */
export function openTestBulk(store: Store, call: CallInstance) {
  const jobs = createTestJobs()
  const clock = { at: new Date('2026-04-02T10:12:01.250Z') }
  const instances = new Map<number, Instance>()
  const mappings = new Map<string, Mapping>()
  const platformCalls: Parameters<BulkContext['callPlatform']>[] = []
  const files = memoryFiles(store)
  const context: BulkContext = {
    ...{ store, jobs, files, call },
    mappingOf: (_caller, _instance, objectName) => mappings.get(objectName),
    authorize: () => undefined,
    now: () => clock.at,
    onTurn: () => undefined,
    log: pino({ level: 'silent' }),
    limits: { accountBytes: 1024 ** 3, fileBytes: 256 * 1024 ** 2, days: 7, openJobs: 1_000 },
    reading: createReadingTurns({ waitMs: 50 }),
    callerOf: (userId) => ({ ...OWNER, userId }) as unknown as Caller,
    findInstance: (id) => instances.get(id),
    findByToken(token) {
      const found = [...instances.values()].find((one) => one.token === token)
      if (!found) throw credentialsInvalid()
      return found
    },
    send: () => Promise.reject(new Error('nothing is sent in this test')),
    isBeforeSend: () => false,
    async callPlatform(...one) {
      platformCalls.push(one)
      return { status: 200, headers: {}, body: '', isCut: false }
    },
    ownPath: (address) => (address.startsWith('/') ? address : undefined),
  }
  const queue = bulkQueue(context)

  return {
    ...{ context, jobs, clock, files, platformCalls, mappings, queue },
    addInstance(element: Element, { id = 500 + instances.size, configuration = {} as Record<string, string> } = {}) {
      const plan = compile(element)
      const state = {
        id,
        accountId: OWNER.accountId,
        configuration: { ...plan.defaults, ...configuration },
        credentialsVersion: 1,
      }
      const instance = {
        ...OWNER,
        id,
        plan,
        state,
        name: `instance ${id}`,
        tags: [],
        token: `token-${id}`,
        disabled: false,
      }
      instances.set(id, instance as unknown as Instance)
      return instance as unknown as Instance
    },
    /** a job as `start-query.ts` and `start-upload.ts` make them, and its wake */
    async addJob(instance: Instance, request: JobRequest, fields: Partial<BulkJob> = {}): Promise<number> {
      const id = await nextId(store.db, 'bulk_jobs')
      await bulkDb(store)
        .insertInto('bulk_jobs')
        .values({
          id,
          organization_id: OWNER.organizationId,
          account_id: OWNER.accountId,
          user_id: OWNER.userId,
          instance_id: instance.id,
          element_key: instance.plan.element.key,
          direction: 'action' in request ? 'UPLOAD' : 'DOWNLOAD',
          object_name: request.objectName,
          status: 'CREATED',
          file_format: 'csv',
          ...(fields as object),
          request: store.cipher.seal(JSON.stringify(request), requestContext(id)),
        })
        .execute()
      await store.changes.transaction((trx, publish) => jobs.wake(trx, publish, BULK_QUEUE, [{ key: String(id) }]))
      return id
    },
    job: (id: number): Promise<BulkJob> =>
      bulkDb(store).selectFrom('bulk_jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    async fileOf(id: number): Promise<string> {
      const chunks: Buffer[] = []
      for await (const chunk of files.read(id)) chunks.push(chunk)
      return Buffer.concat(chunks).toString('utf8')
    },
    /** jobs run to their end */
    run: () => jobs.drain([queue]),
  }
}
