import { sql, type Transaction } from 'kysely'
import type { Operation } from '../accounts/authorize.ts'
import { recordChange, recordChanges } from '../audit/record-change.ts'
import { holdElement } from '../elements/hold-element.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { changeResources, type ResourceChange } from './change-resources.ts'
import { viewerOf } from './definitions.ts'
import { holdOwner } from './hold-owner.ts'
import { dropEmpty, holdResource, lockNames } from './hold-resource.ts'
import { type LevelAt, levelAt, type Place, writableLevelAt } from './level-at.ts'
import { type AccountOwner, isLevelOf, type LevelOwner, levelsUpTo, mayWrite, ownerOfSeen } from './level-owner.ts'
import { loadMapped } from './load-mapped.ts'
import { loadResources } from './load-resources.ts'
import { noDefinition, noTransformation, noTransformations } from './nothing-found.ts'
import { type Body, readObjectName } from './read-body.ts'
import { readLevelInput } from './read-transformation.ts'
import type { ResourceContext } from './resource-context.ts'
import { recordOf } from './resource-record.ts'
import { type ResourceTables, resourceDb } from './resource-table.ts'
import type { LevelKey, StoredDefinition, StoredLevel, StoredResource } from './stored-resource.ts'
import { type TransformationBody, type TransformationParts, toTransformationBody } from './transformation-body.ts'
import { holdTransformation, type LevelInput, removeLevels, saveLevel } from './write-transformation.ts'

/** Transformations of one level to one element: that of the path, at an instance its own (spec 20 §4). */
export interface TransformationPlace {
  place: Place
  /** not looked at for instances */
  elementKeyOrId?: string
}

/**
 * @returns by name of the object, what the level itself has
 * @throws ValenceError NOTHING_FOUND (404) for none; ELEMENT_NOT_FOUND, what `levelAt` throws
 */
export async function listTransformations(
  context: ResourceContext,
  caller: Caller,
  place: TransformationPlace,
): Promise<Record<string, TransformationBody>> {
  const { owner, element } = await at(context, caller, 'transformations.read', place)
  const bodies = bodiesAt(await loadParts(context, owner, element), owner)
  if (bodies.length === 0) throw noTransformations()
  return Object.fromEntries(bodies.map((body) => [body.objectName, body]))
}

/** @throws ValenceError NOTHING_FOUND (404) where the level has none; ELEMENT_NOT_FOUND, what `levelAt` throws */
export async function readTransformation(
  context: ResourceContext,
  caller: Caller,
  place: TransformationPlace,
  objectName: string,
): Promise<TransformationBody> {
  const { owner, element } = await at(context, caller, 'transformations.read', place)
  return bodyAt(context, owner, element, objectName)
}

/**
 * @throws ValenceError NOTHING_FOUND (404) for a name that no level in sight defines, ALREADY_EXISTS (409), BODY_INVALID; ELEMENT_NOT_FOUND, what
 *   `levelAt` throws
 */
export async function createTransformation(
  context: ResourceContext,
  caller: Caller,
  place: TransformationPlace,
  objectName: string,
  body: Body,
): Promise<TransformationBody> {
  const { owner, element } = await writableAt(context, caller, 'transformations.create', place)
  const [name, input] = [readObjectName(objectName, 'objectName'), readLevelInput(body, owner.level)]
  await changeResources(context.store, async (change) => {
    await holdAround(context, change, caller, [owner], element)
    await requireDefinitions(change, viewerOf(owner), name, levelsUpTo(owner))
    const { id, present } = await heldLevel(change, caller, owner, element, name)
    if (present) {
      const text = `There is already a transformation of "${name}" for ${element.key} at ${owner.level} level`
      throw new ValenceError('ALREADY_EXISTS', text)
    }
    await saveRecorded(change, caller, { owner, name, element }, id, input, undefined)
  })
  return bodyAt(context, owner, element, name)
}

/**
 * Replaces what the level says; members that the body lacks stay (spec 00 §4).
 * @throws ValenceError NOTHING_FOUND (404) where the level has none, BODY_INVALID also for the first script engine again (spec 20 §10.1)
 */
export async function replaceTransformation(
  context: ResourceContext,
  caller: Caller,
  place: TransformationPlace,
  objectName: string,
  body: Body,
): Promise<TransformationBody> {
  const { owner, element } = await writableAt(context, caller, 'transformations.update', place)
  const input = readLevelInput(body, owner.level)
  await changeResources(context.store, async (change) => {
    await holdOwner(context, change.trx, owner)
    const found = await levelsOfName(change.trx, owner, element, objectName, [owner])
    const [own] = found
    if (!own) throw noTransformation(objectName)
    const next = changedLevel(own.stored, body, input)
    await saveRecorded(change, caller, { owner, name: objectName, element }, own.transformationId, next, own.stored)
  })
  return bodyAt(context, owner, element, objectName)
}

/**
 * @param isPropagated also at every other level that the caller may write, of the same object and element (spec 20 §4)
 * @throws ValenceError NOTHING_FOUND (404) where there was none; ELEMENT_NOT_FOUND, what `levelAt` throws
 */
export async function removeTransformation(
  context: ResourceContext,
  caller: Caller,
  place: TransformationPlace,
  objectName: string,
  isPropagated: boolean,
): Promise<void> {
  const { owner, element } = await writableAt(context, caller, 'transformations.delete', place)
  await changeResources(context.store, async (change) => {
    const found = isPropagated
      ? await levelsOfName(change.trx, owner, element, objectName, undefined, atLeast(owner, caller))
      : await levelsOfName(change.trx, owner, element, objectName, [owner])
    const doomed = found.filter(({ owner }) => mayWrite(caller, owner))
    if (doomed.length === 0) throw noTransformation(objectName)
    await removeFound(change, caller, element, objectName, doomed)
  })
}

/** All of the level for the element. @throws ValenceError NOTHING_FOUND (404) for none */
export async function removeAllTransformations(
  context: ResourceContext,
  caller: Caller,
  place: TransformationPlace,
): Promise<void> {
  const { owner, element } = await writableAt(context, caller, 'transformations.delete', place)
  await changeResources(context.store, async (change) => {
    const filter = { elementIds: [element.id], levels: [owner] }
    const names = (await loadMapped(change.trx, viewerOf(owner), filter)).map(({ objectName }) => objectName)
    if (names.length === 0) throw noTransformations()
    for (const name of new Set(names)) {
      const found = await levelsOfName(change.trx, owner, element, name, [owner])
      await removeFound(change, caller, element, name, found)
    }
  })
}

async function at(
  context: ResourceContext,
  caller: Caller,
  operation: Operation,
  { place, elementKeyOrId = '' }: TransformationPlace,
): Promise<{ owner: LevelAt; element: Element }> {
  const owner = await levelAt(context, caller, operation, place)
  // an account's own element is meant where somebody else of the organization asks for its levels
  const viewer = { ...caller, ...atLeast(owner, caller) }
  const { element } = await context.elements.require(viewer, owner.elementId ?? elementKeyOrId)
  return { owner, element }
}

async function writableAt(
  context: ResourceContext,
  caller: Caller,
  operation: Operation,
  place: TransformationPlace,
): Promise<{ owner: LevelAt; element: Element }> {
  await writableLevelAt(context, caller, operation, place.place)
  return at(context, caller, operation, place)
}

function atLeast({ accountId }: LevelOwner, caller: Caller): AccountOwner {
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
  for (const owner of owners) await holdElement(trx, atLeast(owner, caller), element)
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

interface FoundLevel {
  transformationId: number
  resourceId: number
  owner: LevelOwner
  stored: StoredLevel
}

/** Levels that map an object to an element, with their resources held. */
async function levelsOfName(
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

async function removeFound(
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

async function loadParts(
  { store }: ResourceContext,
  owner: LevelOwner,
  element: Pick<Element, 'id'>,
  objectName?: string,
): Promise<TransformationParts[]> {
  const filter = {
    elementId: element.id,
    levels: levelsUpTo(owner),
    ...(objectName === undefined ? {} : { objectNames: [objectName] }),
  }
  return partsOf(await loadResources(resourceDb(store), viewerOf(owner), filter))
}

/** By name: the organization's own resource and the platform's of one name are one. */
export function partsOf(resources: readonly StoredResource[]): TransformationParts[] {
  const parts = new Map<string, TransformationParts>()
  for (const { objectName, definitions, transformations, isSystem } of resources) {
    const name = parts.get(objectName)
    const [transformation] = transformations
    const { id, elementId, elementKey } = (name?.id ? name : transformation) ?? { id: 0, elementId: 0, elementKey: '' }
    const levels = transformations.flatMap((one) => one.levels)
    const known = name?.levels ?? []
    parts.set(objectName, {
      ...{ id, objectName, elementId, elementKey },
      levels: isSystem ? [...levels, ...known] : [...known, ...levels],
      definitions: [...(name?.definitions ?? []), ...definitions],
    })
  }
  return [...parts.values()]
}

export function bodiesAt(parts: readonly TransformationParts[], owner: LevelOwner): TransformationBody[] {
  return parts.flatMap((one) => {
    const own = one.levels.findLast((level) => isLevelOf(level, owner))
    return own ? [toTransformationBody(one, owner, own)] : []
  })
}

export async function bodyAt(
  context: ResourceContext,
  owner: LevelOwner,
  element: Pick<Element, 'id'>,
  objectName: string,
): Promise<TransformationBody> {
  const [body] = bodiesAt(await loadParts(context, owner, element, objectName), owner)
  return body ?? Promise.reject(noTransformation(objectName))
}
