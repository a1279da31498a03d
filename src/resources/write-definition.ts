import { sql, type Transaction } from 'kysely'
import { withIds } from './field-ids.ts'
import type { LevelOwner } from './level-owner.ts'
import { assertLevelSize, assertRoomOf } from './level-size.ts'
import { toDefinition } from './load-resources.ts'
import { removeAt } from './remove-at.ts'
import type { ResourceTables } from './resource-table.ts'
import type { LevelKey, StoredDefinition } from './stored-resource.ts'

/** A field to be stored; members that nobody here knows are kept. */
export interface FieldInput {
  /** of the present field that it is, under whatever path; others are ignored */
  id?: number | undefined
  path: string
  type?: string
  displayName?: string
}

export interface DefinitionInput {
  fields: readonly FieldInput[]
  /** undefined: as it was */
  description?: string | undefined
}

/** What one level defines of a resource; undefined: nothing. */
export async function findDefinition(
  trx: Transaction<ResourceTables>,
  resourceId: number,
  owner: LevelKey,
): Promise<StoredDefinition | undefined> {
  const row = await trx
    .selectFrom('definitions')
    .selectAll()
    .where('resource_id', '=', resourceId)
    .where('level', '=', owner.level)
    .where('associated_id', '=', owner.associatedId)
    .executeTakeFirst()
  return row && toDefinition(row)
}

/**
 * Makes or replaces what one level defines; the caller holds the resource (`hold-resource.ts`). Fields keep their ids (`field-ids.ts`).
 *
 * @param present what the level defines now
 * @throws ValenceError BODY_INVALID when it is too large, TOO_MANY when all together are
 */
export async function saveDefinition(
  trx: Transaction<ResourceTables>,
  resourceId: number,
  owner: LevelOwner,
  input: DefinitionInput,
  present: StoredDefinition | undefined,
): Promise<StoredDefinition> {
  const identified = await withIds(trx, input.fields, present?.fields ?? [])
  const fields = JSON.stringify(identified.map((field) => ({ type: 'string', ...field })))
  assertLevelSize('definition', fields)
  const values = { fields, description: input.description ?? present?.description ?? null }
  const row = await trx
    .insertInto('definitions')
    .values({
      resource_id: resourceId,
      level: owner.level,
      associated_id: owner.associatedId,
      organization_id: owner.organizationId ?? null,
      account_id: owner.accountId ?? null,
      ...values,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['resource_id', 'level', 'associated_id'])
        .doUpdateSet({ ...values, updated_at: sql<Date>`now()` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  await assertRoomOf(trx, 'definitions', owner)
  return toDefinition(row)
}

/** What one level says of them goes; `dropEmpty` may have to follow. */
export function removeDefinitions(
  trx: Transaction<ResourceTables>,
  owner: LevelKey,
  resourceIds: readonly number[],
): Promise<void> {
  return removeAt(trx, 'definitions', owner, resourceIds)
}

/** Paths that fields of one id had and have now: what mappings call them has to follow (`rename-paths.ts`). */
export function renamedPaths(
  before: StoredDefinition | undefined,
  after: StoredDefinition,
): ReadonlyMap<string, string> {
  const paths = new Map(before?.fields.map(({ id, path }) => [id, path]))
  return new Map(
    after.fields.flatMap(({ id, path }) => {
      const old = paths.get(id)
      return old === undefined || old === path ? [] : [[old, path]]
    }),
  )
}
