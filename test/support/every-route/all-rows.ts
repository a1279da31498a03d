import { sql } from 'kysely'
import type { Store } from '../../../src/store/database.ts'

/** A row of any table, as JSON. */
export interface AnyRow {
  table: string
  row: Record<string, unknown>
  text: string
}

/** Everything that is in the database, but for what it keeps of itself. */
export async function allRows({ db }: Pick<Store, 'db'>): Promise<AnyRow[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select quote_ident(relname) as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = 'public' and relkind = 'r' order by relname`.execute(db)
  const found: AnyRow[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{
      text: string
    }>`select row_to_json(one)::text as text from ${sql.raw(name)} as one`.execute(db)
    for (const { text } of rows) found.push({ table: name, text, row: JSON.parse(text) })
  }
  return found
}

/** What is only in the first of two lists of rows. */
export function without(rows: readonly AnyRow[], others: readonly AnyRow[]): AnyRow[] {
  const key = ({ table, text }: AnyRow) => `${table} ${text}`
  const present = new Set(others.map(key))
  return rows.filter((one) => !present.has(key(one)))
}
