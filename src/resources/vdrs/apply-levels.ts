import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { Level } from '../../model/common-resource.ts'
import type { ResourceChange } from '../change-resources.ts'
import { type LevelOwner, mayWrite, ownerOfSeen } from '../level-owner.ts'
import { LIMITS } from '../limits.ts'
import { changedParts } from '../same-level.ts'
import type { StoredDefinition, StoredLevel } from '../stored-resource.ts'
import { type LevelInput, removeLevels, saveLevel } from '../write-transformation.ts'
import { assertCount } from './apply-fields.ts'
import { type ChooseLevel, keyOf, type LevelPart } from './choose-level.ts'
import type { Ignored } from './ignored.ts'
import type { TransformationInput } from './read-vdr-transformation.ts'
import { isLegacyOf, vendorNameOf } from './transformation-body.ts'

type LevelParts = Pick<LevelInput, 'configuration' | 'fields' | 'script'>

/** What a level is to say: the parts of it that the body spoke of. */
export interface WantedLevel {
  owner: LevelOwner
  parts: Partial<{ [K in keyof LevelParts]: LevelParts[K] extends readonly (infer T)[] ? T[] : LevelParts[K] }>
}

/** Parts of a body by the level that they belong to. */
export async function placeParts(
  input: TransformationInput,
  choose: ChooseLevel,
  ignored: Ignored,
): Promise<Map<string, WantedLevel>> {
  const placed = new Map<string, WantedLevel>()
  const levelOf = async (part: LevelPart, what: string) => {
    const owner = await choose(part)
    if (!owner) {
      ignored.level(what, part.level ?? 'organization')
      return undefined
    }
    const level = placed.get(keyOf(owner)) ?? { owner, parts: {} }
    placed.set(keyOf(owner), level)
    return level.parts
  }
  for (const { field, part } of input.fields ?? []) {
    const parts = await levelOf(part, 'fields')
    if (parts) parts.fields = [...(parts.fields ?? []), field]
  }
  for (const { entry, part } of input.configuration ?? []) {
    const parts = await levelOf(part, 'configuration')
    if (parts) parts.configuration = [...(parts.configuration ?? []), entry]
  }
  for (const { script, part } of input.scripts ?? []) {
    const parts = await levelOf(part, 'scripts')
    if (parts && (script || parts.script === undefined)) parts.script = script
  }
  for (const { owner, parts } of placed.values()) {
    assertCount('fields', parts.fields ?? [], LIMITS.fields, owner)
    assertCount('configuration', parts.configuration ?? [], LIMITS.configurations, owner)
  }
  return placed
}

/**
 * Makes levels say what a body wants, as far as the caller may write them (spec 20 §6.2); parts that it does not speak of stay. A level that
 * is left with nothing to say goes, as long as there is another one.
 *
 * @param seen the levels that the body is about, others stay as they are; and what is defined
 * @throws ValenceError BODY_INVALID for a script engine that goes back (spec 20 §10.1)
 */
export async function applyLevels(
  inside: ResourceChange,
  caller: Caller,
  transformationId: number,
  seen: { levels: readonly StoredLevel[]; definitions: readonly StoredDefinition[] },
  input: TransformationInput,
  wanted: ReadonlyMap<string, WantedLevel>,
  ignored: Ignored,
): Promise<void> {
  const owners = new Map([
    ...seen.levels.map((level) => [keyOf(level), ownerOfSeen(caller, level)] as const),
    ...[...wanted].map(([key, { owner }]) => [key, owner] as const),
  ])
  const levels = [...owners].map(([key, owner]) => {
    const before = seen.levels.find((level) => keyOf(level) === key)
    const after = levelAfter(seen.levels, before, input, wanted.get(key)?.parts ?? {})
    const isWritable = mayWrite(caller, owner)
    const changed = before ? changedParts(before, after, seen.definitions) : ['parts']
    return { owner, before, after, isWritable, changed, isEmpty: saysNothing(after) }
  })
  let isSomethingLeft = levels.some(({ before, isWritable, isEmpty }) => (isWritable ? !isEmpty : before))
  for (const { owner, before, after, isWritable, changed, isEmpty } of levels) {
    if (changed.length === 0) continue
    if (!isWritable) {
      ignored.level(changed.join(', '), owner.level)
      continue
    }
    inside.touch(owner)
    if (isEmpty && isSomethingLeft) {
      await removeLevels(inside.trx, owner, [transformationId])
      continue
    }
    isSomethingLeft = true
    assertEngine(owner.level, before, after)
    await saveLevel(inside.trx, transformationId, owner, after, before)
  }
}

/** What a level says once the body is applied; name and engine are of all levels, and stay where they are the ones that are shown. */
function levelAfter(
  seen: readonly StoredLevel[],
  before: StoredLevel | undefined,
  input: TransformationInput,
  parts: WantedLevel['parts'],
): LevelInput {
  const shown = { vendorName: vendorNameOf(seen), isLegacy: isLegacyOf(seen) }
  const { vendorName = shown.vendorName, isLegacy = shown.isLegacy } = input
  return {
    vendorName: before && vendorName === shown.vendorName ? before.vendorName : vendorName,
    isLegacy: before && isLegacy === shown.isLegacy ? before.isLegacy : isLegacy,
    configuration: input.configuration ? (parts.configuration ?? []) : (before?.configuration ?? []),
    fields: input.fields ? (parts.fields ?? []) : (before?.fields ?? []),
    script: 'script' in parts ? parts.script : input.hasAllScripts ? undefined : before?.script,
  }
}

function saysNothing({ configuration, fields, script }: LevelInput): boolean {
  return configuration.length === 0 && fields.length === 0 && !script
}

/** Scripts of engine v1 become v2, never the other way (spec 20 §10.1). */
function assertEngine(level: Level, before: StoredLevel | undefined, after: LevelInput): void {
  if (!before || before.isLegacy === true || after.isLegacy !== true) return
  throw new ValenceError(
    'BODY_INVALID',
    `isLegacy: the script of level ${level} uses engine v2 and does not go back to v1; end it with done()`,
  )
}
