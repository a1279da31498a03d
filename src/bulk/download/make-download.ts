import { parseWhere } from '../../ceql/parse.ts'
import { vendorName } from '../../engine/common/vendor-name.ts'
import { ValenceError } from '../../errors.ts'
import { assertEnabled } from '../../instances/assert-enabled.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { type BulkJob, type DownloadPosition, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { createJob, type NewJob } from '../create-job.ts'
import type { DownloadRequest } from '../job-request.ts'
import { isFilteredHere, listResource, takesParameter } from '../list-resource.ts'
import { assertBulkEnabled, type BulkObject, findBulkObject } from '../object-path.ts'
import { continueFrom } from './continue-from.ts'
import { assertInOrder, type DateWindow, dateSettings, windowText } from './date-window.ts'
import { findDocuments } from './documents.ts'
import { nativePaths } from './native-job.ts'

/** What somebody asks for, read and not yet held against the element. */
export interface AskedDownload extends Omit<DownloadRequest, 'where' | 'window' | 'notes'> {
  /** as the caller wrote it, without the window */
  where?: string | undefined
  window: DateWindow
  /** the caller's choice of the field that the window is of */
  filterDateField?: string | undefined
  continueFromJobId?: number | undefined
}

export interface NewDownload {
  call: 'query' | 'download'
  fileFormat: string
  /** as lists show it */
  query: string
  callback: string | undefined
}

/** A download becomes a job. @throws ValenceError TOO_MANY; as `planDownload` */
export async function makeDownload(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  asked: AskedDownload,
  download: NewDownload,
): Promise<BulkJob> {
  const job = await planDownload(context, caller, instance, asked, download)
  return context.store.changes.transaction((trx, publish) => createJob(context, inBulk(trx), publish, job))
}

/**
 * The job that a download becomes.
 *
 * @throws ValenceError OBJECT_NOT_FOUND, PARAMETER_INVALID (switched off, or a job that cannot be continued), QUERY_INVALID, INSTANCE_DISABLED,
 *   INSTANCE_NOT_FOUND (of the documents), NOT_FOUND (the job to continue)
 */
export async function planDownload(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  asked: AskedDownload,
  { call, fileFormat, query, callback }: NewDownload,
): Promise<NewJob> {
  context.authorize(caller, 'bulk.start', instance)
  assertEnabled(instance)
  const object = await findBulkObject(context, caller, instance, asked.objectName)
  assertBulkEnabled(asked.objectName, object, call)
  assertInOrder(asked.window)
  const request = await requestOf(context, caller, instance, object, asked)
  if (request.docs) await findDocuments(context, instance, request.docs)
  const position = await positionOf(context, caller, instance, request, asked.continueFromJobId)
  return { owner: caller, instance, request, fileFormat, query, callback, position }
}

async function requestOf(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  object: BulkObject,
  asked: AskedDownload,
): Promise<DownloadRequest> {
  const { where: own, window, filterDateField, continueFromJobId: _, ...request } = asked
  const list = await listResource(context, caller, instance, object.path)
  const { mapping, declared } = object
  const chosen = filterDateField && mapping ? vendorName(mapping, filterDateField) : filterDateField
  const settings = dateSettings(declared?.declared ?? [], instance.state.configuration, chosen)
  const changed = settings && windowText(settings, window, { mapping, isMatchedHere: isFilteredHere(list) })
  const where = combined(own, changed)
  const { from, to } = window
  const notes = [
    (from || to) && !settings && !nativePaths(instance, object)
      ? 'The window of dates was ignored: the element does not say which date of a record it is of'
      : '',
    request.orderBy && !takesParameter(instance, list, 'orderBy')
      ? 'The rows are in the order of the vendor: the element has no parameter orderBy for them'
      : '',
  ].filter((note) => note !== '')
  return {
    ...request,
    ...(notes.length === 0 ? {} : { notes }),
    ...(where === undefined ? {} : { where }),
    ...(from || to
      ? { window: { ...(from && { from: from.toISOString() }), ...(to && { to: to.toISOString() }) } }
      : {}),
  }
}

/**
 * Both of two conditions; the caller's own words stay, because scripts look at them.
 * @throws ValenceError QUERY_INVALID
 */
export function combined(one: string | undefined, other: string | undefined): string | undefined {
  const [first, second] = [one, other].map((text) => (text ? parseWhere(text) : undefined))
  if (!first) return second && other
  if (!second) return one
  const written = (text: string | undefined, kind: string) => (kind === 'or' ? `(${text})` : text)
  return `${written(one, first.kind)} AND ${written(other, second.kind)}`
}

async function positionOf(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  request: DownloadRequest,
  earlierId: number | undefined,
): Promise<DownloadPosition | undefined> {
  return earlierId === undefined ? undefined : continueFrom(context, caller, instance, request, earlierId)
}

/** @throws ValenceError PARAMETER_INVALID */
export function readCount(value: unknown, name: string, least = 1): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= least) return count
  throw new ValenceError(
    'PARAMETER_INVALID',
    `${name}: expected a whole number from ${least}, got ${JSON.stringify(value).slice(0, 100)}`,
  )
}
