import { sql, type Transaction } from 'kysely'
import { recordChange, recordChanges } from '../audit/record-change.ts'
import { holdElement } from '../elements/hold-element.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import type { ResourceChange } from './change-resources.ts'
import { viewerOf } from './definitions.ts'
import { holdOwner } from './hold-owner.ts'
import { dropEmpty, holdResource, lockNames } from './hold-resource.ts'
import { type AccountOwner, type LevelOwner, ownerOfSeen } from './level-owner.ts'
import { loadResources } from './load-resources.ts'
import { noDefinition } from './nothing-found.ts'
import type { Body } from './read-body.ts'
import type { ResourceContext } from './resource-context.ts'
import { recordOf } from './resource-record.ts'
import type { ResourceTables } from './resource-table.ts'
import type { LevelKey, StoredDefinition, StoredLevel } from './stored-resource.ts'
import { holdTransformation, type LevelInput, removeLevels, saveLevel } from './write-transformation.ts'

/** The account whose levels are looked at: the level's, or the caller's own. */
export function accountLookedAt({ accountId }: LevelOwner, caller: Caller): AccountOwner {
  return { organizationId: caller.organizationId, accountId: accountId ?? caller.accountId }
}

/** Whom it is for and what it is of stay until the transaction ends; comes before resources are held. */
export async function holdAround(
  context: ResourceContext,
  { trx }: ResourceChange,
  caller: Caller,
  owners: readonly LevelOwner[],
  element: Element,
): Promise<void> {
  for (const owner of owners) await holdOwner(context, trx, owner)
  for (const owner of owners) await holdElement(trx, accountLookedAt(owner, caller), element)
}

/** What the levels define. @throws ValenceError NOTHING_FOUND (404) for a name that none of them defines */
export async function requireDefinitions(
  { trx }: ResourceChange,
  viewer: AccountOwner | undefined,
  objectName: string,
  levels?: readonly LevelKey[],
): Promise<StoredDefinition[]> {
  const filter = { objectNames: [objectName], ...(levels ? { levels } : {}) }
  const resources = await loadResources(trx, viewer, filter, 'definitions')
  if (resources.length === 0) throw noDefinition(objectName)
  return resources.flatMap(({ definitions }) => definitions)
}

/** The transformation that a level is to be written of, held; and what the level says now. */
export async function heldLevel(
  { trx }: ResourceChange,
  caller: Caller,
  owner: LevelOwner,
  element: Element,
  objectName: string,
): Promise<{ id: number; present: StoredLevel | undefined }> {
  const held = await holdResource(trx, owner, objectName, caller)
  const [own] = await levelsOfName(trx, owner, element, objectName, [owner])
  if (own) return { id: own.transformationId, present: own.stored }
  return { id: await holdTransformation(trx, held.id, element), present: undefined }
}

export interface FoundLevel {
  transformationId: number
  resourceId: number
  owner: LevelOwner
  stored: StoredLevel
}

/** Levels that map an object to an element, with their resources held. */
export async function levelsOfName(
  trx: Transaction<ResourceTables>,
  owner: LevelOwner,
  element: Pick<Element, 'id'>,
  objectName: string,
  levels: readonly LevelKey[] | undefined,
  viewer: AccountOwner | undefined = viewerOf(owner),
): Promise<FoundLevel[]> {
  await lockNames(trx, viewer ?? owner)
  const filter = { objectNames: [objectName], elementId: element.id, ...(levels ? { levels } : {}) }
  const before = await loadResources(trx, viewer, filter, 'transformations')
  const ids = before.map(({ id }) => id)
  await sql`
    select id from common_resources where id = any(${ids}::integer[]) order by id for no key update`.execute(trx)
  const resources = await loadResources(trx, viewer, filter, 'transformations')
  return resources.flatMap((resource) =>
    resource.transformations.flatMap(({ id, levels }) =>
      levels.map((stored) => ({
        transformationId: id,
        resourceId: resource.id,
        owner: ownerOfSeen(viewer, stored),
        stored,
      })),
    ),
  )
}

interface Subject {
  owner: LevelOwner
  name: string
  element: Pick<Element, 'id' | 'key'>
}

export async function saveRecorded(
  change: ResourceChange,
  caller: Caller,
  { owner, name, element }: Subject,
  transformationId: number,
  input: LevelInput,
  present: StoredLevel | undefined,
): Promise<void> {
  const { trx } = change
  const saved = await saveLevel(trx, transformationId, owner, input, present)
  const { id, key } = element
  const shown = (level: StoredLevel | undefined) => level && { element: { id, key }, ...level }
  const action = present ? 'updateTransformation' : 'createTransformation'
  await recordChange(trx, caller, recordOf(action, name, owner, shown(present), shown(saved)))
  change.touch(owner)
}

export async function removeFound(
  change: ResourceChange,
  caller: Caller,
  { id, key }: Pick<Element, 'id' | 'key'>,
  objectName: string,
  found: readonly FoundLevel[],
): Promise<void> {
  const { trx } = change
  for (const { owner, transformationId } of found) {
    await removeLevels(trx, owner, [transformationId])
    change.touch(owner)
  }
  const records = found.map(({ owner, stored }) =>
    recordOf('deleteTransformation', objectName, owner, { element: { id, key }, ...stored }, undefined),
  )
  await recordChanges(trx, caller, records)
  await dropEmpty(
    trx,
    found.map(({ resourceId }) => resourceId),
  )
}

/**
 * What a level says after a PUT: members that the body has in the place of those it had.
 * @throws ValenceError BODY_INVALID for a script that would go back to the first engine
 */
export function changedLevel(present: StoredLevel, body: Body, input: LevelInput): LevelInput {
  if (input.isLegacy === true && present.isLegacy !== true) {
    throw new ValenceError('BODY_INVALID', 'isLegacy: a script of engine v2 cannot go back to v1')
  }
  const has = (name: string) => body[name] !== undefined
  return {
    vendorName: has('vendorName') ? input.vendorName : present.vendorName,
    isLegacy: input.isLegacy ?? present.isLegacy,
    configuration: has('configuration') ? input.configuration : present.configuration,
    fields: has('fields') ? input.fields : present.fields,
    script: has('script') || has('scripts') ? input.script : present.script,
  }
}
