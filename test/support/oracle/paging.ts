import type { Parameter, Resource } from '../../../src/model/element.ts'
import type { Values } from './values.ts'

/** Vendor names that mean an offset whatever the type says (spec 11 §5.1). */
const OFFSETS = ['offset', '$skip', 'skip', 'start']

export function isPagingRow({ type, name }: Parameter): boolean {
  return type === 'query' && ['page', 'pageSize', 'nextPage'].includes(name)
}

export function pageSizeOf(asked: string | undefined, configuration: Values, objectName: string | undefined): number {
  const bounds = asObject(configuration['pagination'])
  const perObject = asObject(configuration['pagination.max'])
  const named = objectName === undefined ? undefined : perObject?.[objectName]
  const max = Number(bounds?.['maxPageSize'] ?? named ?? perObject?.['default'] ?? configuration['pagination.max'])
  const limit = Number.isInteger(max) && max > 0 ? Math.min(max, 5000) : 5000
  const standard = Number(bounds?.['defaultPageSize'] ?? 200)
  return Math.min(asked === undefined ? standard : Number(asked), limit)
}

/** What a paging row sends; undefined: nothing (spec 11 §5.1, §5.2, §5.4). */
export function pagingValue(
  row: Parameter,
  resource: Resource,
  query: Record<string, string>,
  configuration: Values,
): string | undefined {
  if (resource.paginationType === 'VENDOR_NOT_SUPPORTED' || resource.paginationType === 'NO_PAGINATION')
    return undefined
  if (row.name === 'nextPage') return undefined
  const size = pageSizeOf(query['pageSize'], configuration, resource.objectName)
  if (row.name === 'pageSize') return String(size)
  const type = (configuration['pagination.type'] ?? '').trim().toLowerCase()
  const start = /^-?\d+$/.test(configuration['pagination.page.startindex'] ?? '')
    ? Number(configuration['pagination.page.startindex'])
    : undefined
  const page = Number(query['page'] ?? '1')
  if (type === 'cursor') return undefined
  if (type === 'offset' || OFFSETS.includes(row.vendorName)) return String((page - 1) * size + (start ?? 0))
  return String(page - 1 + (start ?? (type === 'page 0' ? 0 : 1)))
}

function asObject(text: string | null | undefined): Record<string, unknown> | undefined {
  if (!text?.trim().startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined // any text may stand here (tolerance rule)
  }
}
