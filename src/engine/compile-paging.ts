import type { Parameter, Resource } from '../model/element.ts'
import { isNoOp, placeOf } from './compile-parameters.ts'
import { parseNextPageKey } from './paging/next-page-key.ts'
import type { PagingPlan } from './plan.ts'

/** @param hasHooks hooks read what is declared as `no-op`; without them the vendor never gets it and does not page */
export function compilePaging(resource: Resource, parameters: readonly Parameter[], hasHooks: boolean): PagingPlan {
  const declared = (name: string) =>
    parameters.find(
      (parameter) => parameter.type === 'query' && parameter.name === name && (hasHooks || !isNoOp(parameter)),
    )
  const page = declared('page')
  const pageSize = declared('pageSize')
  const nextPage = declared('nextPage')
  const nextPageKey = parseNextPageKey(resource.nextPageKey)
  const type = resource.paginationType
  const isDeclared = page !== undefined || pageSize !== undefined || nextPage !== undefined || nextPageKey !== undefined
  // a hook may name the next page without any declared parameter (spec 11 §5.3)
  const pages = isDeclared || (hasHooks && resource.method === 'GET')
  return {
    by: type === 'NO_PAGINATION' ? 'none' : type === 'VENDOR_NOT_SUPPORTED' ? 'platform' : pages ? 'vendor' : 'none',
    placePage: placeOf(page),
    placePageSize: placeOf(pageSize),
    placeNextPage: placeOf(nextPage),
    pageName: page?.vendorName,
    nextPageKey,
    hasMoreKey: parseNextPageKey(resource.hasMoreKey),
  }
}
