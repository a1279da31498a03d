import type { Operation } from '../accounts/authorize.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { changeResources } from './change-resources.ts'
import {
  accountLookedAt,
  changedLevel,
  heldLevel,
  holdAround,
  levelsOfName,
  removeFound,
  requireDefinitions,
  saveRecorded,
} from './change-transformation.ts'
import { viewerOf } from './definitions.ts'
import { holdOwner } from './hold-owner.ts'
import { type LevelAt, levelAt, type Place, writableLevelAt } from './level-at.ts'
import { isLevelOf, type LevelOwner, levelsUpTo, mayWrite } from './level-owner.ts'
import { loadMapped } from './load-mapped.ts'
import { loadResources } from './load-resources.ts'
import { noTransformation, noTransformations } from './nothing-found.ts'
import { type Body, readObjectName } from './read-body.ts'
import { readLevelInput } from './read-transformation.ts'
import type { ResourceContext } from './resource-context.ts'
import { resourceDb } from './resource-table.ts'
import type { StoredResource } from './stored-resource.ts'
import { type TransformationBody, type TransformationParts, toTransformationBody } from './transformation-body.ts'

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
      ? await levelsOfName(change.trx, owner, element, objectName, undefined, accountLookedAt(owner, caller))
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
  const viewer = { ...caller, ...accountLookedAt(owner, caller) }
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
