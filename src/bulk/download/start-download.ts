import { parseWhere } from '../../ceql/parse.ts'
import { printName } from '../../ceql/print.ts'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { isObject } from '../../model/is-object.ts'
import type { BulkJob } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import type { DownloadRequest } from '../job-request.ts'
import { readCallbackUrl } from '../read-callback.ts'
import { readMetaData } from '../read-meta-data.ts'
import { readDate } from './date-window.ts'
import { type AskedDownload, makeDownload, readCount } from './make-download.ts'
import { readFormat } from './read-format.ts'

/** `POST /bulk/download` as it came. */
export interface DownloadCall {
  /** a JSON value */
  body: unknown
  /** `Elements-Async-Callback-Url`; `notificationUrl` of the body comes before it */
  callback?: string | undefined
}

/**
 * The rows of an object as a file (spec 22 §4).
 *
 * @throws ValenceError BODY_INVALID, PARAMETER_MISSING, PARAMETER_INVALID for members; as `makeDownload`
 */
export async function startDownload(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  { body, callback }: DownloadCall,
): Promise<BulkJob> {
  if (!isObject(body)) throw new ValenceError('BODY_INVALID', 'A bulk download needs a JSON object as its body')
  const fileFormat = readFormat(body['format'])
  const asked = readAsked(body)
  return makeDownload(context, caller, instance, asked, {
    call: 'download',
    fileFormat,
    query: statementOf(asked),
    callback: readCallbackUrl(textIn(body, 'notificationUrl') ?? callback),
  })
}

function readAsked(body: Readonly<Record<string, unknown>>): AskedDownload {
  const objectName = textIn(body, 'objectName')?.trim()
  if (!objectName)
    throw new ValenceError('PARAMETER_MISSING', 'objectName: a bulk download needs the name of an object')
  const where = textIn(body, 'where')
  // what cannot be read is said now and not when the job has begun
  if (where) parseWhere(where)
  const count = (name: string) => readCount(body[name], name)
  const [from, to] = [readDate(body['from'], 'from'), readDate(body['to'], 'to')]
  const fields = fieldsOf(body['selectFields'])
  return {
    objectName,
    where,
    ...given('fields', fields),
    ...given('limit', count('limit')),
    ...given('pageSize', count('pageSize')),
    ...given('apiLimit', count('apiLimit')),
    ...given('filterNulls', flagIn(body, 'filterNulls')),
    ...given('docs', docsOf(body['docsHubDetails'])),
    window: { ...given('from', from), ...given('to', to) },
    filterDateField: textIn(body, 'filterDateField') || undefined,
    query: queryOf(body['query']),
    metaData: readMetaData(body['metaData']),
    continueFromJobId: count('continueFromJobId'),
  }
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [name in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value }
}

function textIn(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new ValenceError('PARAMETER_INVALID', `${name}: expected a text, got ${JSON.stringify(value).slice(0, 100)}`)
}

function flagIn(body: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null || value === '') return undefined
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new ValenceError(
    'PARAMETER_INVALID',
    `${name}: expected true or false, got ${JSON.stringify(value).slice(0, 100)}`,
  )
}

/** `a, b,c`, or a list; `*` is all of them. */
function fieldsOf(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined
  const names = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `selectFields: expected names such as "id,name", got ${JSON.stringify(value).slice(0, 100)}`,
    )
  }
  const fields = [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))]
  return fields.length === 0 || fields.includes('*') ? undefined : fields
}

/** Of the pages' own names nothing is taken: which page is next, the job decides. */
const NOT_FORWARDED = new Set(['page', 'nextPage', 'pageSize', 'where', 'fields', 'orderBy'])

function queryOf(value: unknown): DownloadRequest['query'] {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `query: expected an object of query parameters, got ${JSON.stringify(value).slice(0, 100)}`,
    )
  }
  const written = (one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => one !== null && !NOT_FORWARDED.has(name))
      .map(([name, one]) => [name, Array.isArray(one) ? one.map(written) : written(one)]),
  )
}

function docsOf(value: unknown): DownloadRequest['docs'] {
  if (value === undefined || value === null) return undefined
  const { instanceId, path } = isObject(value) ? value : {}
  const id = readCount(instanceId, 'docsHubDetails.instanceId')
  if (id !== undefined && typeof path === 'string' && path.trim() !== '') return { instanceId: id, path: path.trim() }
  throw new ValenceError(
    'PARAMETER_INVALID',
    'docsHubDetails: expected { "instanceId": of a documents instance, "path": where its file is to be }',
  )
}

/** As it would be asked for in CEQL. */
function statementOf({ objectName, fields, where, limit }: AskedDownload): string {
  const condition = where?.trim() ? ` where ${where.trim()}` : ''
  const most = limit === undefined ? '' : ` limit ${limit}`
  return `select ${fields?.map(printName).join(', ') ?? '*'} from ${printName(objectName)}${condition}${most}`
}
