import { type Kysely, sql } from 'kysely'

/**
 * The next id of a table, for rows that must know it before they are inserted: sealed columns bind it (`contextOf`).
 *
 * @param db a database or transaction; the id is taken even when the transaction is rolled back
 */
export async function nextId(db: Pick<Kysely<unknown>, 'getExecutor'>, table: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`select nextval(pg_get_serial_sequence(${table}, 'id')) as id`.execute(db)
  const [row] = rows
  if (!row) throw new Error(`no sequence for ${table}.id`)
  return row.id
}
