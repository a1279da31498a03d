import type { Where } from '../ceql/ast.ts'
import { matches } from '../ceql/match.ts'
import { parseWhere } from '../ceql/parse.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import { countSome } from '../store/count-some.ts'
import { bulkDb } from './bulk-table.ts'
import type { BulkContext } from './context.ts'
import { seenBy } from './find-job.ts'
import { type BulkJobBody, SHOWN_COLUMNS, toJobBody } from './job-body.ts'

export interface JobsQuery {
  /** CEQL over the members of what is listed */
  where?: string | undefined
  pageSize: number
  /** from 1; counts where `after` is absent */
  page: number | undefined
  /** id of the last one of the previous page */
  after: number | undefined
}

export interface JobsPage {
  items: BulkJobBody[]
  /** of all pages; undefined: more than anybody waits for */
  total: number | undefined
  /** id to go on after */
  next: number | undefined
}

/** Rows that a filter looks at are read in such pieces, and after so many of them others have their turn: the page ends there. */
const PIECE = 250
const MOST_PIECES = 40

/**
 * `GET /bulk/jobs`: jobs of an instance, the newest first. Of a list of more than 10,000 that a filter hardly matches, a page may be short, and
 * still have a next one.
 * @throws ValenceError QUERY_INVALID when `where` does not parse
 */
export async function listJobs(
  context: Pick<BulkContext, 'store'>,
  caller: Caller,
  instance: Instance,
  query: JobsQuery,
): Promise<JobsPage> {
  const where = parseWhere(query.where ?? '')
  const left = query.after === undefined ? ((query.page ?? 1) - 1) * query.pageSize : 0
  const jobs = seenBy(context, caller, instance)
  return where
    ? { ...(await filtered(where, left)), total: await countMatching(where) }
    : { ...(await read(query.after, query.pageSize, left)), total: await countSome(bulkDb(context.store), jobs) }

  async function read(after: number | undefined, count: number, offset: number): Promise<Piece> {
    const rows = await jobs
      .select(SHOWN_COLUMNS)
      .$if(after !== undefined, (some) => some.where('id', '<', after ?? 0))
      .orderBy('id', 'desc')
      .limit(count + 1)
      .offset(offset)
      .execute()
    const shown = rows.slice(0, count)
    return {
      items: shown.map((row) => toJobBody(context, row)),
      next: rows.length > shown.length ? shown.at(-1)?.id : undefined,
    }
  }

  async function filtered(condition: Where, skip: number): Promise<Piece> {
    const items: BulkJobBody[] = []
    let [skipped, end] = [0, query.after]
    for (let pieces = 0; pieces < MOST_PIECES; pieces++) {
      const piece = await read(end, PIECE, 0)
      for (const item of piece.items) {
        if (!matches(condition, item)) continue
        if (skipped < skip) skipped++
        else if (items.length < query.pageSize) items.push(item)
        else return { items, next: items.at(-1)?.id }
      }
      if (piece.next === undefined) return { items, next: undefined }
      end = piece.next
    }
    return { items, next: end }
  }

  async function countMatching(condition: Where): Promise<number | undefined> {
    let [total, end] = [0, undefined as number | undefined]
    for (let pieces = 0; pieces < MOST_PIECES; pieces++) {
      const piece = await read(end, PIECE, 0)
      total += piece.items.filter((item) => matches(condition, item)).length
      if (piece.next === undefined) return total
      end = piece.next
    }
    return undefined
  }
}

type Piece = Omit<JobsPage, 'total'>
