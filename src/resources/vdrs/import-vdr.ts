import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { isObject } from '../../model/is-object.ts'
import { changeResources, type ResourceChange } from '../change-resources.ts'
import { dropEmpty, holdResource } from '../hold-resource.ts'
import { accountOwner, type LevelOwner, mayWrite, organizationOwner, SYSTEM_OWNER } from '../level-owner.ts'
import { loadResources } from '../load-resources.ts'
import type { Body } from '../read-body.ts'
import { readObject } from '../read-body.ts'
import type { ResourceContext } from '../resource-context.ts'
import type { StoredResource } from '../stored-resource.ts'
import { holdTransformation } from '../write-transformation.ts'
import { applyFields, type LevelFields, placeFields } from './apply-fields.ts'
import { applyLevels, placeParts, type WantedLevel } from './apply-levels.ts'
import { type ChooseLevel, createChooseLevel, keyOf } from './choose-level.ts'
import { holdOwners, makeVdr, writable } from './create-vdr.ts'
import { withoutInstances } from './export-vdr.ts'
import { findVdr } from './find-vdr.ts'
import { createIgnored, type Done, type Ignored } from './ignored.ts'
import { readVdr } from './read-vdr.ts'
import { readVdrTransformation, type TransformationInput } from './read-vdr-transformation.ts'
import { describe } from './update-vdr.ts'
import { describedBy, toVdrBody, type VdrBody } from './vdr-body.ts'

/** of one document */
const MAX_ELEMENTS = 200

/** undefined: the document does not speak of fields */
type LevelsOfDocument = ReadonlyMap<string, LevelFields> | undefined

interface ImportedTransformation {
  element: { id: number; key: string }
  input: TransformationInput
  wanted: Map<string, WantedLevel>
}

/**
 * `PUT /vdrs/import` (spec 20 §7): the document is what organization and account say afterwards, of this name and of the elements in it;
 * everything else stays. Without a level something belongs to the organization. Numbers of where the document comes from mean nothing.
 *
 * @returns also what was ignored: levels that the caller may not write, elements that are not here
 * @throws ValenceError BODY_INVALID; FORBIDDEN when none of it may be written
 */
export async function importVdr(context: ResourceContext, caller: Caller, body: Body): Promise<Done<VdrBody>> {
  const definition = readObject(body['definition'], 'definition')
  const { objectName, description, fields } = readVdr({
    ...definition,
    objectName: body['vdrName'] ?? definition['objectName'],
    fields: withoutNumbers(definition['fields']),
  })
  if (objectName === undefined)
    throw new ValenceError('BODY_INVALID', 'vdrName is required: the name of the common resource')
  const ignored = createIgnored()
  const choose = createChooseLevel(context, caller, { instanceId: undefined, fallback: 'organization' })
  const levels = fields && (await placeFields(caller, { definitions: [] }, fields, choose, ignored))
  const transformations = await readTransformations(context, caller, body, choose, ignored)
  return changeResources(context.store, async (inside) => {
    await holdOwners(context, inside, ownersWritten(caller, levels, transformations))
    const before = await findPresent(inside, caller, objectName, levels)
    const id = before
      ? await change(inside, caller, before, levels, description, ignored)
      : await make(inside, caller, objectName, levels, description, ignored)
    for (const each of transformations) await map(inside, caller, id, before, each, ignored)
    await dropEmpty(inside.trx, [id])
    const after = toVdrBody(await findVdr(inside.trx, caller, id), caller)
    await recordChange(inside.trx, caller, {
      ...{ entity: 'common-resource', id: objectName, action: 'import' },
      ...{ before: before && toVdrBody(before, caller), after },
    })
    return { body: after, ignored: ignored.texts() }
  })
}

async function readTransformations(
  context: ResourceContext,
  caller: Caller,
  body: Body,
  choose: ChooseLevel,
  ignored: Ignored,
): Promise<ImportedTransformation[]> {
  const given = Object.entries(readObject(body['transformation'] ?? {}, 'transformation'))
  if (given.length > MAX_ELEMENTS) {
    throw new ValenceError(
      'BODY_INVALID',
      `transformation: has ${given.length} elements, at most ${MAX_ELEMENTS} are taken`,
    )
  }
  const own = widestOwner(caller)
  const read: ImportedTransformation[] = []
  for (const [key, value] of given) {
    const name = `transformation.${key}`
    const input = readInput(readObject(value, name), name)
    const entry = await context.elements.find(caller, key)
    if (!entry) {
      ignored.note(`the transformation for "${key}", because there is no such element`)
      continue
    }
    const wanted = await placeParts(input, choose, ignored)
    if (wanted.size === 0) wanted.set(keyOf(own), { owner: own, parts: {} })
    read.push({ element: { id: entry.element.id, key: entry.element.key }, input, wanted })
  }
  return read
}

function readInput(given: Body, name: string): TransformationInput {
  const parts = ['fields', 'configuration', 'script', 'scripts'] as const
  const own = Object.fromEntries(parts.map((part) => [part, withoutNumbers(given[part])]))
  try {
    // the document is all of it: what it does not speak of is not there
    return { ...readVdrTransformation({ ...given, ...own }, { definitions: [] }), hasAllScripts: true }
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    throw new ValenceError(error.code, `${name}: ${error.message}`, { cause: error })
  }
}

/** Ids and owners of another place could be those of something else here. */
function withoutNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNumbers)
  if (!isObject(value)) return value
  const { id, vdrFieldId, associatedId, instanceId, ...rest } = value
  return rest
}

/** Of what a document has nothing of: there all the same. */
function widestOwner(caller: Caller): LevelOwner {
  return caller.organizationAdmin ? organizationOwner(caller) : accountOwner(caller)
}

/** What is there, and the caller sees, of the name at the levels that a document can speak of. */
async function findPresent(
  { trx }: ResourceChange,
  caller: Caller,
  objectName: string,
  levels: LevelsOfDocument,
): Promise<StoredResource | undefined> {
  const isOfPlatform = [...(levels?.values() ?? [])].some(({ owner }) => owner.level === 'system')
  // made where there is none, so that of two imports at once the second one finds what the first one wrote
  const held = await holdResource(trx, isOfPlatform ? SYSTEM_OWNER : organizationOwner(caller), objectName, caller)
  const [seen] = await loadResources(trx, caller, { ids: [held.id] })
  if (!seen) return undefined
  const present = withoutInstances(isOfPlatform ? seen : withoutPlatform(seen))
  return present.definitions.length > 0 ? present : undefined
}

function withoutPlatform(vdr: StoredResource): StoredResource {
  return {
    ...vdr,
    definitions: vdr.definitions.filter(({ level }) => level !== 'system'),
    transformations: vdr.transformations.map((each) => ({
      ...each,
      levels: each.levels.filter(({ level }) => level !== 'system'),
    })),
  }
}

async function make(
  inside: ResourceChange,
  caller: Caller,
  objectName: string,
  levels: LevelsOfDocument,
  description: string | undefined,
  ignored: Ignored,
): Promise<number> {
  const placed = [...(levels?.values() ?? [])]
  const wanted = placed.length > 0 ? placed : [{ owner: widestOwner(caller), fields: [] }]
  return (await makeVdr(inside, caller, objectName, writable(caller, wanted, ignored), description)).id
}

async function change(
  inside: ResourceChange,
  caller: Caller,
  present: StoredResource,
  levels: LevelsOfDocument,
  description: string | undefined,
  ignored: Ignored,
): Promise<number> {
  if (levels) await applyFields(inside, caller, present, levels, ignored)
  if (description !== undefined && description !== describedBy(present)?.description)
    await describe(inside, caller, present.id, description, ignored)
  return present.id
}

async function map(
  inside: ResourceChange,
  caller: Caller,
  id: number,
  present: StoredResource | undefined,
  { element, input, wanted }: ImportedTransformation,
  ignored: Ignored,
): Promise<void> {
  const { levels = [] } = present?.transformations.find(({ elementId }) => elementId === element.id) ?? {}
  const seen = { levels, definitions: present?.definitions ?? [] }
  const transformationId = await holdTransformation(inside.trx, id, element)
  await applyLevels(inside, caller, transformationId, seen, input, wanted, ignored)
}

function ownersWritten(
  caller: Caller,
  levels: LevelsOfDocument,
  transformations: readonly ImportedTransformation[],
): { owner: LevelOwner }[] {
  const all = [levels ?? [], ...transformations.map(({ wanted }) => wanted)].flatMap((each) => [...each])
  const byKey = new Map(all.map(([key, { owner }]) => [key, { owner }]))
  return [...byKey.values()].filter(({ owner }) => mayWrite(caller, owner))
}
