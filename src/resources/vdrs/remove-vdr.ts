import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { changeResources } from '../change-resources.ts'
import { dropEmpty } from '../hold-resource.ts'
import { isLevelOf, type LevelOwner, SYSTEM_OWNER } from '../level-owner.ts'
import type { ResourceContext } from '../resource-context.ts'
import type { ResourceTables } from '../resource-table.ts'
import type { StoredResource } from '../stored-resource.ts'
import { removeDefinitions } from '../write-definition.ts'
import { removeLevels } from '../write-transformation.ts'
import { mayRemove, type VdrOptions } from './choose-level.ts'
import { holdVdr, ownersOf } from './find-vdr.ts'
import { createIgnored } from './ignored.ts'
import { toVdrBody } from './vdr-body.ts'

/**
 * `DELETE /vdrs/{id}`: the levels that the caller may remove; others stay, which the answer says (spec 20 §6.2).
 *
 * @param options.force mappings of these levels go as well
 * @returns what was ignored
 * @throws ValenceError NOTHING_FOUND; IN_USE (409) while one of these levels is mapped
 */
export async function removeVdr(
  context: ResourceContext,
  caller: Caller,
  idOrName: string,
  options: VdrOptions & { force?: boolean } = {},
): Promise<readonly string[]> {
  return changeResources(context.store, async ({ trx, touch }) => {
    const { held, seen } = await holdVdr(trx, caller, idOrName, options)
    const owners = (await ownersOf(trx, held.id)).filter(
      (owner) => mayRemove(caller, owner) && (!options.systemOnly || isLevelOf(owner, SYSTEM_OWNER)),
    )
    const mapped = await transformationsAt(trx, held.id, owners)
    if (mapped.length > 0 && !options.force) throw stillMapped(held.objectName)
    for (const owner of owners) {
      if (options.force) await removeLevels(trx, owner, mapped)
      await removeDefinitions(trx, owner, [held.id])
      touch(owner)
    }
    await dropEmpty(trx, [held.id])
    const before = toVdrBody(seen, caller)
    const { objectName: id } = held
    if (owners.length > 0) await recordChange(trx, caller, { entity: 'common-resource', id, action: 'delete', before })
    return whatStays(seen, owners)
  })
}

function whatStays(seen: StoredResource, removed: readonly LevelOwner[]): readonly string[] {
  const ignored = createIgnored()
  for (const definition of seen.definitions) {
    if (!removed.some((owner) => isLevelOf(owner, definition))) ignored.level('fields', definition.level)
  }
  return ignored.texts()
}

async function transformationsAt(
  trx: Transaction<ResourceTables>,
  resourceId: number,
  owners: readonly LevelOwner[],
): Promise<number[]> {
  const rows = await trx
    .selectFrom('transformation_levels')
    .innerJoin('transformations', 'transformations.id', 'transformation_id')
    .select(['transformation_id', 'level', 'associated_id as associatedId'])
    .where('resource_id', '=', resourceId)
    .execute()
  const mapped = rows.filter((row) => owners.some((owner) => isLevelOf(owner, row)))
  return [...new Set(mapped.map((row) => row.transformation_id))]
}

function stillMapped(objectName: string): ValenceError {
  return new ValenceError(
    'IN_USE',
    `The common resource "${objectName}" is still mapped; delete its transformations first, or say force=true`,
  )
}
