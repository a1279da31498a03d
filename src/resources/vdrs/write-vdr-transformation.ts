import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { changeResources } from '../change-resources.ts'
import { dropEmpty } from '../hold-resource.ts'
import { ownerOfSeen } from '../level-owner.ts'
import type { Body } from '../read-body.ts'
import type { ResourceContext } from '../resource-context.ts'
import { type ResourceTables, resourceDb } from '../resource-table.ts'
import type { StoredResource, StoredTransformation } from '../stored-resource.ts'
import { holdTransformation, removeLevels } from '../write-transformation.ts'
import { applyLevels, placeParts, type WantedLevel } from './apply-levels.ts'
import { createChooseLevel, keyOf, mayRemove, type VdrOptions, widestWritable } from './choose-level.ts'
import { holdOwners, writable } from './create-vdr.ts'
import { findVdr, holdVdr } from './find-vdr.ts'
import { createIgnored, type Done } from './ignored.ts'
import { readInstanceId } from './read-vdr.ts'
import { readVdrTransformation } from './read-vdr-transformation.ts'
import { levelsFor, toVdrTransformation, type VdrTransformationBody } from './transformation-body.ts'

type Context = ResourceContext

/** `GET /vdrs/{id}/transformations`. @throws ValenceError NOTHING_FOUND */
export async function listVdrTransformations(
  { store }: Pick<Context, 'store'>,
  caller: Caller,
  idOrName: string,
  options: VdrOptions = {},
): Promise<VdrTransformationBody[]> {
  const vdr = await findVdr(resourceDb(store), caller, idOrName, options)
  return vdr.transformations.map((each) => toVdrTransformation(vdr, each, options.instanceId))
}

/** `GET /vdrs/{id}/transformations/{tid}`; with `instanceId` of the instances only that one. @throws ValenceError NOT_FOUND */
export async function readVdrTransformationOf(
  { store }: Pick<Context, 'store'>,
  caller: Caller,
  idOrName: string,
  id: number,
  options: VdrOptions = {},
): Promise<VdrTransformationBody> {
  const vdr = await findVdr(resourceDb(store), caller, idOrName, options)
  return toVdrTransformation(vdr, transformationOf(vdr, id), options.instanceId)
}

/**
 * `POST /vdrs/{id}/transformations` (spec 20 §6.1): of the levels that the body speaks of those that the caller may write.
 *
 * @throws ValenceError NOTHING_FOUND, ELEMENT_NOT_FOUND, BODY_INVALID; ALREADY_EXISTS (409) when one of them maps the element already;
 *   FORBIDDEN when none of it may be written
 */
export async function createVdrTransformation(
  context: Context,
  caller: Caller,
  idOrName: string,
  body: Body,
  options: VdrOptions = {},
): Promise<Done<VdrTransformationBody>> {
  const known = await findVdr(resourceDb(context.store), caller, idOrName)
  const input = readVdrTransformation(body, known)
  const instanceId = readInstanceId(body) ?? options.instanceId
  const element = await elementOf(context, caller, body, instanceId)
  const ignored = createIgnored()
  const fallback = widestWritable(caller, { ...options, instanceId })
  const choose = createChooseLevel(context, caller, { instanceId, fallback, scope: { systemOnly: options.systemOnly } })
  const placed = await placeParts(input, choose, ignored)
  if (placed.size === 0) {
    const owner = await choose({ level: undefined, associatedId: undefined })
    if (owner) placed.set(keyOf(owner), { owner, parts: {} })
  }
  const wanted = new Map<string, WantedLevel>(
    writable(caller, [...placed.values()], ignored).map((level) => [keyOf(level.owner), level]),
  )
  return changeResources(context.store, async (inside) => {
    await holdOwners(context, inside, wanted.values())
    const { held, seen } = await holdVdr(inside.trx, caller, known.id)
    const present = seen.transformations.find(({ elementId }) => elementId === element.id)
    const taken = present?.levels.find((level) => wanted.has(keyOf(level)))
    if (taken) throw alreadyMapped(held.objectName, element.key, taken.level)
    const id = await holdTransformation(inside.trx, held.id, element)
    await applyLevels(inside, caller, id, { levels: [], definitions: seen.definitions }, input, wanted, ignored)
    const vdr = await findVdr(inside.trx, caller, held.id)
    const after = toVdrTransformation(vdr, transformationOf(vdr, id))
    await record(inside.trx, caller, held.objectName, { after })
    return { body: after, ignored: ignored.texts() }
  })
}

/**
 * `PUT /vdrs/{id}/transformations/{tid}`: what the body speaks of, as far as the caller may write it; with `instanceId`, which the
 * body may say too, other instances are no matter of it.
 *
 * @throws ValenceError NOT_FOUND, BODY_INVALID
 */
export async function updateVdrTransformation(
  context: Context,
  caller: Caller,
  idOrName: string,
  id: number,
  body: Body,
  options: VdrOptions = {},
): Promise<Done<VdrTransformationBody>> {
  const known = await findVdr(resourceDb(context.store), caller, idOrName, options)
  transformationOf(known, id)
  const input = readVdrTransformation(body, known)
  const instanceId = options.instanceId ?? readInstanceId(body)
  const ignored = createIgnored()
  const fallback = widestWritable(caller, { ...options, instanceId })
  const choose = createChooseLevel(context, caller, { instanceId, fallback, scope: { ...options, instanceId } })
  const wanted = await placeParts(input, choose, ignored)
  return changeResources(context.store, async (inside) => {
    await holdOwners(context, inside, wanted.values())
    const { held, seen } = await holdVdr(inside.trx, caller, known.id, options)
    const present = transformationOf(seen, id)
    const { definitions } = seen
    const levels = levelsFor(present, instanceId)
    await applyLevels(inside, caller, id, { levels, definitions }, input, wanted, ignored)
    const vdr = await findVdr(inside.trx, caller, held.id, options)
    const shown = (of: StoredResource) => toVdrTransformation(of, transformationOf(of, id), instanceId)
    const after = shown(vdr)
    await record(inside.trx, caller, held.objectName, { before: shown(seen), after })
    return { body: after, ignored: ignored.texts() }
  })
}

/**
 * `DELETE /vdrs/{id}/transformations/{tid}`: the levels that the caller may remove.
 *
 * @returns what was ignored
 * @throws ValenceError NOT_FOUND
 */
export async function removeVdrTransformation(
  { store }: Pick<Context, 'store'>,
  caller: Caller,
  idOrName: string,
  id: number,
  options: VdrOptions = {},
): Promise<readonly string[]> {
  return changeResources(store, async ({ trx, touch }) => {
    const { held, seen } = await holdVdr(trx, caller, idOrName, options)
    const present = transformationOf(seen, id)
    const ignored = createIgnored()
    let isRemoved = false
    for (const level of levelsFor(present, options.instanceId)) {
      const owner = ownerOfSeen(caller, level)
      if (!mayRemove(caller, owner)) {
        ignored.level('parts', owner.level)
        continue
      }
      await removeLevels(trx, owner, [id])
      touch(owner)
      isRemoved = true
    }
    await dropEmpty(trx, [held.id])
    const before = toVdrTransformation(seen, present, options.instanceId)
    if (isRemoved) await record(trx, caller, held.objectName, { before })
    return ignored.texts()
  })
}

function record(
  trx: Transaction<ResourceTables>,
  caller: Caller,
  objectName: string,
  states: { before?: VdrTransformationBody; after?: VdrTransformationBody },
): Promise<void> {
  return recordChange(trx, caller, { entity: 'common-resource', id: objectName, action: 'update', ...states })
}

export function transformationOf({ objectName, transformations }: StoredResource, id: number): StoredTransformation {
  const found = transformations.find((each) => each.id === id)
  if (!found) throw new ValenceError('NOT_FOUND', `No transformation of "${objectName}" with id ${id} found`)
  return found
}

/**
 * By `elementKey`, which a body of another organization shares with us, before `elementId`; or the one of the instance, of which others than
 * its account are told nothing.
 */
async function elementOf(context: Context, caller: Caller, body: Body, instanceId: number | undefined) {
  const instance = instanceId === undefined ? undefined : await context.instances.find(instanceId)
  const own = instance?.accountId === caller.accountId ? instance.elementId : undefined
  const named = body['elementKey'] ?? body['elementId'] ?? own
  if (typeof named !== 'string' && typeof named !== 'number') {
    throw new ValenceError('BODY_INVALID', 'elementKey is required: the key of the element that is mapped to')
  }
  const { element } = await context.elements.require(caller, String(named))
  return { id: element.id, key: element.key }
}

function alreadyMapped(objectName: string, elementKey: string, level: string): ValenceError {
  return new ValenceError(
    'ALREADY_EXISTS',
    `"${objectName}" is mapped to ${elementKey} at level ${level} already; change it with PUT`,
  )
}
