import { recordChange } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import { changeResources, type ResourceChange } from '../change-resources.ts'
import { type HeldResource, holdPresent } from '../hold-resource.ts'
import { mayWrite, ownerOfSeen } from '../level-owner.ts'
import type { Body } from '../read-body.ts'
import { renameLevels, renameResource } from '../rename-level.ts'
import type { ResourceContext } from '../resource-context.ts'
import type { StoredResource } from '../stored-resource.ts'
import { saveDefinition } from '../write-definition.ts'
import { applyFields, placeFields } from './apply-fields.ts'
import { createChooseLevel, type VdrOptions, widestWritable } from './choose-level.ts'
import { holdOwners } from './create-vdr.ts'
import { findVdr, holdVdr, ownersOf } from './find-vdr.ts'
import { createIgnored, type Done, type Ignored } from './ignored.ts'
import { readInstanceId, readVdr } from './read-vdr.ts'
import { describedBy, toVdrBody, type VdrBody } from './vdr-body.ts'

/**
 * `PUT /vdrs/{id}` (spec 20 §6.1, §6.2): name, description and fields, as far as the body speaks of them and the caller may write them.
 *
 * @throws ValenceError NOTHING_FOUND, BODY_INVALID; ALREADY_EXISTS (409) for a name that is taken
 */
export async function updateVdr(
  context: ResourceContext,
  caller: Caller,
  idOrName: string,
  body: Body,
  options: VdrOptions = {},
): Promise<Done<VdrBody>> {
  const { objectName, description, fields } = readVdr(body)
  const instanceId = readInstanceId(body)
  const ignored = createIgnored()
  const fallback = widestWritable(caller, { ...options, instanceId })
  const choose = createChooseLevel(context, caller, { instanceId, fallback, scope: options })
  // before the transaction: it looks accounts and instances up
  const known = await findVdr(context.store.db.withTables(), caller, idOrName, options)
  const placed = fields && (await placeFields(caller, known, fields, choose, ignored))
  return changeResources(context.store, async (inside) => {
    if (placed) await holdOwners(context, inside, placed.values())
    const { held, seen } = await holdVdr(inside.trx, caller, known.id, options)
    const before = toVdrBody(seen, caller)
    if (placed) await applyFields(inside, caller, seen, placed, ignored)
    const isOtherName = objectName !== undefined && objectName !== held.objectName
    const now = isOtherName ? await rename(inside, caller, held, objectName, ignored) : held.id
    if (description !== undefined && description !== before.description)
      await describe(inside, caller, now, description, ignored)
    const after = toVdrBody(await findVdr(inside.trx, caller, now, options), caller)
    const { objectName: id } = after
    await recordChange(inside.trx, caller, { entity: 'common-resource', id, action: 'update', before, after })
    return { body: after, ignored: ignored.texts() }
  })
}

/**
 * By whoever owns all levels, also those that he does not see; of a template silently not (spec 20 §6.1). Where others of the organization have
 * the name, at levels of their own, it is one resource with theirs.
 *
 * @returns the id that it has now
 */
async function rename(
  inside: ResourceChange,
  caller: Caller,
  held: HeldResource,
  objectName: string,
  ignored: Ignored,
): Promise<number> {
  const owners = await ownersOf(inside.trx, held.id)
  const isOwn = held.isSystem ? caller.vdrAdmin : caller.organizationAdmin || owners.every((o) => mayWrite(caller, o))
  if (!isOwn) {
    if (!held.isSystem) ignored.note('the new name, because levels of others go by the old one')
    return held.id
  }
  const taken = held.isSystem ? undefined : await holdPresent(inside.trx, caller, objectName)
  const isJoined = taken !== undefined && !taken.isSystem
  if (isJoined) await renameLevels(inside, held, owners, objectName, caller)
  else await renameResource(inside, held, objectName)
  for (const owner of owners) inside.touch(owner)
  return isJoined ? taken.id : held.id
}

/** At the level whose description is shown, or else the widest. */
export async function describe(
  inside: ResourceChange,
  caller: Caller,
  id: number,
  description: string,
  ignored: Ignored,
): Promise<void> {
  const seen: StoredResource = await findVdr(inside.trx, caller, id)
  const definition = describedBy(seen) ?? seen.definitions[0]
  const owner = definition && ownerOfSeen(caller, definition)
  if (!owner || !mayWrite(caller, owner)) {
    ignored.note('the description')
    return
  }
  await saveDefinition(inside.trx, id, owner, { fields: definition.fields.map(ofNoLevel), description }, definition)
}

function ofNoLevel<T extends object>(field: T): Omit<T, 'level' | 'associatedId'> {
  const { level, associatedId, ...rest } = field as T & { level?: unknown; associatedId?: unknown }
  return rest
}
