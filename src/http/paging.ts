import type { FastifyReply } from 'fastify'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../engine/paging/page.ts'
import { ValenceError } from '../errors.ts'
import { type Query, single, wholeNumber } from './query.ts'

/**
 * Which part of a platform list is asked for (spec 00 §8): by `pageSize`, `page`, or the `nextPage` token of the previous answer, which
 * carries the filter: sent alone it goes on with it, sent with a filter it must be the same.
 */
export interface AskedPage<Place extends number | string = number> {
  pageSize: number
  page: number | undefined
  /** what the token of the previous page says to go on after */
  after: Place | undefined
  /** the caller's filter, or the one of the token */
  filter: Filter
}

export type Filter = Readonly<Record<string, string | readonly string[]>>

export interface TokenSigner {
  sign(text: string): string
  verify(text: string, signature: string): boolean
}

interface ListToken {
  list: string
  /** a number or a text: what the list named by `list` puts in */
  after: number | string
  pageSize: number
  filter: Filter
}

/**
 * @param list names the list: a token of another one is refused
 * @param filter what the caller filters by; empty values are no filter
 * @throws ValenceError PARAMETER_INVALID, PAGE_TOKEN_INVALID
 */
export function readListPage<Place extends number | string = number>(
  query: Query,
  list: string,
  filter: Filter,
  signer: TokenSigner,
  reply: FastifyReply,
  defaultPageSize = DEFAULT_PAGE_SIZE,
): AskedPage<Place> {
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value.length > 0))
  const text = single(query['nextPage'])
  const token = text === undefined || ['', 'null', 'undefined'].includes(text) ? undefined : openToken(text, signer)
  if (token && (token.list !== list || (Object.keys(given).length > 0 && !isSame(given, token.filter)))) {
    throw invalid('belongs to another list or filter')
  }
  const asked = wholeNumber(query, 'pageSize', 1) ?? token?.pageSize ?? defaultPageSize
  if (asked > MAX_PAGE_SIZE) {
    reply.header(
      'elements-error',
      `pageSize ${asked} is more than the maximum (${MAX_PAGE_SIZE}); ${MAX_PAGE_SIZE} was used`,
    )
  }
  return {
    pageSize: Math.min(asked, MAX_PAGE_SIZE),
    page: token ? undefined : wholeNumber(query, 'page', 1),
    after: token?.after as Place | undefined,
    filter: token?.filter ?? given,
  }
}

/**
 * @param found.total of all pages; undefined when it is not known (spec 00 §8)
 * @param found.next what the next page goes on after; undefined on the last page
 */
export function addListHeaders<Place extends number | string>(
  reply: FastifyReply,
  found: { returned: number; total: number | undefined; next: Place | undefined },
  list: string,
  { pageSize, filter }: AskedPage<Place>,
  signer: TokenSigner,
): void {
  reply.header('elements-returned-count', String(found.returned))
  if (found.total !== undefined) reply.header('elements-total-count', String(found.total))
  if (found.next === undefined) return
  reply.header('elements-next-page-token', sealToken({ list, after: found.next, pageSize, filter }, signer))
}

/**
 * Answers one page of a list that is in memory, with its headers.
 * @param fitting how many of a page's items one answer can take; the rest is on the next page
 */
export function pageInMemory<T>(
  items: readonly T[],
  page: AskedPage,
  list: string,
  signer: TokenSigner,
  reply: FastifyReply,
  fitting: (items: readonly T[]) => number = (all) => all.length,
): readonly T[] {
  const start = page.after ?? ((page.page ?? 1) - 1) * page.pageSize
  const asked = items.slice(start, start + page.pageSize)
  const shown = asked.slice(0, fitting(asked))
  const end = start + shown.length
  const next = end < items.length ? end : undefined
  addListHeaders(reply, { returned: shown.length, total: items.length, next }, list, page, signer)
  return shown
}

function sealToken(token: ListToken, signer: TokenSigner): string {
  const body = Buffer.from(JSON.stringify(token)).toString('base64url')
  return `${body}~${signer.sign(`list ${body}`)}`
}

function openToken(text: string, signer: TokenSigner): ListToken {
  const [body = '', signature = '', ...rest] = text.split('~')
  if (rest.length > 0 || !signer.verify(`list ${body}`, signature)) throw invalid('is damaged')
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as ListToken
}

function isSame(given: Filter, remembered: Filter): boolean {
  const names = new Set([...Object.keys(given), ...Object.keys(remembered)])
  return [...names].every((name) => JSON.stringify(given[name]) === JSON.stringify(remembered[name]))
}

function invalid(reason: string): ValenceError {
  return new ValenceError(
    'PAGE_TOKEN_INVALID',
    `nextPage: this token ${reason}; use the Elements-Next-Page-Token of the previous answer`,
  )
}
