import Type from 'typebox'
import type { BulkJob } from '../../bulk/bulk-table.ts'
import type { BulkContext } from '../../bulk/context.ts'
import { startDownload } from '../../bulk/download/start-download.ts'
import { queryJob, startQuery } from '../../bulk/download/start-query.ts'
import { startUpload } from '../../bulk/upload/start-upload.ts'
import type { ScheduleContext } from '../../schedules/context.ts'
import type { App, Reply, Request } from '../app.ts'
import { BULK_PATHS, OBJECT_NAME } from '../bulk-paths.ts'
import { query, uncheckedBody } from '../openapi/describe-route.ts'
import { DOWNLOAD_REQUEST, META_DATA, QUERY_REQUEST, UPLOADED_FILE } from '../openapi/described-bulk.ts'
import { callerOf, instanceOf } from '../operations.ts'
import { single } from '../query.ts'
import { leaveBodies } from '../read-file.ts'
import { receiveBulkFile } from '../receive-bulk-file.ts'
import type { ReceiveUpload } from '../receive-upload.ts'
import { Scheduled, scheduleInstead } from '../schedule-request.ts'

/** A form with a statement and what its caller wants back. */
const SMALL_FORM = { totalBytes: 1024 * 1024, parts: 20 }
const CALLBACK =
  'The address in the header `Elements-Async-Callback-Url`, absolute or a path of this API, is told of the end by a POST of what `GET /bulk/{id}/status` answers.'
const SCHEDULED =
  'A Quartz cron in the header `Elements-Schedule-Request` makes it a job that does so again and again; the `id` is then that of the job.'
const FORWARDED = 'Other parameters go to the vendor with each of its calls.'

const Started = {
  status: Type.String({ description: '`CREATED`' }),
  instanceId: Type.Integer(),
  instance_id: Type.Integer({ description: 'The same as `instanceId`' }),
}
const DownloadStarted = Type.Object({ id: Type.String(), ...Started }, { title: 'BulkDownloadStarted' })
const UploadStarted = Type.Object({ id: Type.Integer(), ...Started }, { title: 'BulkUploadStarted' })

interface Deps {
  bulk: BulkContext
  schedules: ScheduleContext
  receiveUpload: ReceiveUpload
}

/** The calls that start a bulk job (spec 22 §3-§5). */
export function bulkStartRoutes(app: App, { bulk, schedules, receiveUpload }: Deps): void {
  const config = { operation: 'bulk.start' as const, isVendorBody: true }

  for (const { root, ofHub } of BULK_PATHS) {
    app.post(
      `${root}/query`,
      {
        config,
        schema: {
          summary: 'Start a download by a statement',
          description: `A statement in CEQL, in \`q\` or as \`query\` of a JSON body. ${CALLBACK} ${SCHEDULED} ${FORWARDED}`,
          params: Type.Object(ofHub),
          querystring: query({
            q: Type.String({ description: "Such as `select * from contacts where status='new' limit 1000`" }),
            from: Type.String({ description: 'Only what changed since, ISO 8601; by the date that the object says' }),
            to: Type.String({ description: 'Only what changed until then' }),
            lastRunDate: Type.String({ description: 'The same as `from`' }),
            continueFromJobId: Type.String({
              description: 'Id of an earlier job with a limit, to go on behind its last record',
            }),
          }),
          body: uncheckedBody(
            {
              'application/json': QUERY_REQUEST,
              'application/x-www-form-urlencoded': Type.Object({ metaData: META_DATA }),
              'multipart/form-data': Type.Object({ metaData: META_DATA }),
            },
            { required: false },
          ),
          response: { 200: Type.Union([DownloadStarted, Scheduled]) },
        },
      },
      beginQuery,
    )
    app.post(
      `${root}/download`,
      {
        config,
        schema: {
          summary: 'Start a download',
          description: CALLBACK,
          params: Type.Object(ofHub),
          body: uncheckedBody({ 'application/json': DOWNLOAD_REQUEST }),
          response: { 200: DownloadStarted },
        },
      },
      async (request) => {
        const { callback } = callOf(request)
        const call = { body: request.body, callback }
        return downloadStarted(await startDownload(bulk, callerOf(request), instanceOf(request), call))
      },
    )
    app.register(async (scope: App) => {
      leaveBodies(scope)
      scope.post(
        `${root}/:objectName`,
        {
          config,
          schema: {
            summary: 'Upload a file of records',
            description: `The file is the part \`file\` of a form, or the whole body. ${CALLBACK} ${FORWARDED}`,
            params: Type.Object({ ...ofHub, objectName: OBJECT_NAME }),
            body: uncheckedBody(UPLOADED_FILE),
            response: { 200: UploadStarted },
          },
        },
        async (request, reply) => upload(request, reply, request.params.objectName),
      )
    })
  }

  async function beginQuery(request: Request, reply: Reply) {
    const [caller, instance] = [callerOf(request), instanceOf(request)]
    const scheduled = await scheduleInstead({ schedules, authorize: bulk.authorize }, request, async () => {
      await queryJob(bulk, caller, instance, { ...callOf(request), body: request.body })
      return request.body
    })
    if (scheduled) return scheduled
    const parts = request.upload === undefined ? [] : await receiveUpload(request, reply, SMALL_FORM)
    const call = { ...callOf(request), body: request.body, parts }
    return downloadStarted(await startQuery(bulk, caller, instance, call))
  }

  async function upload(request: Request, reply: Reply, objectName: string) {
    const parts = await receiveBulkFile(request, reply, receiveUpload, bulk)
    const call = { ...callOf(request), objectName, parts }
    const job = await startUpload(bulk, callerOf(request), instanceOf(request), call)
    return { id: job.id, ...started(job) }
  }
}

/** What every start has: parameters of the address, and who is told of the end. */
function callOf({ query, headers }: Request) {
  return {
    query: query as Record<string, string | string[]>,
    callback: single(headers['elements-async-callback-url']),
  }
}

/** Clients of the two generations of downloads know ids as texts, those of uploads as numbers. */
function downloadStarted(job: BulkJob) {
  return { id: String(job.id), ...started(job) }
}

function started({ status, instance_id }: BulkJob) {
  return { status, instanceId: instance_id, instance_id }
}
