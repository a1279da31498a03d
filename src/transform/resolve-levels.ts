import type {
  ConfigurationEntry,
  EffectiveTransformation,
  Level,
  LevelTransformation,
  MappedField,
  MappingScript,
} from '../model/common-resource.ts'
import { LEVELS } from '../model/common-resource.ts'
import { isOn } from './configuration-entries.ts'

/**
 * What applies to one call, from everything that is said about one object of one element (spec 20 §1.1): the narrowest
 * level replaces the wider ones, unless it carries `inherit`. Then fields are unioned (the narrower one wins on an equal
 * path), so are configuration entries (by type), and a level without a script takes the next wider one's. The vendor name
 * is that of the narrowest level that has one, inherited or not: without it there is nothing to forward a call to.
 *
 * @param levels in any order. Of two with the same level the later one counts as narrower, so that defaults of an element
 *   are handed in first, as `system`
 * @returns undefined when no level says anything
 */
export function resolveTransformation(
  objectName: string,
  levels: readonly LevelTransformation[],
): EffectiveTransformation | undefined {
  if (levels.length === 0) return undefined
  const fromWidest = levels.toSorted((a, b) => rankOf(a.level) - rankOf(b.level))
  const merged = fromWidest.reduce<Merged>(
    (wider, own) => (isOn(own.configuration, 'inherit') ? narrow(wider, own) : narrow(NOTHING, own)),
    NOTHING,
  )
  const vendorName = fromWidest.findLast((level) => level.vendorName?.trim())?.vendorName?.trim()
  return { objectName, vendorName, ...merged }
}

/**
 * Fields of several levels as one list (spec 20 §1.1): of those with an equal path the ones of the narrowest level stay,
 * at the place where the path came first.
 */
export function mergeFields<Field extends { path: string; level: Level }>(fields: readonly Field[]): Field[] {
  const byPath = new Map<string, Field[]>()
  for (const field of fields) {
    const known = byPath.get(field.path)
    const difference = known?.[0] ? rankOf(field.level) - rankOf(known[0].level) : 1
    if (!known || difference > 0) byPath.set(field.path, [field])
    else if (difference === 0) known.push(field)
  }
  return [...byPath.values()].flat()
}

type Merged = Pick<EffectiveTransformation, 'configuration' | 'fields' | 'script' | 'isLegacy'>

const NOTHING: Merged = { configuration: [], fields: [], script: undefined, isLegacy: false }

function narrow(wider: Merged, own: LevelTransformation): Merged {
  const script = hasBody(own.script) ? own.script : undefined
  return {
    configuration: mergeEntries([...wider.configuration, ...own.configuration]),
    fields: overridden(wider.fields, own.fields),
    script: script ?? wider.script,
    // the engine version belongs to the script it was written for
    isLegacy: (script ?? wider.script) === wider.script && wider.script ? wider.isLegacy : (own.isLegacy ?? false),
  }
}

function overridden(wider: readonly MappedField[], own: readonly MappedField[]): MappedField[] {
  const paths = new Set(own.map(({ path }) => path))
  return [...wider.filter(({ path }) => !paths.has(path)), ...own]
}

/** One entry of each type: the later one, unless it names a wider level than the earlier one. */
function mergeEntries(entries: readonly ConfigurationEntry[]): ConfigurationEntry[] {
  const byType = new Map<string, ConfigurationEntry>()
  for (const entry of entries) {
    const known = byType.get(entry.type)
    if (!known?.level || !entry.level || rankOf(entry.level) >= rankOf(known.level)) byType.set(entry.type, entry)
  }
  return [...byType.values()]
}

/** Exports of scripts carry their body in a file beside them; an object without one is no script (spec 20 §7). */
function hasBody(script: MappingScript | undefined): boolean {
  return Boolean(script?.body?.trim())
}

function rankOf(level: Level): number {
  return LEVELS.indexOf(level)
}
