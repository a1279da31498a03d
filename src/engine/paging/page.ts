/** What one list call asks for, after defaults, limits and the caller's token. */
export interface PageChoice {
  /** items per page that are asked of the vendor */
  pageSize: number
  position: PagePosition
}

/** 1-based page number, absolute offset of a page we cut ourselves, or the vendor's own cursor. */
export type PagePosition = { page: number } | { offset: number } | { cursor: string }

/** Smallest and largest page of an element and what is used when the caller names none. */
export interface PageLimits {
  max: number
  default: number
}

export const DEFAULT_PAGE_SIZE = 200
export const MAX_PAGE_SIZE = 5000

/**
 * Page limits from the element's configuration: `pagination` (JSON bounds) wins over `pagination.max`, which is a
 * number or JSON per object with `default` (spec 11 §2.4, 21 §5.4).
 */
export function pageLimits(
  configuration: Readonly<Record<string, string | null>>,
  objectName: string | undefined,
): PageLimits {
  const max = declaredMax(configuration, objectName) ?? MAX_PAGE_SIZE
  const bounds = asRecord(configuration['pagination'])
  return { max, default: Math.min(positive(bounds?.['defaultPageSize']) ?? DEFAULT_PAGE_SIZE, max) }
}

/** @returns undefined where the element does not say how much the vendor gives at once */
export function declaredMax(
  configuration: Readonly<Record<string, string | null>>,
  objectName: string | undefined,
): number | undefined {
  const bounds = asRecord(configuration['pagination'])
  const perObject = asRecord(configuration['pagination.max'])
  const declared =
    positive(bounds?.['maxPageSize']) ??
    positive(objectName === undefined ? undefined : perObject?.[objectName]) ??
    positive(perObject?.['default']) ??
    positive(configuration['pagination.max'])
  return declared === undefined ? undefined : Math.min(declared, MAX_PAGE_SIZE)
}

function asRecord(text: string | null | undefined): Record<string, unknown> | undefined {
  if (!text?.trimStart().startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // not JSON: an element may carry any text here (tolerance rule, spec 11)
  }
}

function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number > 0 ? number : undefined
}
