import { sql } from 'kysely'
import { recordChange, recordChanges } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { changeResources, type ResourceChange } from './change-resources.ts'
import { type CommonResourceBody, toCommonResourceBody } from './common-resource-body.ts'
import type { FormulaUsage } from './formula-usages.ts'
import { holdOwner } from './hold-owner.ts'
import { dropEmpty, lockNames } from './hold-resource.ts'
import { assertMayWrite } from './level-at.ts'
import { type AccountOwner, isLevelOf, type LevelOwner, organizationOwner, ownerOfSeen } from './level-owner.ts'
import { loadMapped, type MappedLevel } from './load-mapped.ts'
import { loadResources } from './load-resources.ts'
import { noCommonResource } from './nothing-found.ts'
import { type Body, readObjectName } from './read-body.ts'
import { renameLevels } from './rename-level.ts'
import type { ResourceContext } from './resource-context.ts'
import { recordOf } from './resource-record.ts'
import { resourceDb } from './resource-table.ts'
import type { StoredResource } from './stored-resource.ts'
import { removeDefinitions } from './write-definition.ts'
import { removeLevels } from './write-transformation.ts'

/** Everything of one name that an account sees: the organization's own resource and the platform's of that name are one (spec 20 §5). */
export interface SeenResource {
  name: string
  /** rows of that name */
  resources: SeenRow[]
  mapped: MappedLevel[]
}

export type SeenRow = Pick<StoredResource, 'id' | 'objectName' | 'isSystem' | 'definitions'>

/** `GET /common-resources`; none is an empty list. */
export async function listCommonResources(
  { store, authorize }: ResourceContext,
  caller: Caller,
): Promise<CommonResourceBody[]> {
  authorize(caller, 'commonResources.read')
  const seen = await seenResources(resourceDb(store), caller)
  return seen.map(({ name, resources, mapped }) => toCommonResourceBody(name, resources, mapped))
}

/** @throws ValenceError NOTHING_FOUND (404) */
export async function readCommonResource(
  { store, authorize }: ResourceContext,
  caller: Caller,
  name: string,
): Promise<CommonResourceBody> {
  authorize(caller, 'commonResources.read')
  return bodyOf(await seenResource(resourceDb(store), caller, name))
}

/** `GET /common-resources/{name}/usages` @throws ValenceError NOTHING_FOUND (404) */
export async function readUsages(
  { store, authorize, formulaUsages }: ResourceContext,
  caller: Caller,
  name: string,
): Promise<{ formulaUsages: FormulaUsage[] }> {
  authorize(caller, 'commonResources.read')
  await seenResource(resourceDb(store), caller, name)
  return { formulaUsages: await formulaUsages(caller, name) }
}

/**
 * `PATCH /common-resources/{name}`: all levels that the caller sees, but for the platform's, go by the name of the body.
 * @throws ValenceError NOTHING_FOUND (404), ALREADY_EXISTS (409) for a name that is in use, FORBIDDEN (403) for a level he may not write
 */
export async function renameCommonResource(
  context: ResourceContext,
  caller: Caller,
  name: string,
  body: Body,
): Promise<CommonResourceBody> {
  context.authorize(caller, 'commonResources.update')
  const wanted = readObjectName(body['name'] ?? body['objectName'], 'name')
  return changeResources(context.store, async (change) => {
    const { trx } = change
    const { resources, owners } = await heldLevels(context, change, caller, name)
    if (wanted !== name) {
      if ((await seenResources(trx, caller, wanted)).length > 0) {
        throw new ValenceError('ALREADY_EXISTS', `There is already a common resource "${wanted}"`)
      }
      for (const resource of resources) await renameLevels(change, resource, owners, wanted, caller)
      const records = owners.map((owner) => recordOf('rename', name, owner, { name }, { name: wanted }))
      await recordChanges(trx, caller, records)
      touchAll(change, owners)
    }
    return bodyOf(await seenResource(trx, caller, wanted))
  })
}

/**
 * `DELETE /common-resources/{name}`: all levels that the caller sees, but for the platform's. Where the platform alone has something it is a
 * template, which takes the role vdrAdmin.
 *
 * @param force the transformations as well
 * @throws ValenceError NOTHING_FOUND (404), IN_USE (409) while it is mapped, FORBIDDEN (403) for a level he may not write
 */
export async function removeCommonResource(
  context: ResourceContext,
  caller: Caller,
  name: string,
  { force }: { force: boolean },
): Promise<void> {
  context.authorize(caller, 'commonResources.delete')
  await changeResources(context.store, async (change) => {
    const { trx } = change
    const { resources, owners, mapped } = await heldLevels(context, change, caller, name)
    if (mapped.length > 0 && !force) {
      const keys = [...new Set(mapped.map(({ elementKey }) => elementKey))].join(', ')
      const way = 'delete its transformations first, or add ?force=true'
      throw new ValenceError('IN_USE', `The common resource "${name}" is still mapped to ${keys}; ${way}`)
    }
    const definitions = resources.flatMap((resource) => resource.definitions)
    const ids = resources.map(({ id }) => id)
    for (const owner of owners) {
      const before = definitions.find((definition) => isLevelOf(definition, owner))
      const transformations = mapped.filter((level) => isLevelOf(level, owner))
      await removeDefinitions(trx, owner, ids)
      await removeLevels(
        trx,
        owner,
        transformations.map(({ transformationId }) => transformationId),
      )
      const shown = { ...before, transformations: transformations.map(({ elementKey }) => elementKey) }
      await recordChange(trx, caller, recordOf('delete', name, owner, shown, undefined))
    }
    await dropEmpty(trx, ids)
    touchAll(change, owners)
  })
}

/** The levels of a name that a caller changes, held; he may write all of them. */
async function heldLevels(context: ResourceContext, change: ResourceChange, caller: Caller, name: string) {
  const { trx } = change
  await holdOwner(context, trx, organizationOwner(caller))
  await lockNames(trx, caller)
  const before = await seenResource(trx, caller, name)
  const ids = before.resources.map(({ id }) => id)
  await sql`
    select id from common_resources where id = any(${ids}::integer[]) order by id for no key update`.execute(trx)
  const { resources, mapped } = await seenResource(trx, caller, name)
  const keys = [...resources.flatMap(({ definitions }) => definitions), ...mapped]
  const own = keys.filter(({ level }) => level !== 'system')
  const owners = distinct((own.length > 0 ? own : keys).map((key) => ownerOfSeen(caller, key)))
  for (const owner of owners) assertMayWrite(caller, owner)
  return { resources, owners, mapped: mapped.filter((level) => owners.some((owner) => isLevelOf(owner, level))) }
}

function distinct(owners: readonly LevelOwner[]): LevelOwner[] {
  return owners.filter((owner, index) => owners.findIndex((other) => isLevelOf(owner, other)) === index)
}

function touchAll(change: ResourceChange, owners: readonly LevelOwner[]): void {
  const [system] = owners.filter(({ level }) => level === 'system')
  const [owner] = owners
  if (system ?? owner) change.touch(system ?? (owner as LevelOwner))
}

/** By name, in order. */
export async function seenResources(
  db: Parameters<typeof loadResources>[0],
  viewer: AccountOwner,
  name?: string,
): Promise<SeenResource[]> {
  const filter = name === undefined ? {} : { objectNames: [name] }
  const [defined, mapped] = await Promise.all([
    loadResources(db, viewer, filter, 'definitions'),
    loadMapped(db, viewer, filter),
  ])
  const names = new Set([...defined, ...mapped].map(({ objectName }) => objectName))
  const [definedBy, mappedBy] = [Map.groupBy(defined, nameOf), Map.groupBy(mapped, nameOf)]
  return [...names].toSorted().map((one) => {
    const rows = mappedBy.get(one) ?? []
    return { name: one, resources: withMapped(definedBy.get(one) ?? [], rows), mapped: rows }
  })
}

/** What is mapped may be defined nowhere any more. */
function withMapped(defined: readonly SeenRow[], mapped: readonly MappedLevel[]): SeenRow[] {
  const rows = new Map(defined.map((row) => [row.id, row]))
  for (const { resourceId: id, objectName, isSystem } of mapped) {
    if (!rows.has(id)) rows.set(id, { id, objectName, isSystem, definitions: [] })
  }
  return [...rows.values()]
}

function nameOf({ objectName }: { objectName: string }): string {
  return objectName
}

/** @throws ValenceError NOTHING_FOUND (404) */
export async function seenResource(
  db: Parameters<typeof loadResources>[0],
  viewer: AccountOwner,
  name: string,
): Promise<SeenResource> {
  const [seen] = await seenResources(db, viewer, name)
  return seen ?? Promise.reject(noCommonResource(name))
}

export function bodyOf({ name, resources, mapped }: SeenResource): CommonResourceBody {
  return toCommonResourceBody(name, resources, mapped)
}
