import { callbackQueue } from '../bulk/callbacks.ts'
import type { BulkContext } from '../bulk/context.ts'
import { countOpenJobs } from '../bulk/count-open-jobs.ts'
import { openFileStore } from '../bulk/files/open-file-store.ts'
import { createJobFiles } from '../bulk/files/sealed-files.ts'
import { createReadingTurns } from '../bulk/hold-reading.ts'
import { bulkQueue } from '../bulk/run-job.ts'
import { workflowQueue } from '../bulk/workflows/run-workflow.ts'
import { ownPath } from '../http/own-path.ts'
import { commonResourcesOf } from '../instances/common-resources-of.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import type { Parts } from './parts.ts'

const BYTES_PER_GB = 1e9
/** Nobody waits for more, and each of them has a row that somebody looks for. */
const OPEN_JOBS = 1_000

/** Many rows at once: into files, out of them, and whoever is told of it. */
export async function composeBulk(
  {
    config,
    store,
    jobs,
    authorize,
    metrics,
    now,
    logOf,
    instances,
    finder,
    call,
    callAsOwner,
    callerOf,
    publicUrl,
  }: Parts,
  opened: AsyncDisposableStack,
): Promise<{ context: BulkContext; queues: JobQueue[] }> {
  const files = await openFileStore(config)
  opened.defer(() => files.close())
  const { send, isBeforeSend } = instances
  const context: BulkContext = {
    ...{
      store,
      jobs,
      authorize,
      now,
      call,
      callerOf,
      send,
      isBeforeSend,
      log: logOf('bulk'),
      onTurn: metrics.bulkTurn,
    },
    files: createJobFiles({ store, files }),
    limits: {
      accountBytes: config.bulkAccountGb * BYTES_PER_GB,
      fileBytes: config.bulkFileGb * BYTES_PER_GB,
      days: config.bulkDays,
      openJobs: OPEN_JOBS,
    },
    reading: createReadingTurns(),
    mappingOf: (caller, instance, objectName) =>
      commonResourcesOf(instances, caller, instance, { headers: {} }).mappingOf(objectName),
    findInstance: (id) => finder.byId(id),
    findByToken: (token) => finder.byToken(token),
    callPlatform: callAsOwner,
    ownPath: (address) => ownPath(address, publicUrl()),
  }
  metrics.watchBulk(() => countOpenJobs({ store }))
  return { context, queues: [bulkQueue(context), callbackQueue(context), workflowQueue(context)] }
}
