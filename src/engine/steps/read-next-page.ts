import { countOf } from '../body/count-of.ts'
import type { Exchange, NextPage } from '../exchange.ts'
import { findNextCursor } from '../paging/next-page-key.ts'
import { paginatorFor } from '../paging/paginators.ts'
import type { Step } from '../ports.ts'

/**
 * Where the next page is, if there may be one (spec 21 §5.4). A declared `nextPageKey` decides; without one a full
 * page has a successor and a short one is the last.
 */
export const readNextPage: Step = (exchange) => {
  const { page, reply, resource } = exchange
  if (!page || reply.status >= 400) return exchange
  exchange.totalCount = countOfHeader(reply.headers['elements-total-count'])
  const cursor = textOf(reply.headers['elements-next-page-token'])
  // a hook named the next page (spec 11 §6.4): it wins over what the element declares
  if (cursor) exchange.nextPage = { cursor }
  else if (resource.paging.by === 'platform') cutPage(exchange)
  else exchange.nextPage = nextOfVendor(exchange)
  return exchange
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function countOfHeader(header: string | string[] | undefined): number | undefined {
  const text = textOf(header)
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

function nextOfVendor({ page, reply, resource, instance }: Exchange): NextPage | undefined {
  const key = resource.paging.nextPageKey
  if (key) {
    // a cursor that no parameter takes back would lead to the first page again and again
    const takesCursor = resource.paging.placeNextPage !== undefined || resource.paging.placePage !== undefined
    const { hasMoreKey } = resource.paging
    // some vendors name a cursor on the last page too, and say beside it that nothing follows
    const isLast = hasMoreKey !== undefined && !mayFollow(findNextCursor(hasMoreKey, reply))
    const cursor = takesCursor && !isLast ? findNextCursor(key, reply) : undefined
    return cursor === undefined ? undefined : { cursor }
  }
  const paginates = resource.paging.placePage !== undefined
  const received = countOf(reply.body)
  if (!page || !paginates || received === undefined || received < page.pageSize) return undefined
  return paginatorFor(instance.configuration['pagination.type'], resource.paging.pageName).next(page)
}

/** `false`, null and nothing at all are no value to `findNextCursor`. */
function mayFollow(text: string | undefined): boolean {
  return text !== undefined && !/^(?:false|0)$/i.test(text)
}

/** The vendor cannot page: everything was fetched, this is our slice of it. */
function cutPage(exchange: Exchange): void {
  const { page, reply } = exchange
  if (!page || !Array.isArray(reply.body)) return
  const start =
    'page' in page.position
      ? (page.position.page - 1) * page.pageSize
      : 'offset' in page.position
        ? page.position.offset
        : 0
  const end = start + page.pageSize
  exchange.totalCount = reply.body.length
  exchange.nextPage = end < reply.body.length ? { offset: end } : undefined
  reply.body = reply.body.slice(start, end)
}
