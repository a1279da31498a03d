import { type Kysely, sql } from 'kysely'
import type { ResourceTables } from './resource-table.ts'

/**
 * Gives fields their ids: one that names an id of a present field keeps it, also under a new path (a rename, spec 20 §6.1), one with the
 * path of a present field gets that one's, the others new ones. Of two with one path the later counts.
 */
export async function withIds<F extends { id?: number | undefined; path: string }>(
  db: Kysely<ResourceTables>,
  fields: readonly F[],
  present: readonly { id?: number; path: string }[],
): Promise<(F & { id: number })[]> {
  const latest = [...new Map(fields.map((field) => [field.path, field])).values()]
  const known = new Set(present.map(({ id }) => id))
  const taken = new Set<number>()
  const take = (id: number | undefined) => {
    if (id === undefined || taken.has(id) || !known.has(id)) return undefined
    taken.add(id)
    return id
  }
  const byPath = new Map(present.map(({ path, id }) => [path, id]))
  // ids that are named come first: a path may have been given to another field
  const named = latest.map(({ id }) => take(id))
  const ids = latest.map(({ path }, index) => named[index] ?? take(byPath.get(path)))
  const fresh = await newIds(db, ids.filter((id) => id === undefined).length)
  return latest.map((field, index) => ({ ...field, id: ids[index] ?? fresh.pop() ?? 0 }))
}

async function newIds(db: Kysely<ResourceTables>, count: number): Promise<number[]> {
  if (count === 0) return []
  const { rows } = await sql<{ id: number }>`
    select nextval('common_resource_fields')::integer as id from generate_series(1, ${count})`.execute(db)
  return rows.map(({ id }) => id).toReversed()
}
