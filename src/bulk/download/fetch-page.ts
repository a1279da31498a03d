import { Readable } from 'node:stream'
import { declaredMax } from '../../engine/paging/page.ts'
import type { ResourcePlan } from '../../engine/plan.ts'
import { ValenceError } from '../../errors.ts'
import { JsonText, type ResourceCall } from '../../model/exchange.ts'
import type { BulkContext } from '../context.ts'
import type { DownloadRequest } from '../job-request.ts'
import { mayFilterHere } from '../list-resource.ts'
import type { Turn } from '../turn.ts'

/** A page of the list. */
export interface Page {
  /** `JsonText` or a value: a list, or one record */
  body: unknown
  nextPage: string | undefined
  /** of the whole list, where the vendor says so */
  total: number | undefined
}

/** The list that a download reads. */
export interface List {
  path: string
  /** undefined when the element has none: the first call says so */
  resource: ResourcePlan | undefined
  /** of records that the vendor's own bulk job has chosen already */
  isNative?: boolean
}

/** However much an element allows: a page and what becomes of it are in memory together. */
const MOST_ROWS = 2_000

/**
 * One page, through everything that a call of the list goes through: hooks, common resources, paging, credentials. A page token brings back the query it
 * was issued for, so what the job asked goes along with the first page only.
 *
 * @param skip rows of the page that are in a file already
 * @throws ValenceError as the call does; VENDOR_REPLY_INVALID for an answer that is no list
 */
export async function fetchPage(
  { call }: Pick<BulkContext, 'call'>,
  { caller, instance }: Pick<Turn, 'caller' | 'instance'>,
  list: List,
  request: DownloadRequest,
  nextPage: string | undefined,
  skip = 0,
): Promise<Page> {
  const { headers, body } = await call(caller, instance, {
    method: 'GET',
    path: list.path,
    query: nextPage === undefined ? firstQuery(request, list, instance.state.configuration, skip) : { nextPage },
    headers: mayFilterHere(list.resource) ? { 'elements-filter': 'platform' } : {},
    body: undefined,
    isWhole: true,
  })
  const total = headers['elements-total-count']
  return {
    body: recordsIn(body, list),
    nextPage: headers['elements-next-page-token'],
    total: total === undefined ? undefined : Number(total),
  }
}

function firstQuery(
  { query, where, fields, orderBy, limit, pageSize }: DownloadRequest,
  { resource, isNative }: List,
  configuration: Readonly<Record<string, string | null>>,
  skip: number,
): ResourceCall['query'] {
  const largest = pageSize ?? largestPage(resource, configuration)
  const wanted = limit === undefined ? largest : Math.min(limit + skip, largest ?? limit + skip)
  // with a smaller page than that of which the rows are, the next ones would be taken for new
  const size = wanted === undefined ? undefined : Math.max(wanted, skip + 1)
  const sized: ResourceCall['query'] = size === undefined ? {} : { pageSize: String(size) }
  if (isNative) return sized
  return {
    ...(query as ResourceCall['query']),
    ...(where === undefined ? {} : { where }),
    ...(fields === undefined ? {} : { fields: fields.join(',') }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...sized,
  }
}

/** Where the element does not say how much the vendor gives, more than usual would be a guess, and a vendor that gives less looks as if it had no more. */
function largestPage(
  resource: ResourcePlan | undefined,
  configuration: Readonly<Record<string, string | null>>,
): number | undefined {
  const declared = declaredMax(configuration, resource?.resource.objectName)
  return declared === undefined ? undefined : Math.min(declared, MOST_ROWS)
}

function recordsIn(body: unknown, { path }: List): unknown {
  if (body === undefined || body === null) return []
  if (body instanceof JsonText) return body.text === 'null' ? [] : body
  if (body instanceof Readable) body.destroy()
  else if (typeof body === 'object') return body
  throw new ValenceError('VENDOR_REPLY_INVALID', `GET ${path}: the answer is no list of records`)
}
