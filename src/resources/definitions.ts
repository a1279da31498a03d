import { sql, type Transaction } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { isObject } from '../model/is-object.ts'
import { changeResources, type ResourceChange } from './change-resources.ts'
import { type DefinitionBody, toDefinitionBody } from './definition-body.ts'
import { holdOwner } from './hold-owner.ts'
import { dropEmpty, type HeldResource, holdPresent, holdResource, lockNames } from './hold-resource.ts'
import { levelAt, type Place, writableLevelAt } from './level-at.ts'
import type { LevelOwner } from './level-owner.ts'
import { LIMITS } from './limits.ts'
import { loadResources } from './load-resources.ts'
import { noDefinition, noDefinitions } from './nothing-found.ts'
import { type Body, readObjectName } from './read-body.ts'
import { readDefinition } from './read-definition.ts'
import type { ResourceContext } from './resource-context.ts'
import { recordOf } from './resource-record.ts'
import { type ResourceTables, resourceDb } from './resource-table.ts'
import type { StoredDefinition, StoredResource } from './stored-resource.ts'
import { type DefinitionInput, findDefinition, removeDefinitions, saveDefinition } from './write-definition.ts'

/**
 * Definitions of one level, each strictly that level's (spec 20 §3, §4.1).
 * @throws ValenceError NOTHING_FOUND (404) for none; what `levelAt` throws
 */
export async function listDefinitions(
  context: ResourceContext,
  caller: Caller,
  place: Place,
): Promise<Record<string, DefinitionBody>> {
  const found = await definitionsAt(context, await levelAt(context, caller, 'commonResources.read', place))
  if (found.length === 0) throw noDefinitions()
  return dictionaryOf(found)
}

export async function readDefinitionOf(
  context: ResourceContext,
  caller: Caller,
  place: Place,
  objectName: string,
): Promise<DefinitionBody> {
  const owner = await levelAt(context, caller, 'commonResources.read', place)
  const [body] = await definitionsAt(context, owner, objectName)
  if (!body) throw noDefinition(objectName)
  return body
}

/**
 * @throws ValenceError ALREADY_EXISTS (409) at that level, TOO_MANY (409), BODY_INVALID, what `levelAt` throws
 */
export async function createDefinition(
  context: ResourceContext,
  caller: Caller,
  place: Place,
  objectName: string,
  body: Body,
): Promise<DefinitionBody> {
  const owner = await writableLevelAt(context, caller, 'commonResources.create', place)
  const [name, input] = [readObjectName(objectName, 'objectName'), readDefinition(body)]
  return changeResources(context.store, async (change) => {
    await holdOwner(context, change.trx, owner)
    return insertDefinition(change, caller, owner, name, input)
  })
}

/**
 * Several at once, all or none: a dictionary by name. What is no object in it, such as the `level` of old answers, is skipped.
 * @throws ValenceError as `createDefinition`
 */
export async function createDefinitions(
  context: ResourceContext,
  caller: Caller,
  place: Place,
  body: Body,
): Promise<Record<string, DefinitionBody>> {
  const owner = await writableLevelAt(context, caller, 'commonResources.create', place)
  const inputs = Object.entries(body)
    .filter((entry): entry is [string, Body] => isObject(entry[1]))
    .map(([name, definition]) => [readObjectName(name, 'objectName'), readNamed(name, definition)] as const)
    // locks are taken in one order
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (inputs.length === 0) {
    throw new ValenceError('BODY_INVALID', 'The body holds no definitions: expected {"<objectName>": {"fields": […]}}')
  }
  if (inputs.length > LIMITS.resources) {
    throw new ValenceError('BODY_INVALID', `The body holds ${inputs.length} definitions, at most ${LIMITS.resources}`)
  }
  return changeResources(context.store, async (change) => {
    await holdOwner(context, change.trx, owner)
    const made: DefinitionBody[] = []
    for (const [name, input] of inputs) made.push(await insertDefinition(change, caller, owner, name, input))
    return dictionaryOf(made)
  })
}

/**
 * Replaces the level's fields; without `fields` in the body they stay (spec 00 §4).
 * @throws ValenceError NOTHING_FOUND (404) where the level has none; BODY_INVALID, what `levelAt` throws
 */
export async function replaceDefinition(
  context: ResourceContext,
  caller: Caller,
  place: Place,
  objectName: string,
  body: Body,
): Promise<DefinitionBody> {
  const owner = await writableLevelAt(context, caller, 'commonResources.update', place)
  const { fields, description } = readDefinition(body)
  return changeResources(context.store, async (change) => {
    await holdOwner(context, change.trx, owner)
    const { held, present } = await heldDefinition(change.trx, owner, objectName)
    const input = { fields: body['fields'] === undefined ? present.fields : fields, description }
    const saved = await saveDefinition(change.trx, held.id, owner, input, present)
    await recordChange(change.trx, caller, recordOf('update', held.objectName, owner, present, saved))
    change.touch(owner)
    return toDefinitionBody(held, saved)
  })
}

/** @throws ValenceError NOTHING_FOUND (404), IN_USE (409) while it is mapped at that level, what `levelAt` throws */
export async function removeDefinition(
  context: ResourceContext,
  caller: Caller,
  place: Place,
  objectName: string,
): Promise<void> {
  const owner = await writableLevelAt(context, caller, 'commonResources.delete', place)
  await changeResources(context.store, async (change) => {
    const { held, present } = await heldDefinition(change.trx, owner, objectName)
    await removeHeld(change, caller, owner, [{ ...held, definition: present }])
  })
}

/** All of that level. @throws ValenceError NOTHING_FOUND (404) for none, IN_USE (409) when any of them is mapped there */
export async function removeAllDefinitions(context: ResourceContext, caller: Caller, place: Place): Promise<void> {
  const owner = await writableLevelAt(context, caller, 'commonResources.delete', place)
  await changeResources(context.store, async (change) => {
    await lockNames(change.trx, owner)
    const found = await loadResources(change.trx, viewerOf(owner), { levels: [owner] }, 'definitions')
    if (found.length === 0) throw noDefinitions()
    const held = found.flatMap((resource) => resource.definitions.map((definition) => ({ ...resource, definition })))
    await removeHeld(change, caller, owner, held)
  })
}

async function definitionsAt(
  { store }: ResourceContext,
  owner: LevelOwner,
  objectName?: string,
): Promise<DefinitionBody[]> {
  const filter = { levels: [owner], ...(objectName === undefined ? {} : { objectNames: [objectName] }) }
  const found = await loadResources(resourceDb(store), viewerOf(owner), filter, 'definitions')
  return found.flatMap((resource) => resource.definitions.map((definition) => toDefinitionBody(resource, definition)))
}

/** Through whose eyes the level is looked at. */
export function viewerOf({ organizationId, accountId }: LevelOwner) {
  // no account has the id 0: nothing but levels of the organization is seen
  return organizationId === undefined ? undefined : { organizationId, accountId: accountId ?? 0 }
}

async function insertDefinition(
  change: ResourceChange,
  caller: Caller,
  owner: LevelOwner,
  objectName: string,
  input: DefinitionInput,
): Promise<DefinitionBody> {
  const { trx } = change
  const held = await holdResource(trx, owner, objectName, caller)
  if (await presentAt(trx, owner, objectName)) {
    throw new ValenceError('ALREADY_EXISTS', `There is already an object "${objectName}" at ${owner.level} level`)
  }
  const saved = await saveDefinition(trx, held.id, owner, input, undefined)
  await recordChange(trx, caller, recordOf('create', objectName, owner, undefined, saved))
  change.touch(owner)
  return toDefinitionBody(held, saved)
}

/** It may stand on the organization's own resource of the name or on the platform's. */
async function presentAt(
  trx: Transaction<ResourceTables>,
  owner: LevelOwner,
  objectName: string,
): Promise<StoredResource | undefined> {
  const filter = { levels: [owner], objectNames: [objectName] }
  const [found] = await loadResources(trx, viewerOf(owner), filter, 'definitions')
  return found
}

async function heldDefinition(
  trx: Transaction<ResourceTables>,
  owner: LevelOwner,
  objectName: string,
): Promise<{ held: HeldResource; present: StoredDefinition }> {
  await holdPresent(trx, owner, objectName)
  const held = await presentAt(trx, owner, objectName)
  const present = held && (await findDefinition(trx, held.id, owner))
  if (!held || !present) throw noDefinition(objectName)
  return { held, present }
}

async function removeHeld(
  change: ResourceChange,
  caller: Caller,
  owner: LevelOwner,
  held: readonly { id: number; objectName: string; definition: StoredDefinition }[],
): Promise<void> {
  const { trx } = change
  const ids = held.map(({ id }) => id)
  const mapped = await mappedAt(trx, owner, ids)
  const [blocked] = held.filter(({ id }) => mapped.includes(id))
  if (blocked) {
    const text = `The object "${blocked.objectName}" is still mapped at ${owner.level} level; delete its transformations first`
    throw new ValenceError('IN_USE', text)
  }
  await removeDefinitions(trx, owner, ids)
  for (const { objectName, definition } of held) {
    await recordChange(trx, caller, recordOf('delete', objectName, owner, definition, undefined))
  }
  await dropEmpty(trx, ids)
  change.touch(owner)
}

/** Which of the resources have a transformation at the level, to whatever element. */
async function mappedAt(
  trx: Transaction<ResourceTables>,
  { level, associatedId }: LevelOwner,
  ids: readonly number[],
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct resource_id as id from transformations
    join transformation_levels on transformation_id = transformations.id
    where resource_id = any(${[...ids]}::integer[]) and level = ${level}
      and associated_id = ${associatedId}`.execute(trx)
  return rows.map(({ id }) => id)
}

function readNamed(name: string, body: Body): DefinitionInput {
  try {
    return readDefinition(body)
  } catch (error) {
    if (error instanceof ValenceError)
      throw new ValenceError(error.code, `"${name}": ${error.message}`, { cause: error })
    throw error
  }
}

function dictionaryOf(bodies: readonly DefinitionBody[]): Record<string, DefinitionBody> {
  const byName = new Map<string, DefinitionBody>()
  for (const body of bodies) if (!byName.has(body.objectName)) byName.set(body.objectName, body)
  return Object.fromEntries(byName)
}
