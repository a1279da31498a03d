import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { mergeFields, resolveTransformation } from '../../transform/resolve-levels.ts'
import { changeResources, type ResourceChange } from '../change-resources.ts'
import { lockNames, makeResource } from '../hold-resource.ts'
import { assertMayWrite } from '../level-at.ts'
import { accountOwner, type LevelOwner, organizationOwner, SYSTEM_OWNER } from '../level-owner.ts'
import { type Body, readObjectName } from '../read-body.ts'
import type { ResourceContext } from '../resource-context.ts'
import { resourceDb } from '../resource-table.ts'
import type { StoredResource, StoredTransformation } from '../stored-resource.ts'
import { findLevel, holdTransformation, saveLevel } from '../write-transformation.ts'
import { holdOwners, makeVdr } from './create-vdr.ts'
import { withoutInstances } from './export-vdr.ts'
import { findVdr } from './find-vdr.ts'
import { describedBy, toVdrBody, type VdrBody } from './vdr-body.ts'

export interface CloneOptions {
  /** `organization`, `account` or `system`; the caller's account without it */
  level?: string | undefined
  cloneAllTransformations?: boolean
  /** transformations of these elements only */
  elementKeys?: readonly string[]
}

/**
 * `POST /vdrs/{id}/clone` (spec 20 §6): all that the caller sees of a common resource, without what is of single instances, as one level of
 * another one. Under the same name a template of the platform becomes the organization's own.
 *
 * @throws ValenceError NOTHING_FOUND, FORBIDDEN; ALREADY_EXISTS (409) when that level defines the name already
 */
export async function cloneVdr(
  context: ResourceContext,
  caller: Caller,
  idOrName: string,
  body: Body,
  options: CloneOptions = {},
): Promise<VdrBody> {
  const owner = targetOf(caller, options.level)
  const source = withoutInstances(await findVdr(resourceDb(context.store), caller, idOrName))
  assertMayWrite(caller, owner)
  const objectName = body['objectName'] ? readObjectName(body['objectName'], 'objectName') : source.objectName
  const fields = mergeFields(source.definitions.flatMap((definition) => definition.fields)).map(asNew)
  const description = describedBy(source)?.description
  const transformations = await within(context, caller, chosen(source, options))
  return changeResources(context.store, async (inside) => {
    const levels = [{ owner, fields }]
    await holdOwners(context, inside, levels)
    await lockNames(inside.trx, owner)
    const { id } = await makeVdr(inside, caller, objectName, levels, description, makeResource)
    for (const each of transformations) await cloneLevel(inside, id, owner, source, each)
    const after = toVdrBody(await findVdr(inside.trx, caller, id), caller)
    await recordChange(inside.trx, caller, { entity: 'common-resource', id: objectName, action: 'clone', after })
    return after
  })
}

function targetOf(caller: Caller, level = 'account'): LevelOwner {
  if (level === 'organization') return organizationOwner(caller)
  if (level === 'account') return accountOwner(caller)
  if (level === 'system') return SYSTEM_OWNER
  throw new ValenceError('PARAMETER_INVALID', `level: expected account, organization or system, got "${level}"`)
}

function chosen({ transformations }: StoredResource, { cloneAllTransformations, elementKeys = [] }: CloneOptions) {
  return cloneAllTransformations
    ? transformations
    : transformations.filter(({ elementKey }) => elementKeys.includes(elementKey))
}

/** Those whose element the caller sees as well: a wider level may map private ones of other accounts. */
async function within(context: ResourceContext, caller: Caller, transformations: readonly StoredTransformation[]) {
  const found = await Promise.all(transformations.map(({ elementId }) => context.elements.find(caller, elementId)))
  return transformations.filter((_, index) => found[index])
}

async function cloneLevel(
  { trx }: ResourceChange,
  resourceId: number,
  owner: LevelOwner,
  { objectName }: StoredResource,
  { elementId, elementKey, levels }: StoredTransformation,
): Promise<void> {
  const effective = resolveTransformation(objectName, levels)
  if (!effective) return
  const { vendorName, isLegacy, configuration, fields, script } = effective
  const id = await holdTransformation(trx, resourceId, { id: elementId, key: elementKey })
  const input = { vendorName, isLegacy, configuration, fields: fields.map(asNew), script }
  await saveLevel(trx, id, owner, input, await findLevel(trx, id, owner))
}

function asNew<T extends object>(part: T): Omit<T, 'id' | 'level' | 'associatedId'> {
  const { id, level, associatedId, ...rest } = part as T & { id?: unknown; level?: unknown; associatedId?: unknown }
  return rest
}
