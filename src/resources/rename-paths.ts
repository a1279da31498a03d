import { sql } from 'kysely'
import type { ResourceChange } from './change-resources.ts'
import type { LevelOwner } from './level-owner.ts'
import type { StoredMapping } from './stored-resource.ts'

/**
 * Mappings follow fields that were renamed (`changedFields` of spec 20 §5, ids of §6.1): in every transformation of the resource at the
 * level of the fields and below, whoever's it is.
 *
 * @param renamed old path → new path
 */
export async function renameMappedPaths(
  { trx }: ResourceChange,
  resourceId: number,
  owner: LevelOwner,
  renamed: ReadonlyMap<string, string>,
): Promise<void> {
  if (renamed.size === 0) return
  const { rows } = await sql<{ transformation_id: number; level: string; associated_id: number; fields: string }>`
    select transformation_id, level, associated_id, fields from transformation_levels
    where transformation_id in (select id from transformations where resource_id = ${resourceId}) and ${below(owner)}
    order by transformation_id, level, associated_id for update`.execute(trx)
  for (const row of rows) {
    const fields = renameFields(JSON.parse(row.fields) as StoredMapping[], renamed)
    if (!fields) continue
    await sql`
      update transformation_levels set fields = ${JSON.stringify(fields)}, updated_at = now()
      where transformation_id = ${row.transformation_id} and level = ${row.level}
        and associated_id = ${row.associated_id}`.execute(trx)
  }
}

/** @returns undefined when none of them was renamed */
export function renameFields<F extends { path: string }>(
  fields: readonly F[],
  renamed: ReadonlyMap<string, string>,
): F[] | undefined {
  if (!fields.some(({ path }) => renamed.has(path))) return undefined
  const moved = new Set(fields.flatMap(({ path }) => renamed.get(path) ?? []))
  // what was mapped to the new path already gives way
  return fields
    .filter(({ path }) => renamed.has(path) || !moved.has(path))
    .map((field) => ({ ...field, path: renamed.get(field.path) ?? field.path }))
}

function below({ level, associatedId, organizationId, accountId }: LevelOwner) {
  if (level === 'system') return sql`true`
  if (level === 'organization') return sql`organization_id = ${organizationId}`
  if (level === 'account') return sql`account_id = ${accountId}`
  return sql`level = 'instance' and associated_id = ${associatedId}`
}
