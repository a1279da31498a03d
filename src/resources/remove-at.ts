import { sql, type Transaction } from 'kysely'
import type { ResourceTables } from './resource-table.ts'
import type { LevelKey } from './stored-resource.ts'

/** Whose rows the tables hold that have some for each level. */
const PARENTS = { definitions: 'resource_id', transformation_levels: 'transformation_id' } as const

/** Rows of one level go, of these parents; without any nothing happens. */
export async function removeAt(
  trx: Transaction<ResourceTables>,
  table: keyof typeof PARENTS,
  { level, associatedId }: LevelKey,
  parents: readonly number[],
): Promise<void> {
  await sql`
    delete from ${sql.table(table)}
    where ${sql.ref(PARENTS[table])} = any(${[...parents]}::integer[]) and level = ${level} and associated_id = ${associatedId}
  `.execute(trx)
}
