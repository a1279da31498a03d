import { ValenceError } from '../errors.ts'
import type { TimeRange } from '../model/buckets.ts'
import type { UsageCursor } from '../usage/list-usage.ts'
import type { UsageFilter } from '../usage/select-usage.ts'
import type { Filter } from './paging.ts'
import { listOf, type Query, queryId, single } from './query.ts'

/** Conditions of `GET /usage` (spec 41 §7.2), as the caller wrote them: a page token remembers them so. */
export function usageFilterOf(query: Query): Filter {
  const text = (name: string) => single(query[name])?.trim() ?? ''
  return {
    hub: text('hub'),
    keys: listOf(query, 'keys'),
    tags: listOf(query, 'tags'),
    accountIds: listOf(query, 'accountIds'),
    status: text('status'),
    searchText: text('searchText'),
    from: text('from'),
    to: text('to'),
  }
}

/** Longer ones take the database minutes, and nobody looks for them. */
const MAX_SEARCH_TEXT = 200

/** @throws ValenceError PARAMETER_INVALID for a status that is none, or too long a text */
export function readUsageFilter(query: Query): Omit<UsageFilter, 'range'> {
  const [hub, searchText] = [single(query['hub']), single(query['searchText'])]
  if (searchText && searchText.length > MAX_SEARCH_TEXT) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `searchText: at most ${MAX_SEARCH_TEXT} characters, got ${searchText.length}`,
    )
  }
  const status = readStatus(single(query['status']))
  return {
    ...(hub ? { hub } : {}),
    ...(searchText ? { searchText } : {}),
    ...(status ? { status } : {}),
    elementKeys: listOf(query, 'keys'),
    tags: listOf(query, 'tags'),
  }
}

function readStatus(text: string | undefined): UsageFilter['status'] {
  if (!text) return undefined
  const status = (['SUCCESS', 'FAILED'] as const).find((one) => one === text.toUpperCase())
  if (status) return status
  throw new ValenceError('PARAMETER_INVALID', `status: expected SUCCESS or FAILED, got "${text}"`)
}

/** Ids in a list such as `accountIds[]`. @throws ValenceError PARAMETER_INVALID for what is no whole number */
export function idsOf(query: Query, name: string): number[] {
  return listOf(query, name).map((text) => queryId(`${name}[]`, text))
}

/** What a page token remembers besides the filter: the range that was meant by "now", and what was counted then. */
export interface UsagePlace {
  after: UsageCursor
  range: TimeRange
  total: number | undefined
}

export function sealPlace({ after, range: { from, to }, total }: UsagePlace): string {
  return [after.at, after.id, from.getTime(), to.getTime(), total ?? ''].join(' ')
}

/** @param text as it was sealed; it comes in a signed token */
export function openPlace(text: string): UsagePlace {
  const [at, id = '', from, to, total] = text.split(' ')
  return {
    after: { at: Number(at), id },
    range: { from: new Date(Number(from)), to: new Date(Number(to)) },
    total: total ? Number(total) : undefined,
  }
}
