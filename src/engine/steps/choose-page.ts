import { ValenceError } from '../../errors.ts'
import type { Exchange } from '../exchange.ts'
import { type PageChoice, type PagePosition, pageLimits } from '../paging/page.ts'
import { paginatorFor } from '../paging/paginators.ts'
import type { Step } from '../ports.ts'

/**
 * `pageSize`, `page` and `nextPage` become the vendor's paging (spec 21 §5). A page larger than the element's maximum
 * is cut and said so in `Elements-Error`; `nextPage` wins over `page`.
 * @throws ValenceError PARAMETER_INVALID
 */
export const choosePage: Step = (exchange) => {
  const { paging } = exchange.resource
  if (paging.by === 'none' || (paging.by === 'platform' && exchange.call.isWhole)) return exchange
  const choice = chosenPage(exchange)
  exchange.page = choice
  if (paging.by === 'platform') return exchange

  const { configuration } = exchange.instance
  if (paging.placePageSize) paging.placePageSize(exchange, String(choice.pageSize))
  if ('cursor' in choice.position) {
    const place = paging.placeNextPage ?? paging.placePage
    place?.(exchange, choice.position.cursor)
    return exchange
  }
  const startIndex = integerOrUndefined(configuration['pagination.page.startindex'])
  const vendorPage = paginatorFor(configuration['pagination.type'], paging.pageName).vendorPage(choice, startIndex)
  if (vendorPage !== undefined) paging.placePage?.(exchange, vendorPage)
  return exchange
}

function chosenPage(exchange: Exchange): PageChoice {
  const { call, instance, resource, pageToken: token } = exchange
  const limits = pageLimits(instance.configuration, resource.resource.objectName)
  const asked = positiveParameter(call.query['pageSize'], 'pageSize') ?? token?.pageSize
  const pageSize = Math.min(asked ?? limits.default, limits.max)
  if (asked !== undefined && asked > limits.max) {
    exchange.warnings.push(
      `pageSize ${asked} is more than the maximum of this element (${limits.max}); ${limits.max} was used`,
    )
  }
  const position: PagePosition = token?.position ?? { page: positiveParameter(call.query['page'], 'page') ?? 1 }
  return { pageSize, position }
}

function positiveParameter(given: string | string[] | undefined, name: string): number | undefined {
  const text = Array.isArray(given) ? given[0] : given
  if (text === undefined || text === '' || text === 'null' || text === 'undefined') return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new ValenceError('PARAMETER_INVALID', `${name}: expected a whole number from 1, got "${text}"`)
  return value
}

function integerOrUndefined(text: string | null | undefined): number | undefined {
  return text !== null && text !== undefined && /^-?\d+$/.test(text.trim()) ? Number(text) : undefined
}
