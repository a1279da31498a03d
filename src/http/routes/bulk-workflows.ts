import Type from 'typebox'
import type { BulkContext } from '../../bulk/context.ts'
import { readCallbackUrl } from '../../bulk/read-callback.ts'
import { keepWorkflow } from '../../bulk/workflows/keep-workflow.ts'
import { planWorkflow } from '../../bulk/workflows/plan-workflow.ts'
import { startWorkflow } from '../../bulk/workflows/start-workflow.ts'
import { storeWorkflowFile } from '../../bulk/workflows/store-workflow-file.ts'
import { isRowId } from '../../model/row-id.ts'
import { JOB_HEADER } from '../../schedules/api/run-api-job.ts'
import type { ScheduleContext } from '../../schedules/context.ts'
import type { App, Reply, Request } from '../app.ts'
import { BULK_PATHS, OBJECT_NAME } from '../bulk-paths.ts'
import { uncheckedBody } from '../openapi/describe-route.ts'
import { UPLOADED_FILE } from '../openapi/described-bulk.ts'
import { callerOf, instanceOf } from '../operations.ts'
import { single } from '../query.ts'
import { leaveBodies } from '../read-file.ts'
import { receiveBulkFile } from '../receive-bulk-file.ts'
import type { ReceiveUpload } from '../receive-upload.ts'
import { Scheduled, scheduleInstead } from '../schedule-request.ts'

const Members = Type.Record(Type.String(), Type.Unknown())
const Step = Type.Object(
  {
    query: Type.String({ examples: ['select * from accounts'] }),
    objectName: Type.Optional(Type.String()),
    elementKey: Type.Optional(Type.String({ description: 'Of the instance whose token is sent' })),
    from: Type.Optional(Type.String({ description: 'Records that changed since; `to` until' })),
    to: Type.Optional(Type.String()),
    path: Type.Optional(Type.String()),
    method: Type.Optional(Type.Literal('POST')),
    statusCheckInterval: Type.Optional(Type.Integer({ description: 'Milliseconds; nothing depends on it' })),
    fileUpload: Type.Optional(Type.Boolean({ description: 'Rows come from the file of `jobId`, not from a query' })),
    jobId: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
    parentObjectName: Type.Optional(Type.String({ description: 'Object of another job, which goes first' })),
    targetConfiguration: Type.Object({
      token: Type.String({ description: 'Element token of the instance that the rows go to, of the same account' }),
      objectName: Type.String(),
      elementKey: Type.Optional(Type.String()),
      path: Type.Optional(Type.String()),
      method: Type.Optional(Type.Literal('POST')),
      parameters: Type.Optional(Members),
      metaData: Type.Optional(Type.Union([Type.String(), Members], { description: 'As that of an upload' })),
    }),
    notificationConfiguration: Type.Optional(
      Type.Object(
        { token: Type.String(), to: Type.String() },
        { description: 'Who gets a message at the end, by `POST /messages` of the instance of the token' },
      ),
    ),
  },
  { title: 'BulkWorkflowJob' },
)
const body = uncheckedBody({ 'application/json': Type.Array(Step) })

const StoredFile = Type.Object({ jobId: Type.Integer(), objectName: Type.String() }, { title: 'BulkWorkflowFile' })

interface Deps {
  bulk: BulkContext
  schedules: ScheduleContext
  receiveUpload: ReceiveUpload
}

/** Rows of one instance that go to others, now or again and again (spec 22 §10). */
export function bulkWorkflowRoutes(app: App, { bulk, schedules, receiveUpload }: Deps): void {
  const { authorize } = bulk
  for (const { root, ofHub } of BULK_PATHS) {
    app.register(async (scope: App) => {
      leaveBodies(scope)
      scope.post(
        `${root}/workflows/fileUpload/:objectName`,
        {
          config: { operation: 'bulk.start', isVendorBody: true },
          schema: {
            summary: 'Store a file for a workflow',
            description: 'Its `jobId` stands in a workflow with `fileUpload: true`, in place of a query.',
            params: Type.Object({ ...ofHub, objectName: OBJECT_NAME }),
            body: uncheckedBody(UPLOADED_FILE),
            response: { 200: StoredFile },
          },
        },
        async (request, reply) => storeFile(request, reply, request.params.objectName),
      )
    })
    app.post(
      `${root}/workflows`,
      {
        config: { operation: 'bulk.start' },
        schema: {
          summary: 'Query an instance and upload what it has to others',
          description:
            'Headers: `Elements-Schedule-Request`, a Quartz cron, makes it a job that does so again and again, whose id is the answer; `Elements-Async-Callback-Url` is told when all have ended.',
          params: Type.Object(ofHub),
          body,
          response: { 200: Scheduled },
        },
      },
      start,
    )
  }

  async function storeFile(request: Request, reply: Reply, objectName: string) {
    const parts = await receiveBulkFile(request, reply, receiveUpload, bulk)
    const query = request.query as Record<string, string | string[]>
    return storeWorkflowFile(bulk, callerOf(request), instanceOf(request), { objectName, parts, query })
  }

  async function start(request: Request) {
    const [caller, instance] = [callerOf(request), instanceOf(request)]
    const asked = request.body
    const callback = single(request.headers['elements-async-callback-url'])
    const scheduled = await scheduleInstead({ schedules, authorize }, request, async () => {
      readCallbackUrl(callback)
      return keepWorkflow(asked, await planWorkflow(bulk, caller, instance, asked))
    })
    if (scheduled) return scheduled
    const jobId = Number(single(request.headers[JOB_HEADER]))
    const scheduleId = isRowId(jobId) ? jobId : undefined
    return startWorkflow(bulk, caller, instance, { body: asked, callback, scheduleId })
  }
}
