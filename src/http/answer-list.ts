import type { ListPage, ListQuery } from '../accounts/list-page.ts'
import type { Reply, Request } from './app.ts'
import { type AskedPage, addListHeaders, type Filter, pageInMemory, readListPage, type TokenSigner } from './paging.ts'
import { isTrue, type Query, single, wholeNumber } from './query.ts'

/**
 * Answers a list that takes `where`, `includeInactive`, `pageSize`, `page`, `offset` and `nextPage` (spec 00 §8, §9), with its headers.
 *
 * @param list names the list and whose it is: a page token of another one is refused
 * @throws ValenceError PARAMETER_INVALID, PAGE_TOKEN_INVALID, and what `find` throws
 */
export async function answerList<T>(
  request: Request,
  reply: Reply,
  list: string,
  signer: TokenSigner,
  find: (query: ListQuery) => Promise<ListPage<T>>,
): Promise<T[]> {
  const query = request.query as Query
  const given = { where: single(query['where']) ?? '', includeInactive: isTrue(query['includeInactive']) ? 'true' : '' }
  const page = readListPage(query, list, given, signer, reply)
  const found = await find({
    where: single(page.filter['where']),
    includeInactive: page.filter['includeInactive'] !== undefined,
    pageSize: page.pageSize,
    page: page.page,
    offset: wholeNumber(query, 'offset', 0),
    after: page.after,
  })
  addListHeaders(reply, { ...found, returned: found.items.length }, list, page, signer)
  return found.items
}

/**
 * Answers one page of a list that the database keeps, with its headers.
 *
 * @param list names the list: a page token of another one is refused
 * @param filter what the caller filters by; `find` reads `page.filter`, which may be the one of the token
 * @param find `total` is absent where nobody counts
 * @throws ValenceError PARAMETER_INVALID, PAGE_TOKEN_INVALID, and what `find` throws
 */
export async function answerPage<T>(
  request: Request,
  reply: Reply,
  list: string,
  signer: TokenSigner,
  filter: Filter,
  find: (page: AskedPage) => Promise<{ items: T[]; total?: number | undefined; next: number | undefined }>,
): Promise<T[]> {
  const page = readListPage(request.query as Query, list, filter, signer, reply)
  const { items, total, next } = await find(page)
  addListHeaders(reply, { returned: items.length, total, next }, list, page, signer)
  return items
}

/** Answers one page of a list that is in memory and takes no filter, with its headers. */
export function answerItems<T>(
  request: Request,
  reply: Reply,
  list: string,
  signer: TokenSigner,
  items: readonly T[],
): readonly T[] {
  return pageInMemory(items, readListPage(request.query as Query, list, {}, signer, reply), list, signer, reply)
}
