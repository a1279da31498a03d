import { sql, type Transaction } from 'kysely'
import type { ConfigurationEntry, MappedField, MappingScript } from '../model/common-resource.ts'
import { withIds } from './field-ids.ts'
import type { LevelOwner } from './level-owner.ts'
import { assertLevelSize, assertRoomOf } from './level-size.ts'
import { toLevel } from './load-resources.ts'
import { removeAt } from './remove-at.ts'
import type { ResourceTables } from './resource-table.ts'
import type { LevelKey, StoredLevel } from './stored-resource.ts'

/** A line of a mapping to be stored; members that nobody here knows are kept. */
export type MappingInput = Omit<MappedField, 'type' | 'level' | 'associatedId'> & { type?: string }

/** What one level is to say about a resource of one element, whole. */
export interface LevelInput {
  vendorName: string | undefined
  isLegacy: boolean | undefined
  configuration: readonly ConfigurationEntry[]
  fields: readonly MappingInput[]
  script: MappingScript | undefined
}

/** The transformation of a held resource for an element, made when there is none. @returns its id */
export async function holdTransformation(
  trx: Transaction<ResourceTables>,
  resourceId: number,
  element: { id: number; key: string },
): Promise<number> {
  const { id } = await trx
    .insertInto('transformations')
    .values({ resource_id: resourceId, element_id: element.id, element_key: element.key })
    .onConflict((conflict) =>
      conflict
        .columns(['resource_id', 'element_id'])
        .doUpdateSet(({ ref }) => ({ element_key: ref('excluded.element_key') })),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function findLevel(
  trx: Transaction<ResourceTables>,
  transformationId: number,
  owner: LevelKey,
): Promise<StoredLevel | undefined> {
  const row = await trx
    .selectFrom('transformation_levels')
    .selectAll()
    .where('transformation_id', '=', transformationId)
    .where('level', '=', owner.level)
    .where('associated_id', '=', owner.associatedId)
    .executeTakeFirst()
  return row && toLevel(row)
}

/**
 * Makes or replaces what one level says; the caller holds the resource.
 *
 * @param present what the level says now
 * @throws ValenceError BODY_INVALID when it is too large, TOO_MANY when all together are
 */
export async function saveLevel(
  trx: Transaction<ResourceTables>,
  transformationId: number,
  owner: LevelOwner,
  input: LevelInput,
  present: StoredLevel | undefined,
): Promise<StoredLevel> {
  const values = {
    vendor_name: input.vendorName ?? null,
    is_legacy: input.isLegacy ?? null,
    configuration: JSON.stringify(input.configuration.map(ofNoLevel)),
    fields: JSON.stringify((await withIds(trx, input.fields, present?.fields ?? [])).map(ofNoLevel)),
    script: input.script ? JSON.stringify(ofNoLevel(input.script)) : null,
  }
  assertLevelSize('transformation', values.configuration, values.fields, values.script)
  const row = await trx
    .insertInto('transformation_levels')
    .values({
      transformation_id: transformationId,
      level: owner.level,
      associated_id: owner.associatedId,
      organization_id: owner.organizationId ?? null,
      account_id: owner.accountId ?? null,
      ...values,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['transformation_id', 'level', 'associated_id'])
        .doUpdateSet({ ...values, updated_at: sql<Date>`now()` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  await assertRoomOf(trx, 'transformation_levels', owner)
  return toLevel(row)
}

/** What one level says of them goes; `dropEmpty` may have to follow. */
export function removeLevels(
  trx: Transaction<ResourceTables>,
  owner: LevelKey,
  transformationIds: readonly number[],
): Promise<void> {
  return removeAt(trx, 'transformation_levels', owner, transformationIds)
}

/** The row says itself of which level it is. */
function ofNoLevel<T extends object>(value: T): Omit<T, 'level' | 'associatedId'> {
  const { level, associatedId, ...rest } = value as T & Partial<LevelKey>
  return rest
}
