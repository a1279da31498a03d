import { type SelectQueryBuilder, sql } from 'kysely'
import { matches } from '../ceql/match.ts'
import { parseWhere } from '../ceql/parse.ts'
import { ValenceError } from '../errors.ts'
import { createTurns } from './turns.ts'

/** Which part of a list is asked for. */
export interface ListQuery {
  /** CEQL over the members of what is listed */
  where?: string | undefined
  /** those made inactive as well */
  includeInactive?: boolean
  pageSize: number
  /** from 1 */
  page?: number | undefined
  /** how many to leave out; counts instead of `page` */
  offset?: number | undefined
  /** id of the last one of the previous page; counts instead of both */
  after?: number | undefined
}

export interface ListPage<Body> {
  items: Body[]
  /** of all pages */
  total: number
  /** id to go on after, when there is more */
  next: number | undefined
}

/** Rows that a filter looks at are read in such pieces: some 20 ms of work each. */
const PIECE = 250
/** One piece at a time, and organizations one after the other: who filters tens of thousands must leave the process to everybody else. */
const turns = createTurns('filters of long lists', { atOnce: 1, waiting: 200, waitMs: 30_000 })

/**
 * One page of rows in order of id. Without a filter the database counts and cuts; a filter is about the members of the answer, so every row is
 * read and shown to it, piece by piece.
 *
 * @param rows the whole list, neither ordered nor limited
 * @param organizationId whose list it is, or who asks
 * @param id the column of its ids, with its table
 * @param toBodies what the answer shows of rows
 * @param noun for the 404 of an empty list
 * @throws ValenceError QUERY_INVALID when `where` does not parse; NOTHING_FOUND (404, "No … found", spec 00 §6); UNAVAILABLE (503)
 */
export async function listPage<DB, TB extends keyof DB, Row extends { id: number }, Body>(
  rows: SelectQueryBuilder<DB, TB, Row>,
  organizationId: number,
  id: string,
  toBodies: (rows: Row[]) => Body[] | Promise<Body[]>,
  noun: string,
  query: ListQuery,
): Promise<ListPage<Body>> {
  const where = parseWhere(query.where ?? '')
  const start = query.after === undefined ? (query.offset ?? ((query.page ?? 1) - 1) * query.pageSize) : 0
  const found = where ? await filtered() : await counted()
  if (found.total === 0) throw new ValenceError('NOTHING_FOUND', `No ${noun} found`)
  return found

  function read(after: number | undefined, offset: number, limit: number): Promise<Row[]> {
    const ordered = rows.orderBy(sql.ref(id)).limit(limit).offset(offset)
    return (after === undefined ? ordered : ordered.where(sql<boolean>`${sql.ref(id)} > ${after}`)).execute()
  }

  async function counted(): Promise<ListPage<Body>> {
    const count = rows.clearSelect().select(sql<number>`count(*)`.as('total'))
    const { total } = (await count.executeTakeFirstOrThrow()) as { total: number }
    const more = await read(query.after, start, query.pageSize + 1)
    const shown = more.slice(0, query.pageSize)
    return { items: await toBodies(shown), total, next: more.length > shown.length ? shown.at(-1)?.id : undefined }
  }

  async function filtered(): Promise<ListPage<Body>> {
    const items: Body[] = []
    let [total, skipped, last, hasMore] = [0, 0, 0, false]
    for (let end: number | undefined = 0; end !== undefined; ) {
      const piece: Piece<Body> = await turns.run(() => pieceAfter(end ?? 0), String(organizationId))
      for (const [rowId, body] of piece.matching) {
        total++
        if (rowId <= (query.after ?? 0)) continue
        if (skipped < start) skipped++
        else if (items.length < query.pageSize) {
          items.push(body)
          last = rowId
        } else hasMore = true
      }
      end = piece.end
    }
    return { items, total, next: hasMore ? last : undefined }
  }

  async function pieceAfter(after: number): Promise<Piece<Body>> {
    const piece = await read(after, 0, PIECE)
    const bodies = await toBodies(piece)
    const shown = piece.map(({ id: rowId }, at) => [rowId, bodies[at] as Body] as [number, Body])
    return { matching: shown.filter(([, body]) => where && matches(where, body)), end: piece.at(-1)?.id }
  }
}

interface Piece<Body> {
  matching: [id: number, body: Body][]
  /** id of its last row; undefined behind the last piece */
  end: number | undefined
}
