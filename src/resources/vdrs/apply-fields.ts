import { isDeepStrictEqual } from 'node:util'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { ResourceChange } from '../change-resources.ts'
import { type LevelOwner, mayWrite, ownerOfSeen } from '../level-owner.ts'
import { LIMITS } from '../limits.ts'
import { renameMappedPaths } from '../rename-paths.ts'
import type { StoredDefinition, StoredResource } from '../stored-resource.ts'
import { type FieldInput, removeDefinitions, renamedPaths, saveDefinition } from '../write-definition.ts'
import { type ChooseLevel, keyOf } from './choose-level.ts'
import type { Ignored } from './ignored.ts'
import type { PlacedField } from './read-vdr.ts'

/** What one level is to define. */
export interface LevelFields {
  owner: LevelOwner
  fields: FieldInput[]
}

/**
 * Fields of a body by the level that they belong to. One that names the id of a field keeps that one's level, unless it says another.
 *
 * @param seen the fields that are there
 */
export async function placeFields(
  caller: Caller,
  seen: Pick<StoredResource, 'definitions'>,
  fields: readonly PlacedField[],
  choose: ChooseLevel,
  ignored: Ignored,
): Promise<Map<string, LevelFields>> {
  const present = new Map(seen.definitions.flatMap((level) => level.fields.map(({ id }) => [id, level] as const)))
  const placed = new Map<string, LevelFields>()
  for (const { field, part } of fields) {
    const own = field.id === undefined ? undefined : present.get(field.id)
    const stays =
      own && (part.level ?? own.level) === own.level && (part.associatedId ?? own.associatedId) === own.associatedId
    const owner = stays ? ownerOfSeen(caller, own) : await choose(part)
    if (!owner) {
      ignored.level('fields', part.level ?? 'organization')
      continue
    }
    const level = placed.get(keyOf(owner)) ?? { owner, fields: [] }
    level.fields.push(field)
    assertCount('fields', level.fields, LIMITS.fields, owner)
    placed.set(keyOf(owner), level)
  }
  return placed
}

/** @throws ValenceError BODY_INVALID for more than one level can hold */
export function assertCount(what: string, parts: readonly unknown[], max: number, { level }: LevelOwner): void {
  if (parts.length <= max) return
  throw new ValenceError('BODY_INVALID', `${what}: more than ${max} of level ${level}`)
}

/**
 * Makes the levels that the caller sees define exactly these fields, as far as he may write them (spec 20 §6.2). A level without fields goes,
 * as long as there is another one and nothing is mapped at it.
 *
 * @param seen the resource as it is; levels beyond it stay as they are
 */
export async function applyFields(
  inside: ResourceChange,
  caller: Caller,
  seen: StoredResource,
  wanted: ReadonlyMap<string, LevelFields>,
  ignored: Ignored,
): Promise<void> {
  const mapped = new Set(seen.transformations.flatMap(({ levels }) => levels.map(keyOf)))
  const levels = compared(caller, seen, wanted)
  let isSomethingLeft = levels.some(({ before, fields, isChanged, isWritable }) =>
    before ? !isChanged || !isWritable || fields.length > 0 : isWritable,
  )
  for (const { owner, before, fields, isChanged, isWritable } of levels) {
    if (!isChanged) continue
    if (!isWritable) {
      ignored.level('fields', owner.level)
      continue
    }
    inside.touch(owner)
    if (before && fields.length === 0 && isSomethingLeft && !mapped.has(keyOf(owner))) {
      await removeDefinitions(inside.trx, owner, [seen.id])
      continue
    }
    isSomethingLeft = true
    const after = await saveDefinition(inside.trx, seen.id, owner, { fields }, before)
    await renameMappedPaths(inside, seen.id, owner, renamedPaths(before, after))
  }
}

/** What each level defines and is to define. */
interface Compared extends LevelFields {
  before: StoredDefinition | undefined
  isChanged: boolean
  isWritable: boolean
}

function compared(caller: Caller, seen: StoredResource, wanted: ReadonlyMap<string, LevelFields>): Compared[] {
  const levels = new Map(wanted)
  for (const definition of seen.definitions) {
    const key = keyOf(definition)
    levels.set(key, levels.get(key) ?? { owner: ownerOfSeen(caller, definition), fields: [] })
  }
  return [...levels].map(([key, { owner, fields }]) => {
    const before = seen.definitions.find((definition) => keyOf(definition) === key)
    return { owner, fields, before, isChanged: !isSame(before, fields), isWritable: mayWrite(caller, owner) }
  })
}

/** Whether a level defines these fields already; the order of fields means nothing, nor does an id that is not of this level. */
function isSame(before: StoredDefinition | undefined, fields: readonly FieldInput[]): boolean {
  if (!before) return false
  const byPath = new Map(before.fields.map((field) => [field.path, field]))
  const ids = new Set(before.fields.map(({ id }) => id))
  return (
    before.fields.length === fields.length &&
    fields.every(({ id, ...given }) => {
      const { id: ownId, level, associatedId, ...own } = byPath.get(given.path) ?? {}
      const isRenamed = id !== undefined && ids.has(id) && id !== ownId
      return !isRenamed && isDeepStrictEqual({ type: 'string', ...given }, own)
    })
  )
}
