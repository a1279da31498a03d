import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'

/** Counting more rows of a log would take longer than anybody waits. */
const MOST = 100_000

/**
 * How many rows a question of a log has.
 *
 * @param rows neither ordered nor limited
 * @returns undefined when there are more than 100,000
 */
export async function countSome<DB, TB extends keyof DB, Row>(
  db: Kysely<DB>,
  rows: SelectQueryBuilder<DB, TB, Row>,
): Promise<number | undefined> {
  const some = rows
    .clearSelect()
    .select(sql`1`.as('one'))
    .limit(MOST + 1)
  const { rows: counted } = await sql<{ count: number }>`select count(*) as count from ${some} as found`.execute(db)
  const count = counted[0]?.count ?? 0
  return count > MOST ? undefined : count
}
