import { createHash } from 'node:crypto'
import { ValenceError } from '../../errors.ts'
import type { PageWatch } from '../bulk-table.ts'

/** Pages of records are never so alike; pages without records may be, when rows are filtered here. */
const MOST_SAME = 100
const MOST_EMPTY = 10_000

/**
 * Notices a vendor that leads on for ever, whose job would fill the account's disk: one whose tokens come round again, after however many pages
 * (Brent's algorithm: one earlier token is kept, each time twice as many pages), and one whose pages are always the same.
 *
 * @param page with the token of the next page; `sample` tells pages apart: how many records, and which
 * @returns what to keep for the next page
 * @throws ValenceError VENDOR_REPLY_INVALID
 */
export function watchPages(
  watch: PageWatch = { pages: 0 },
  { nextPage, count, sample }: { nextPage: string; count: number; sample: string },
): PageWatch {
  const pages = watch.pages + 1
  const token = hashOf(nextPage)
  if (token === watch.mark) {
    throw new ValenceError(
      'VENDOR_REPLY_INVALID',
      `The vendor leads round in a circle: after ${pages} pages it named a next page that it had named before`,
    )
  }
  const print = hashOf(sample)
  const same = print === watch.print ? (watch.same ?? 0) + 1 : 0
  if (same >= (count === 0 ? MOST_EMPTY : MOST_SAME)) {
    throw new ValenceError(
      'VENDOR_REPLY_INVALID',
      `The vendor answered the same page of ${count} records ${same + 1} times, each time with another one to follow`,
    )
  }
  const isPowerOfTwo = (pages & (pages - 1)) === 0
  const mark = isPowerOfTwo ? token : watch.mark
  return { pages, print, ...(same > 0 ? { same } : {}), ...(mark === undefined ? {} : { mark }) }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
