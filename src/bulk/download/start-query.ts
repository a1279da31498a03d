import { parseStatement } from '../../ceql/parse.ts'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { ResourceCall, UploadedPart } from '../../model/exchange.ts'
import { isObject } from '../../model/is-object.ts'
import { type BulkJob, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { createJob, type NewJob } from '../create-job.ts'
import { readCallbackUrl } from '../read-callback.ts'
import { readMetaData, textOfPart } from '../read-meta-data.ts'
import { readDate } from './date-window.ts'
import { combined, planDownload, readCount } from './make-download.ts'
import { fileFormatOf } from './read-format.ts'

/** `POST /bulk/query` as it came. */
export interface QueryCall extends Pick<ResourceCall, 'query'> {
  /** a JSON value, or the members of a form; undefined where there is none */
  body?: unknown
  /** of a multipart form */
  parts?: readonly UploadedPart[] | undefined
  /** `Elements-Async-Callback-Url` */
  callback?: string | undefined
}

/** What may stand in the body as well. */
const IN_FORMS = ['q', 'query', 'lastRunDate', 'from', 'to', 'continueFromJobId', 'metaData'] as const

/** Of the address, what is not for the element. */
const OURS = new Set([
  ...['q', 'lastRunDate', 'from', 'to', 'continueFromJobId', 'metaData'],
  ...['page', 'nextPage', 'pageSize', 'where', 'fields', 'orderBy'],
])

/**
 * The rows of a select statement as a file (spec 22 §3): `q` of the address, or `query` of the body.
 *
 * @throws ValenceError TOO_MANY; as `queryJob`
 */
export async function startQuery(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  call: QueryCall,
): Promise<BulkJob> {
  const job = await queryJob(context, caller, instance, call)
  return context.store.changes.transaction((trx, publish) => createJob(context, inBulk(trx), publish, job))
}

/**
 * The job that such a call becomes; whoever makes it, writes it together with rows of his own.
 *
 * @throws ValenceError PARAMETER_MISSING without a statement; QUERY_INVALID "Error parsing query: …"; as `planDownload`
 */
export async function queryJob(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  { query, body, parts = [], callback }: QueryCall,
): Promise<NewJob> {
  const sent = isObject(body) ? body : {}
  const form = new Map(await Promise.all(IN_FORMS.map(async (name) => [name, await textOfPart(parts, name)] as const)))
  const given = (name: (typeof IN_FORMS)[number]) => textOf(query[name]) ?? form.get(name) ?? sent[name]
  const text = statementOf(given('q') ?? given('query'))
  const { select, whereText } = parseStatement(text)
  const { from: objectName, fields = namesOf(query['fields']), orderBy, limit } = select
  const pageSize = readCount(query['pageSize'], 'pageSize')
  const order =
    orderBy.map(({ name, direction }) => (direction === 'desc' ? `${name} desc` : name)).join(', ') ||
    textOf(query['orderBy'])
  const from = readDate(given('from'), 'from') ?? readDate(given('lastRunDate'), 'lastRunDate')
  const to = readDate(given('to'), 'to')
  return planDownload(
    context,
    caller,
    instance,
    {
      objectName,
      ...(fields ? { fields: [...new Set(fields)] } : {}),
      where: combined(whereText, textOf(query['where'])),
      ...(order ? { orderBy: order } : {}),
      ...(limit === undefined ? {} : { limit }),
      ...(pageSize === undefined ? {} : { pageSize }),
      window: { ...(from && { from }), ...(to && { to }) },
      query: Object.fromEntries(Object.entries(query).filter(([name]) => !OURS.has(name))),
      metaData: readMetaData(given('metaData')),
      continueFromJobId: readCount(given('continueFromJobId'), 'continueFromJobId'),
    },
    { call: 'query', fileFormat: fileFormatOf(instance), query: text, callback: readCallbackUrl(callback) },
  )
}

function statementOf(given: unknown): string {
  if (typeof given === 'string' && given.trim() !== '') return given.trim()
  throw new ValenceError(
    'PARAMETER_MISSING',
    'A bulk query needs a statement: "q" in the address or "query" in the body, such as "select * from contacts"',
  )
}

/** @returns undefined for an empty one as well */
function textOf(value: string | string[] | undefined): string | undefined {
  return [value].flat()[0] || undefined
}

function namesOf(value: string | string[] | undefined): string[] | undefined {
  const names = [value ?? []].flat().flatMap((text) => text.split(','))
  const found = names.map((name) => name.trim()).filter((name) => name !== '' && name !== '*')
  return found.length === 0 ? undefined : found
}
