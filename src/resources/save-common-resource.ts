import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { isObject } from '../model/is-object.ts'
import { changeResources, type ResourceChange } from './change-resources.ts'
import type { CommonResourceBody } from './common-resource-body.ts'
import { bodyOf, seenResource, seenResources } from './common-resources.ts'
import { holdOwner } from './hold-owner.ts'
import { dropEmpty, holdPresent, holdResource } from './hold-resource.ts'
import { assertMayWrite } from './level-at.ts'
import {
  accountOwner,
  instanceOwner,
  isLevelOf,
  type LevelOwner,
  mayWrite,
  organizationOwner,
  ownerOfSeen,
  SYSTEM_OWNER,
} from './level-owner.ts'
import { LIMITS } from './limits.ts'
import { instanceOf, readLevel } from './put-transformation.ts'
import { type Body, readList, readObject, readObjectName } from './read-body.ts'
import { readDefinition, readField, readPath } from './read-definition.ts'
import { renameFields, renameMappedPaths } from './rename-paths.ts'
import type { ResourceContext } from './resource-context.ts'
import { recordOf } from './resource-record.ts'
import type { StoredDefinition } from './stored-resource.ts'
import { type FieldInput, findDefinition, removeDefinitions, saveDefinition } from './write-definition.ts'

/** What the body says of one level. */
interface LevelFields {
  owner: LevelOwner
  fields: FieldInput[]
  /** old path → new path */
  renamed: Map<string, string>
}

/**
 * `PUT /common-resources`: makes or changes the levels of a name (spec 20 §5). Fields that the list lacks are removed, `changedFields` rename
 * paths in transformations too. A level that stays as it was needs no right to it.
 *
 * @throws ValenceError BODY_INVALID, FORBIDDEN (403) for a level the caller may not write, INSTANCE_NOT_FOUND (404), TOO_MANY (409)
 */
export async function saveCommonResource(
  context: ResourceContext,
  caller: Caller,
  body: Body,
): Promise<CommonResourceBody> {
  context.authorize(caller, 'commonResources.save')
  const name = readObjectName(body['name'] ?? body['objectName'], 'name')
  const wanted = await readLevels(context, caller, body)
  return changeResources(context.store, async (change) => {
    const { trx } = change
    for (const owner of [organizationOwner(caller), ...wanted.map((level) => level.owner)]) {
      await holdOwner(context, trx, owner)
    }
    await holdPresent(trx, organizationOwner(caller), name)
    const [seen] = await seenResources(trx, caller, name)
    const present =
      seen?.resources.flatMap((row) => row.definitions.map((definition) => ({ ...definition, row }))) ?? []
    context.authorize(caller, present.length > 0 ? 'commonResources.update' : 'commonResources.create')

    const isWhole = body['fields'] !== undefined
    const emptied = present
      .filter(() => isWhole)
      .filter((one) => one.level !== 'system' && !wanted.some(({ owner }) => isLevelOf(owner, one)))
      .map((definition) => ({ owner: ownerOfSeen(caller, definition), fields: [], renamed: new Map() }))
    const levels = [...wanted, ...emptied]
    if (levels.length === 0 && present.length === 0)
      levels.push({ owner: widestOf(caller), fields: [], renamed: new Map() })
    for (const level of levels) {
      const definition = present.find((one) => isLevelOf(level.owner, one))
      if (definition && !isWhole) level.fields = renamedFields(definition.fields, level.renamed)
      await saveFields(change, caller, name, level, definition, definition?.row.id)
    }
    await dropEmptied(change, caller, name, present)
    return bodyOf(await seenResource(trx, caller, name))
  })
}

async function saveFields(
  change: ResourceChange,
  caller: Caller,
  name: string,
  { owner, fields, renamed }: LevelFields,
  present: StoredDefinition | undefined,
  resourceId: number | undefined,
): Promise<void> {
  if (present && renamed.size === 0 && said(present.fields) === said(fields)) return
  assertMayWrite(caller, owner)
  const { trx } = change
  const id = resourceId ?? (await holdResource(trx, owner, name, caller)).id
  const before = present ?? (await findDefinition(trx, id, owner))
  const saved = await saveDefinition(trx, id, owner, { fields: identified(fields, renamed, before) }, before)
  await renameMappedPaths(change, id, owner, renamed)
  await recordChange(trx, caller, recordOf(before ? 'update' : 'create', name, owner, before, saved))
  change.touch(owner)
}

/** A body without `fields` leaves them as they are (spec 00 §4), but for the paths that it renames. */
function renamedFields(fields: readonly FieldInput[], renamed: ReadonlyMap<string, string>): FieldInput[] {
  return renameFields(fields, renamed) ?? [...fields]
}

/** A renamed field keeps the id that its old path has. */
function identified(
  fields: readonly FieldInput[],
  renamed: ReadonlyMap<string, string>,
  before: StoredDefinition | undefined,
): FieldInput[] {
  const oldPaths = new Map([...renamed].map(([from, to]) => [to, from]))
  return fields.map((field) => {
    const old = oldPaths.get(field.path)
    const id = before?.fields.find(({ path }) => path === old)?.id
    return id === undefined ? field : { ...field, id }
  })
}

/** A level without fields is gone, unless nothing else would be left of the resource: one without fields is legal. */
async function dropEmptied(
  { trx, touch }: ResourceChange,
  caller: Caller,
  name: string,
  before: readonly StoredDefinition[],
): Promise<void> {
  const hadFields = (one: StoredDefinition) =>
    before.some((definition) => isLevelOf(definition, one) && definition.fields.length > 0)
  const { resources } = await seenResource(trx, caller, name)
  const present = resources.flatMap((row) => row.definitions.map((definition) => ({ ...definition, id: row.id })))
  const empty = present.filter((definition) => definition.fields.length === 0 && hadFields(definition))
  const doomed = empty.length === present.length ? empty.slice(1) : empty
  for (const { id, ...definition } of doomed) {
    const owner = ownerOfSeen(caller, definition)
    await removeDefinitions(trx, owner, [id])
    touch(owner)
  }
  await dropEmpty(
    trx,
    doomed.map(({ id }) => id),
  )
}

async function readLevels(context: ResourceContext, caller: Caller, body: Body): Promise<LevelFields[]> {
  const levels: LevelFields[] = []
  const levelOf = async (value: unknown, name: string): Promise<LevelFields> => {
    const owner = await ownerOf(context, caller, body, isObject(value) ? value : {}, name)
    const known = levels.find((level) => isLevelOf(level.owner, owner))
    if (known) return known
    const level = { owner, fields: [], renamed: new Map<string, string>() }
    levels.push(level)
    return level
  }
  readDefinition(body) // complaints about fields come before those about owners
  for (const [index, value] of readList(body['fields'], 'fields', LIMITS.fields).entries()) {
    const name = `fields[${index}]`
    const level = await levelOf(value, name)
    level.fields.push(readField(value, name))
  }
  for (const [index, value] of readList(body['changedFields'], 'changedFields', LIMITS.fields).entries()) {
    const name = `changedFields[${index}]`
    const field = readObject(value, name)
    const [from, to] = [readPath(field['oldPath'], `${name}.oldPath`), readPath(field['path'], `${name}.path`)]
    if (from !== to) (await levelOf(value, name)).renamed.set(from, to)
  }
  return levels
}

/** Whose a field is: ids of other organizations and accounts, as exports have them, mean the caller's own. */
async function ownerOf(
  context: ResourceContext,
  caller: Caller,
  body: Body,
  field: Body,
  name: string,
): Promise<LevelOwner> {
  const said = readLevel(field['associatedLevel'] ?? field['level'], `${name}.associatedLevel`)
  const level = said ?? 'organization'
  if (level === 'system') return SYSTEM_OWNER
  if (level === 'organization') return organizationOwner(caller)
  if (level === 'account') return accountOwner(caller)
  const id = field['associatedId']
  const instance = await instanceOf(context, caller, id === undefined || id === null ? body : { instanceId: id })
  if (instance) return instanceOwner(instance)
  throw new ValenceError('BODY_INVALID', `${name}.associatedId: expected the id of the instance that the field is for`)
}

/** Where a resource without any field is made. */
function widestOf(caller: Caller): LevelOwner {
  const [widest] = [organizationOwner(caller), accountOwner(caller)].filter((owner) => mayWrite(caller, owner))
  return widest ?? organizationOwner(caller)
}

/** What a level defines, comparable. */
function said(fields: readonly FieldInput[]): string {
  const lines = fields.map(({ path, type = 'string', displayName = '' }) => JSON.stringify([path, type, displayName]))
  return lines.toSorted().join('\n')
}
