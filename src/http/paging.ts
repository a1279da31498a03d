import type { FastifyReply } from 'fastify'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../engine/paging/page.ts'
import { ValenceError } from '../errors.ts'
import type { Query } from './query.ts'
import { single } from './query.ts'

/** Paging of platform lists (spec 00 §8): `pageSize`, `page` or the `nextPage` token of the previous answer. */
export interface ListPage {
  pageSize: number
  page: number | undefined
  /** what the token of the previous page says to go on after */
  after: number | undefined
}

export interface TokenSigner {
  sign(text: string): string
  verify(text: string, signature: string): boolean
}

/**
 * @param list names the list and its filter: a token of another one is refused
 * @throws ValenceError PARAMETER_INVALID, PAGE_TOKEN_INVALID
 */
export function readListPage(query: Query, list: string, signer: TokenSigner, reply: FastifyReply): ListPage {
  const asked = readPositive(query, 'pageSize') ?? DEFAULT_PAGE_SIZE
  if (asked > MAX_PAGE_SIZE) {
    reply.header(
      'elements-error',
      `pageSize ${asked} is more than the maximum (${MAX_PAGE_SIZE}); ${MAX_PAGE_SIZE} was used`,
    )
  }
  const token = single(query['nextPage'])
  const hasToken = token !== undefined && !['', 'null', 'undefined'].includes(token)
  return {
    pageSize: Math.min(asked, MAX_PAGE_SIZE),
    page: hasToken ? undefined : readPositive(query, 'page'),
    after: hasToken ? openListToken(token, list, signer) : undefined,
  }
}

export function addListHeaders(
  reply: FastifyReply,
  page: { returned: number; total: number; next: number | undefined },
  list: string,
  signer: TokenSigner,
): void {
  reply.header('elements-returned-count', String(page.returned))
  reply.header('elements-total-count', String(page.total))
  if (page.next !== undefined) reply.header('elements-next-page-token', sealListToken(page.next, list, signer))
}

/** Cuts a page out of a list that is in memory. */
export function pageOf<T>(
  items: readonly T[],
  { pageSize, page, after }: ListPage,
): { items: readonly T[]; next: number | undefined } {
  const start = after ?? ((page ?? 1) - 1) * pageSize
  const end = start + pageSize
  return { items: items.slice(start, end), next: end < items.length ? end : undefined }
}

function sealListToken(after: number, list: string, signer: TokenSigner): string {
  return `${after}~${signer.sign(`${list}\n${after}`)}`
}

function openListToken(token: string, list: string, signer: TokenSigner): number {
  const [after = '', signature = ''] = token.split('~')
  if (/^\d{1,15}$/.test(after) && signer.verify(`${list}\n${after}`, signature)) return Number(after)
  throw new ValenceError(
    'PAGE_TOKEN_INVALID',
    'nextPage: this token is damaged or belongs to another list or filter; use the Elements-Next-Page-Token of the previous answer',
  )
}

function readPositive(query: Query, name: string): number | undefined {
  const text = single(query[name])
  if (text === undefined || text === '') return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new ValenceError('PARAMETER_INVALID', `${name}: expected a whole number from 1, got "${text}"`)
  return value
}
