import type { NextPage } from '../exchange.ts'
import type { PageChoice } from './page.ts'

/**
 * How a page becomes the vendor's parameter, by the element's `pagination.type` (spec 11 §5.1).
 * `vendorPage` is placed into the parameter declared for `page`; `next` is the position after a full page.
 */
export interface Paginator {
  /** undefined: nothing is sent */
  vendorPage(choice: PageChoice, startIndex: number | undefined): string | undefined
  next(choice: PageChoice): NextPage | undefined
}

const byNumber = (defaultStart: number): Paginator => ({
  vendorPage: ({ position }, startIndex) =>
    'page' in position ? String(position.page - 1 + (startIndex ?? defaultStart)) : undefined,
  next: ({ position }) => ('page' in position ? { page: position.page + 1 } : undefined),
})

const byOffset: Paginator = {
  vendorPage: ({ position, pageSize }, startIndex) =>
    'page' in position ? String((position.page - 1) * pageSize + (startIndex ?? 0)) : undefined,
  next: ({ position }) => ('page' in position ? { page: position.page + 1 } : undefined),
}

const byCursor: Paginator = {
  vendorPage: () => undefined,
  next: () => undefined,
}

export const paginators: Record<string, Paginator> = {
  page: byNumber(1),
  'page starts with 1': byNumber(1),
  'page 0': byNumber(0),
  offset: byOffset,
  cursor: byCursor,
}

/** Vendor names that ask for an offset even when the type says otherwise (spec 11 §5.1, 21 §5.4). */
const OFFSET_NAMES = new Set(['offset', '$skip', 'skip', 'start'])

export function paginatorFor(type: string | null | undefined, pageName: string | undefined): Paginator {
  if (pageName !== undefined && OFFSET_NAMES.has(pageName) && type !== 'cursor') return byOffset
  const name = (type ?? '').trim().toLowerCase()
  // the name may come from an instance: `constructor` is none
  return (Object.hasOwn(paginators, name) ? paginators[name] : undefined) ?? byNumber(1)
}
