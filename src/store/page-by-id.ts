import { type SelectQueryBuilder, sql } from 'kysely'

/** Which part of a list is asked for. */
export interface PageQuery {
  pageSize: number
  /** from 1; counts where `after` is absent */
  page?: number | undefined
  /** id of the last one of the previous page */
  after?: number | undefined
}

export interface ListOrder {
  /** the column of the ids, with its table where there are several */
  by?: string
  isNewestFirst?: boolean
}

/**
 * One page of rows in order of id.
 *
 * @param rows the whole list, neither ordered nor limited
 * @returns `next`: id to go on after, when there is more
 */
export async function pageById<DB, TB extends keyof DB, Row extends { id: number }>(
  rows: SelectQueryBuilder<DB, TB, Row>,
  query: PageQuery,
  order?: ListOrder,
): Promise<{ shown: Row[]; next: number | undefined }> {
  const found = await rowsOfPage(rows, query, order).execute()
  const shown = found.slice(0, query.pageSize)
  return { shown, next: found.length > shown.length ? shown.at(-1)?.id : undefined }
}

/** The rows of a page and, to tell whether there is more, the one behind it: for whoever shows fewer of them than asked for. */
export function rowsOfPage<DB, TB extends keyof DB, Row>(
  rows: SelectQueryBuilder<DB, TB, Row>,
  { pageSize, page = 1, after }: PageQuery,
  { by = 'id', isNewestFirst = false }: ListOrder = {},
): SelectQueryBuilder<DB, TB, Row> {
  const ordered = rows.orderBy(sql.ref(by), isNewestFirst ? 'desc' : 'asc').limit(pageSize + 1)
  if (after === undefined) return ordered.offset((page - 1) * pageSize)
  return ordered.where(
    isNewestFirst ? sql<boolean>`${sql.ref(by)} < ${after}` : sql<boolean>`${sql.ref(by)} > ${after}`,
  )
}
