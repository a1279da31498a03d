import { isDeepStrictEqual } from 'node:util'
import type { StoredDefinition, StoredLevel } from './stored-resource.ts'
import type { LevelInput } from './write-transformation.ts'

const PARTS = ['fields', 'configuration', 'script', 'vendorName', 'isLegacy'] as const

/**
 * Which parts of a level would change. Whoever may not write it sends it back as he read it, which is no change (spec 20 §6.2): what answers
 * add does not count, neither ids and owners nor the types that definitions decide on.
 *
 * @param definitions of all levels that were looked at
 */
export function changedParts(
  before: LevelInput | StoredLevel,
  after: LevelInput,
  definitions: readonly Pick<StoredDefinition, 'fields'>[],
): (typeof PARTS)[number][] {
  const defined = new Set(definitions.flatMap(({ fields }) => fields.map(({ path }) => path)))
  const [was, is] = [comparable(before, defined), comparable(after, defined)]
  return PARTS.filter((part) => !isDeepStrictEqual(was[part], is[part]))
}

function comparable(
  { vendorName, isLegacy, configuration, fields, script }: LevelInput | StoredLevel,
  defined: ReadonlySet<string>,
): Record<(typeof PARTS)[number], unknown> {
  return {
    vendorName,
    isLegacy: isLegacy ?? false,
    configuration: configuration.map(bare),
    fields: fields.map((field) => bare({ ...field, type: defined.has(field.path) ? '' : (field.type ?? 'string') })),
    script: script && bare(script),
  }
}

function bare(part: object): Record<string, unknown> {
  const { level, associatedId, id, ...rest } = part as Record<string, unknown>
  return rest
}
