import Type from 'typebox'
import { cancelJob } from '../../bulk/cancel-job.ts'
import type { BulkContext } from '../../bulk/context.ts'
import { holdReading } from '../../bulk/hold-reading.ts'
import { BulkJobBody } from '../../bulk/job-body.ts'
import { listErrors } from '../../bulk/list-errors.ts'
import { listJobs } from '../../bulk/list-jobs.ts'
import { pickFields } from '../../bulk/pick-fields.ts'
import { readData } from '../../bulk/read-data.ts'
import { openFile } from '../../bulk/read-file.ts'
import { readStatus } from '../../bulk/read-status.ts'
import type { Caller } from '../../model/account.ts'
import { answerPage } from '../answer-list.ts'
import type { App, Reply, Request } from '../app.ts'
import { BULK_ID, BULK_PATHS, OBJECT_NAME } from '../bulk-paths.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { BULK_STATUS } from '../openapi/described-bulk.ts'
import { callerOf, instanceOf } from '../operations.ts'
import { addListHeaders, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, listOf, type Query, single } from '../query.ts'
import { readsAsText } from '../reads-as-text.ts'
import { JSON_TYPE } from '../reply-headers.ts'

/** A client that takes nothing for so long has gone without a word. */
const STALLED_MS = 5 * 60_000

const FIELDS = Type.String({ description: 'Members to answer, as a comma list' })
const { page: _byTokenOnly, ...PAGES } = PAGING
const AS_TEXT = Type.String({
  description: '`{"convertToNativeType":"false"}`: numbers and booleans are answered as texts, in JSON',
})
const NAMED = 'The id decides; the name is there to be read.'

/** Bulk jobs that were started: how they stand, what they brought (spec 22 §6-§9). The calls that start them are in `bulk-starts.ts`. */
export function bulkRoutes(app: App, { bulk, signer }: { bulk: BulkContext; signer: TokenSigner }): void {
  // rows and records are the vendor's, no name in them is ours
  const reading = { operation: 'bulk.read' as const, isVendorBody: true }

  for (const { root, ofHub } of BULK_PATHS) {
    const params = Type.Object({ ...ofHub, id: BULK_ID })
    const fileParams = Type.Object({ ...ofHub, id: BULK_ID, objectName: OBJECT_NAME })
    app.get(
      `${root}/jobs`,
      {
        config: reading,
        schema: {
          summary: 'List bulk jobs of an instance, the newest first',
          params: Type.Object(ofHub),
          querystring: query({
            ...PAGING,
            where: Type.String({
              description:
                "Condition in CEQL over members of the rows: `object_name='contacts' AND job_status='COMPLETED' AND job_direction='DOWNLOAD' AND record_count>0`",
            }),
            fields: FIELDS,
          }),
          response: { 200: arrayOf(BulkJobBody) },
        },
      },
      answerJobs,
    )
    app.get(
      `${root}/:id/status`,
      {
        config: reading,
        schema: { summary: 'Read how a bulk job stands', params, response: { 200: BULK_STATUS } },
      },
      async (request) => readStatus(bulk, ...jobOf(request)),
    )
    app.get(
      `${root}/:id/errors`,
      {
        config: reading,
        schema: {
          summary: 'List the rows of a bulk job that failed',
          description:
            'The columns of the row, and in `status` what became of it: `400: email is required`. Of a row with `uncertain: …` nobody knows whether it was written. A page of large rows is shorter than asked for.',
          params,
          querystring: query({ ...PAGES, fields: FIELDS }),
          response: { 200: arrayOf(Type.Record(Type.String(), Type.Unknown())) },
        },
      },
      answerErrors,
    )
    app.put(
      `${root}/:id/cancel`,
      {
        config: { operation: 'bulk.cancel', isVendorBody: true },
        schema: {
          summary: 'Cancel a bulk job',
          description: 'What was done stays done. 400 for one that has ended.',
          params,
          response: { 200: BULK_STATUS },
        },
      },
      async (request) => cancelJob(bulk, ...jobOf(request)),
    )
    app.get(
      `${root}/:id/:objectName`,
      {
        config: reading,
        schema: {
          summary: 'Read the file of a download',
          description: `As the header \`Accept\` says: \`text/csv\`, \`application/json\` or \`application/jsonl\`; the two are the same, a record per line. ${NAMED} 404 as long as the job has not ended.`,
          params: fileParams,
          querystring: query({ json: AS_TEXT }),
          response: { 200: FILE },
        },
      },
      answerFile,
    )
    app.get(
      `${root}/:id/:objectName/data`,
      {
        config: reading,
        schema: {
          summary: 'List the records of a download',
          description: `${NAMED} 404 as long as the job has not ended. A page of large records is shorter than asked for.`,
          params: fileParams,
          querystring: query(PAGES),
          response: { 200: RECORDS },
        },
      },
      answerData,
    )
  }

  function answerJobs(request: Request, reply: Reply) {
    const asked = request.query as Query
    const instance = instanceOf(request)
    const filter = { where: single(asked['where']) ?? '' }
    return answerPage(request, reply, `bulk jobs of ${instance.id}`, signer, filter, async (page) => {
      const jobs = { ...page, where: single((page.filter as Query)['where']) }
      return picked(asked, await listJobs(bulk, callerOf(request), instance, jobs))
    })
  }

  async function answerErrors(request: Request, reply: Reply) {
    const job = jobOf(request)
    await holdUntilSent(job[0], reply)
    return answerPage(request, reply, `errors of bulk job ${job[2]}`, signer, {}, async (page) =>
      picked(request.query as Query, await listErrors(bulk, ...job, page)),
    )
  }

  async function answerFile(request: Request, reply: Reply): Promise<Reply> {
    const asText = readsAsText(request.query as Query)
    const file = await openFile(bulk, ...jobOf(request), { accept: request.headers.accept, asText })
    endWhenStalled(reply)
    return reply
      .header('content-type', file.contentType)
      .header('content-disposition', file.disposition)
      .send(file.body)
  }

  async function answerData(request: Request, reply: Reply): Promise<Reply> {
    const job = jobOf(request)
    const list = `data of bulk job ${job[2]}`
    const page = readListPage(request.query as Query, list, {}, signer, reply)
    await holdUntilSent(job[0], reply)
    const { body, total, next } = await readData(bulk, ...job, page)
    addListHeaders(reply, { returned: body.count ?? 0, total, next }, list, page, signer)
    return reply.type(JSON_TYPE).send(body.text)
  }

  /** However slowly somebody takes a page, it is in memory until he has it. @throws ValenceError UNAVAILABLE */
  async function holdUntilSent({ accountId, organizationId }: Caller, reply: Reply): Promise<void> {
    endWhenStalled(reply)
    const release = await holdReading(bulk, { account_id: accountId, organization_id: organizationId })
    // of a call from inside only the first one comes
    reply.raw.once('finish', release).once('close', release)
    if (reply.raw.closed) release()
  }
}

function endWhenStalled({ raw }: Reply): void {
  raw.setTimeout(STALLED_MS, () => raw.destroy())
}

const FILE = Type.Unsafe<Reply>({
  content: Object.fromEntries(
    ['text/csv', 'application/json', 'application/jsonl'].map((type) => [type, { schema: Type.String() }]),
  ),
})
const RECORDS = Type.Unsafe<Reply>(Type.Array(Type.Record(Type.String(), Type.Unknown())))

/** Whose instance, which instance, and what the path calls the job. */
function jobOf(request: Request) {
  return [callerOf(request), instanceOf(request), idOf((request.params as { id: string }).id)] as const
}

function picked<Row extends object>(asked: Query, page: { items: Row[]; next: number | undefined }) {
  const fields = listOf(asked, 'fields')
  return { ...page, items: page.items.map((row) => pickFields(row, fields) as Row) }
}
