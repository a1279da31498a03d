import { sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { LogScope } from '../model/log-scope.ts'
import { countSome } from '../store/count-some.ts'
import type { Store } from '../store/database.ts'
import { inTurn } from './in-turn.ts'
import { selectUsage, type UsageFilter } from './select-usage.ts'
import type { UsageContext } from './usage-context.ts'
import { type UsageRecord, usageDb } from './usage-table.ts'

/** The last record of the page before; newer records that come meanwhile do not move what follows it. */
export interface UsageCursor {
  /** in ms since 1970 */
  at: number
  id: string
}

export interface UsagePage {
  limit: number
  /** records to leave out at the beginning; moves when newer ones come */
  offset?: number
  /** goes on after this record */
  after?: UsageCursor
  /** counted for an earlier page */
  total?: number | undefined
}

export interface FoundUsage {
  records: UsageRecord[]
  /** of all pages; undefined when there are too many to count */
  total: number | undefined
  /** what the next page goes on after, when there is one */
  next: UsageCursor | undefined
}

type Asked = Pick<UsageContext, 'slots' | 'now'> & { store: Pick<Store, 'db'> }

const EXPORT_PAGE = 1_000

/**
 * One page of records, newest first (spec 41 §7.2).
 * @throws ValenceError NOTHING_FOUND (404) when nothing matches, unless a text was searched for in a time that has been (spec 01 §2)
 */
export async function listUsage(
  context: Asked,
  scope: LogScope,
  filter: UsageFilter,
  page: UsagePage,
): Promise<FoundUsage> {
  const { store, now } = context
  const found = await inTurn(context, scope, async () => {
    const { records, next } = await readPage(store, scope, filter, page)
    const isWhole = !page.after && !page.offset && !next
    const total = page.after
      ? page.total
      : isWhole
        ? records.length
        : await countSome(usageDb(store), selectUsage(store, scope, filter))
    return { records, total, next }
  })
  if (found.total === 0) assertMayBeEmpty(filter, now())
  return found
}

/**
 * All records that match, newest first, in pages that are read when they are wanted.
 * @throws ValenceError NOTHING_FOUND (404) as `listUsage`, before the first page
 */
export async function exportUsage(
  context: Asked,
  scope: LogScope,
  filter: UsageFilter,
): Promise<AsyncIterable<UsageRecord[]>> {
  const pageAfter = (after?: UsageCursor) =>
    inTurn(context, scope, () =>
      readPage(context.store, scope, filter, { limit: EXPORT_PAGE, ...(after ? { after } : {}) }),
    )
  const first = await pageAfter()
  if (first.records.length === 0) assertMayBeEmpty(filter, context.now())
  return (async function* pages() {
    let page: Pick<FoundUsage, 'records' | 'next'> = first
    for (;;) {
      yield page.records
      if (!page.next) return
      page = await pageAfter(page.next)
    }
  })()
}

async function readPage(
  store: Pick<Store, 'db'>,
  scope: LogScope,
  filter: UsageFilter,
  { limit, offset = 0, after }: UsagePage,
): Promise<Pick<FoundUsage, 'records' | 'next'>> {
  let rows = selectUsage(store, scope, filter)
    .selectAll()
    .orderBy('traffic_date', 'desc')
    .orderBy('traffic_id', 'desc')
    .limit(limit + 1)
    .offset(offset)
  if (after) rows = rows.where(sql<boolean>`(traffic_date, traffic_id) < (${new Date(after.at)}, ${after.id})`)
  const found = await rows.execute()
  const records = found.slice(0, limit)
  const last = records.at(-1)
  const hasMore = found.length > limit && last !== undefined
  return { records, next: hasMore ? { at: last.traffic_date.getTime(), id: last.traffic_id } : undefined }
}

function assertMayBeEmpty({ searchText, range }: UsageFilter, now: Date): void {
  if (!searchText || range.from > now) throw nothingFound()
}

/** Literal text that clients compare with (spec 00 §6). */
export function nothingFound(): ValenceError {
  return new ValenceError('NOTHING_FOUND', 'No usage logs found')
}
