import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { changeResources, type ResourceChange } from '../change-resources.ts'
import { holdOwner } from '../hold-owner.ts'
import { type HeldResource, holdResource } from '../hold-resource.ts'
import { type LevelOwner, mayWrite } from '../level-owner.ts'
import type { Body } from '../read-body.ts'
import type { ResourceContext } from '../resource-context.ts'
import { findDefinition, saveDefinition } from '../write-definition.ts'
import { type LevelFields, placeFields } from './apply-fields.ts'
import { createChooseLevel, keyOf, type VdrOptions, widestWritable } from './choose-level.ts'
import { findVdr } from './find-vdr.ts'
import { createIgnored, type Done, type Ignored } from './ignored.ts'
import { readInstanceId, readVdr } from './read-vdr.ts'
import { toVdrBody, type VdrBody } from './vdr-body.ts'

/**
 * `POST /vdrs` (spec 20 §6.1): of the levels that the body speaks of those that the caller may write.
 *
 * @throws ValenceError BODY_INVALID; ALREADY_EXISTS (409) when one of them defines the name already; FORBIDDEN when none of it may be written
 */
export async function createVdr(
  context: ResourceContext,
  caller: Caller,
  body: Body,
  { systemOnly }: VdrOptions = {},
): Promise<Done<VdrBody>> {
  const { objectName, description, fields = [] } = readVdr(body)
  if (objectName === undefined) throw new ValenceError('BODY_INVALID', 'objectName is required')
  const instanceId = readInstanceId(body)
  const ignored = createIgnored()
  const fallback = widestWritable(caller, { systemOnly, instanceId })
  const choose = createChooseLevel(context, caller, { instanceId, fallback, scope: { systemOnly } })
  const placed = await placeFields(caller, { definitions: [] }, fields, choose, ignored)
  if (fields.length === 0) {
    const owner = await choose({ level: undefined, associatedId: undefined })
    if (owner) placed.set(keyOf(owner), { owner, fields: [] })
  }
  const levels = writable(caller, [...placed.values()], ignored)
  return changeResources(context.store, async (inside) => {
    await holdOwners(context, inside, levels)
    const { id } = await makeVdr(inside, caller, objectName, levels, description)
    const after = toVdrBody(await findVdr(inside.trx, caller, id), caller)
    await recordChange(inside.trx, caller, { entity: 'common-resource', id: objectName, action: 'create', after })
    return { body: after, ignored: ignored.texts() }
  })
}

/** Nobody goes whose levels are written. @throws ValenceError as `holdOwner` */
export async function holdOwners(
  context: Pick<ResourceContext, 'instances'>,
  { trx }: ResourceChange,
  levels: Iterable<{ owner: LevelOwner }>,
): Promise<void> {
  for (const { owner } of levels) await holdOwner(context, trx, owner)
}

/** @throws ValenceError FORBIDDEN when nothing is left */
export function writable<L extends { owner: LevelOwner }>(caller: Caller, levels: readonly L[], ignored: Ignored): L[] {
  const allowed = levels.filter(({ owner }) => mayWrite(caller, owner))
  for (const { owner } of levels) if (!mayWrite(caller, owner)) ignored.level('fields', owner.level)
  if (allowed.length > 0) return allowed
  throw new ValenceError('FORBIDDEN', `Nothing was made: ${ignored.texts().join('; ')}`)
}

/** Writes levels that must not be there yet. The platform's own decide whose the resource is. */
export async function makeVdr(
  inside: ResourceChange,
  caller: Caller,
  objectName: string,
  levels: readonly LevelFields[],
  description: string | undefined,
  hold: typeof holdResource = holdResource,
): Promise<HeldResource> {
  const { trx, touch } = inside
  const owners = levels.map(({ owner }) => owner)
  const first = owners.find(({ level }) => level === 'system') ?? owners[0]
  if (!first) throw new Error('a common resource needs a level')
  const held = await hold(trx, first, objectName, caller)
  for (const { owner, fields } of levels) {
    if (await findDefinition(trx, held.id, owner)) throw alreadyDefined(objectName, owner)
    await saveDefinition(trx, held.id, owner, { fields, description }, undefined)
    touch(owner)
  }
  return held
}

function alreadyDefined(objectName: string, { level }: LevelOwner): ValenceError {
  return new ValenceError(
    'ALREADY_EXISTS',
    `The common resource "${objectName}" is defined at level ${level} already; change it with PUT`,
  )
}
