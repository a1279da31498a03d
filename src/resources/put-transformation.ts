import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { LEVELS, type Level } from '../model/common-resource.ts'
import type { Element } from '../model/element.ts'
import { isObject } from '../model/is-object.ts'
import { changeResources } from './change-resources.ts'
import { changedLevel, heldLevel, holdAround, requireDefinitions, saveRecorded } from './change-transformation.ts'
import { assertMayWrite, reachedInstance } from './level-at.ts'
import {
  accountOwner,
  instanceOwner,
  isLevelOf,
  type LevelOwner,
  organizationOwner,
  SYSTEM_OWNER,
} from './level-owner.ts'
import { type Body, readObjectName, readText } from './read-body.ts'
import { readLevelInput } from './read-transformation.ts'
import type { OwnedInstance, ResourceContext } from './resource-context.ts'
import { changedParts } from './same-level.ts'
import type { StoredLevel } from './stored-resource.ts'
import type { TransformationBody } from './transformation-body.ts'
import { bodyAt } from './transformations.ts'
import type { LevelInput, MappingInput } from './write-transformation.ts'

/**
 * `PUT /transformations` (spec 20 §4.2): makes or replaces the transformation of the body's `level`; lines of other levels, as
 * `associatedLevel` says, go to those. A level that is made on the way starts with the body's vendor name and configuration. What stays as it
 * was needs no right to it.
 *
 * @throws ValenceError BODY_INVALID, INSTANCE_NOT_FOUND, ELEMENT_NOT_FOUND, NOTHING_FOUND (404) for a name nobody defines, FORBIDDEN (403)
 */
export async function putTransformation(
  context: ResourceContext,
  caller: Caller,
  body: Body,
): Promise<TransformationBody> {
  context.authorize(caller, 'transformations.save')
  const name = readObjectName(body['objectName'] ?? body['name'], 'objectName')
  const instance = await instanceOf(context, caller, body)
  const element = await elementOf(context, caller, body, instance)
  const level = readLevel(body['level'], 'level') ?? (instance ? 'instance' : 'organization')
  const owner = ownerOf(caller, level, instance)
  const input = readLevelInput(body, level)
  const groups = byOwner(input.fields, linesOf(body), (own) => ownerOf(caller, own ?? level, instance), owner)

  await changeResources(context.store, async (change) => {
    const owners = groups.map(([of]) => of)
    await holdAround(context, change, caller, owners, element)
    const definitions = await requireDefinitions(change, caller, name)
    for (const [of, fields] of groups) {
      const { id, present } = await heldLevel(change, caller, of, element, name)
      const isMain = isLevelOf(of, owner)
      const next = isMain ? mainLevel(present, body, { ...input, fields }) : sideLevel(present, input, fields)
      if (present && changedParts(present, next, definitions).length === 0) continue
      context.authorize(caller, present ? 'transformations.update' : 'transformations.create')
      assertMayWrite(caller, of)
      await saveRecorded(change, caller, { owner: of, name, element }, id, next, present)
    }
  })
  return bodyAt(context, owner, element, name)
}

function mainLevel(present: StoredLevel | undefined, body: Body, input: LevelInput): LevelInput {
  return present ? changedLevel(present, body, input) : input
}

/** Where the level said something before, only its lines are replaced. */
function sideLevel(present: StoredLevel | undefined, input: LevelInput, fields: MappingInput[]): LevelInput {
  if (!present) return { ...input, fields, script: undefined }
  const { vendorName, isLegacy, configuration, script } = present
  return { vendorName, isLegacy, configuration, script, fields }
}

/** What each line says of its level, beside what is stored of it. */
function linesOf(body: Body): (Level | undefined)[] {
  const lines = Array.isArray(body['fields']) ? body['fields'] : []
  return lines.map((line: unknown, index) =>
    isObject(line)
      ? readLevel(line['associatedLevel'] ?? line['level'], `fields[${index}].associatedLevel`)
      : undefined,
  )
}

/** Lines by the level they go to; the body's own level is always among them. The widest comes first. */
function byOwner(
  fields: readonly MappingInput[],
  levels: readonly (Level | undefined)[],
  ownerOf: (level: Level | undefined) => LevelOwner,
  main: LevelOwner,
): [LevelOwner, MappingInput[]][] {
  const groups: [LevelOwner, MappingInput[]][] = [[main, []]]
  fields.forEach((field, index) => {
    const owner = ownerOf(levels[index])
    const group = groups.find(([known]) => isLevelOf(known, owner))
    if (group) group[1].push(field)
    else groups.push([owner, [field]])
  })
  return groups.toSorted(([a], [b]) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
}

export function readLevel(value: unknown, name: string): Level | undefined {
  const text = readText(value, name, 20)?.toLowerCase()
  if (text === undefined) return undefined
  const level = LEVELS.find((one) => one === text)
  if (level) return level
  throw new ValenceError('BODY_INVALID', `${name}: expected organization, account or instance, got "${text}"`)
}

function ownerOf(caller: Caller, level: Level, instance: OwnedInstance | undefined): LevelOwner {
  if (level === 'system') return SYSTEM_OWNER
  if (level === 'organization') return organizationOwner(caller)
  if (level === 'account') return accountOwner(caller)
  if (instance) return instanceOwner(instance)
  throw new ValenceError('BODY_INVALID', 'elementInstanceId: expected the id of the instance that the level belongs to')
}

/** The instance that a body names: `elementInstanceId`, `instanceId`, or the only one of `elementInstanceIds` (spec 20 §1.1). */
export async function instanceOf(
  context: ResourceContext,
  caller: Caller,
  body: Body,
): Promise<OwnedInstance | undefined> {
  const listed = body['elementInstanceIds']
  const only = Array.isArray(listed) && listed.length === 1 ? listed[0] : undefined
  const id = body['elementInstanceId'] ?? body['instanceId'] ?? only
  if (id === undefined || id === null) return undefined
  if (typeof id !== 'number' && !(typeof id === 'string' && /^\d{1,10}$/.test(id))) {
    throw new ValenceError('BODY_INVALID', 'elementInstanceId: expected the id of an instance')
  }
  return reachedInstance(context, caller, Number(id))
}

async function elementOf(
  context: ResourceContext,
  caller: Caller,
  body: Body,
  instance: OwnedInstance | undefined,
): Promise<Element> {
  const keyOrId = instance?.elementId ?? body['elementKey'] ?? body['elementId']
  if (typeof keyOrId !== 'string' && typeof keyOrId !== 'number') {
    const text = 'elementInstanceId: expected the id of an instance, which says for which element the transformation is'
    throw new ValenceError('BODY_INVALID', text)
  }
  return (await context.elements.require(caller, keyOrId)).element
}
