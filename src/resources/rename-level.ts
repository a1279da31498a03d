import { sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { ResourceChange } from './change-resources.ts'
import { dropEmpty, type HeldResource, holdPresent, type Maker, makeResource } from './hold-resource.ts'
import type { LevelOwner } from './level-owner.ts'

/** of PostgreSQL's error codes: somebody else was faster */
const UNIQUE_VIOLATION = '23505'

/**
 * Renames a held resource at one level: its definition and transformations of that level go by the new name, other levels keep the old one
 * (spec 20 §3). Where no other level says anything, the resource keeps its id.
 *
 * @throws ValenceError ALREADY_EXISTS (409) when the new name has something at that level
 */
export async function renameLevel(
  change: ResourceChange,
  resource: HeldResource,
  owner: LevelOwner,
  objectName: string,
  maker: Maker,
): Promise<void> {
  await renameLevels(change, resource, [owner], objectName, maker)
}

/** The same for several levels of one resource. */
export async function renameLevels(
  change: ResourceChange,
  resource: HeldResource,
  owners: readonly LevelOwner[],
  objectName: string,
  maker: Maker,
): Promise<void> {
  const [first] = owners
  if (resource.objectName === objectName || !first) return
  const taken = await holdPresent(change.trx, first, objectName)
  for (const owner of owners) {
    if (taken && (await saysAnything(change, taken, owner))) throw nameTaken(objectName, owner)
  }
  if (!taken && (first.level === 'system') === resource.isSystem && (await areAll(change, resource, owners))) {
    await renameResource(change, resource, objectName)
    return
  }
  const target = taken ?? (await makeResource(change.trx, first, objectName, maker))
  for (const owner of owners) await moveLevel(change, resource, owner, target)
  await dropEmpty(change.trx, [resource.id])
}

async function moveLevel(
  { trx }: ResourceChange,
  resource: HeldResource,
  { level, associatedId }: LevelOwner,
  target: HeldResource,
): Promise<void> {
  await sql`
    update definitions set resource_id = ${target.id}
    where resource_id = ${resource.id} and level = ${level} and associated_id = ${associatedId}`.execute(trx)
  await sql`
    insert into transformations (resource_id, element_id, element_key)
    select ${target.id}, element_id, element_key from transformations
    where resource_id = ${resource.id} and exists (select from transformation_levels
      where transformation_id = transformations.id and level = ${level} and associated_id = ${associatedId})
    on conflict do nothing`.execute(trx)
  await sql`
    update transformation_levels moved set transformation_id = target.id
    from transformations source join transformations target
      on target.element_id = source.element_id and target.resource_id = ${target.id}
    where source.resource_id = ${resource.id} and moved.transformation_id = source.id
      and moved.level = ${level} and moved.associated_id = ${associatedId}`.execute(trx)
}

/**
 * The whole resource goes by another name, all its levels, whoever's.
 *
 * @throws ValenceError ALREADY_EXISTS (409)
 */
export async function renameResource(
  { trx }: ResourceChange,
  resource: HeldResource,
  objectName: string,
): Promise<HeldResource> {
  const { rows } = await sql`
    select from common_resources one join common_resources other
      on other.organization_id is not distinct from one.organization_id
    where one.id = ${resource.id} and other.id <> one.id and other.object_name = ${objectName}`.execute(trx)
  const taken = () => new ValenceError('ALREADY_EXISTS', `There is already a common resource "${objectName}"`)
  if (rows.length > 0) throw taken()
  await trx
    .updateTable('common_resources')
    .set({ object_name: objectName })
    .where('id', '=', resource.id)
    .execute()
    .catch((error: { code?: unknown }) => {
      throw error.code === UNIQUE_VIOLATION ? taken() : error
    })
  return { ...resource, objectName }
}

function nameTaken(objectName: string, { level }: LevelOwner): ValenceError {
  return new ValenceError('ALREADY_EXISTS', `There is already an object "${objectName}" at ${level} level`)
}

async function saysAnything(
  { trx }: ResourceChange,
  { id }: HeldResource,
  { level, associatedId }: LevelOwner,
): Promise<boolean> {
  const { rows } = await sql`
    select from definitions where resource_id = ${id} and level = ${level} and associated_id = ${associatedId}
    union all
    select from transformation_levels join transformations on transformations.id = transformation_id
    where resource_id = ${id} and level = ${level} and associated_id = ${associatedId} limit 1`.execute(trx)
  return rows.length > 0
}

/** Whether no other level, of whoever, says anything about the resource. */
async function areAll({ trx }: ResourceChange, { id }: HeldResource, owners: readonly LevelOwner[]): Promise<boolean> {
  const [levels, ids] = [owners.map(({ level }) => level), owners.map(({ associatedId }) => associatedId)]
  const isOther = sql`(level, associated_id) not in (select * from unnest(${levels}::text[], ${ids}::integer[]))`
  const { rows } = await sql`
    select from definitions where resource_id = ${id} and ${isOther}
    union all
    select from transformation_levels join transformations on transformations.id = transformation_id
    where resource_id = ${id} and ${isOther} limit 1`.execute(trx)
  return rows.length === 0
}
