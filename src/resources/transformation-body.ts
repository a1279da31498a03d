import Type, { type Static } from 'typebox'
import { LEVELS } from '../model/common-resource.ts'
import { isOn } from '../transform/configuration-entries.ts'
import { resolveTransformation } from '../transform/resolve-levels.ts'
import { isLevelOf, type LevelOwner, levelsUpTo } from './level-owner.ts'
import { withDefinedTypes } from './mapped-objects.ts'
import type { StoredLevel, StoredResource } from './stored-resource.ts'

const LevelName = Type.Enum([...LEVELS], { description: 'Whose it is' })
const open = { additionalProperties: true } as const

const Configuration = Type.Array(
  Type.Object(
    {
      type: Type.String({ description: '`passThrough`, `inherit`, `addToDocumentation`, `remove`, `defaultValue`, …' }),
      properties: Type.Optional(
        Type.Unsafe<Record<string, unknown> | null>(Type.Record(Type.String(), Type.Unknown())),
      ),
    },
    { ...open, title: 'ConfigurationEntry' },
  ),
)

const Script = Type.Object(
  {
    body: Type.String({ description: 'Ends with `done(transformedObject)`; with `return` where `isLegacy`' }),
    mimeType: Type.String(),
    filterEmptyResponse: Type.Boolean({ description: 'Empty results are removed from a list' }),
    level: Type.Optional(LevelName),
    associatedId: Type.Optional(Type.Integer()),
  },
  { ...open, title: 'TransformationScript' },
)

/** A transformation of one level on the wire; a level that inherits shows what it inherits (spec 20 §4.1). */
export const TransformationBody = Type.Object(
  {
    id: Type.Integer(),
    level: LevelName,
    associatedId: Type.Integer(),
    elementId: Type.Integer(),
    elementKey: Type.String(),
    elementInstanceId: Type.Optional(Type.Integer()),
    instanceId: Type.Optional(Type.Integer()),
    objectName: Type.String(),
    vendorName: Type.String({
      description: 'Resource of the element or native object of the vendor; empty: not said yet',
    }),
    startDate: Type.String({ description: 'When it was made' }),
    isLegacy: Type.Boolean({ description: 'The script is of the first engine' }),
    configuration: Configuration,
    fields: Type.Array(
      Type.Object(
        {
          type: Type.String(),
          path: Type.String({ description: 'On the common side' }),
          vendorPath: Type.Optional(Type.String({ description: 'On the side of the vendor' })),
          vendorType: Type.Optional(Type.String()),
          level: LevelName,
          associatedId: Type.Optional(Type.Integer()),
          id: Type.Optional(Type.Integer()),
          configuration: Type.Optional(Configuration),
        },
        { ...open, title: 'MappedField' },
      ),
    ),
    script: Type.Optional(Script),
    scripts: Type.Optional(Type.Array(Script, { description: 'One for each level that has one' })),
  },
  { title: 'Transformation' },
)
export type TransformationBody = Static<typeof TransformationBody>

/** By name of the object. */
export const TransformationLibrary = Type.Record(Type.String(), TransformationBody)

/** What belongs together of one object and element, as far as the owner of a level sees. */
export interface TransformationParts {
  id: number
  objectName: string
  elementId: number
  elementKey: string
  /** the widest first */
  levels: readonly StoredLevel[]
  /** for the types of fields */
  definitions: StoredResource['definitions']
}

export function toTransformationBody(
  parts: TransformationParts,
  owner: LevelOwner,
  own: StoredLevel,
): TransformationBody {
  const chain = levelsUpTo(owner)
  const isBelow = (key: Pick<StoredLevel, 'level' | 'associatedId'>) => chain.some((level) => isLevelOf(level, key))
  const levels = parts.levels.filter(isBelow)
  const effective = resolveTransformation(parts.objectName, levels)
  const { fields, configuration, script, isLegacy, vendorName } = effective ?? {
    ...own,
    isLegacy: own.isLegacy ?? false,
  }
  const scripts = standing(levels).flatMap((level) => level.script ?? [])
  const definitions = parts.definitions.filter(isBelow).flatMap((definition) => definition.fields)
  const { level, associatedId } = owner
  return {
    id: parts.id,
    level,
    associatedId,
    elementId: parts.elementId,
    elementKey: parts.elementKey,
    ...(level === 'instance' ? { elementInstanceId: associatedId, instanceId: associatedId } : {}),
    objectName: parts.objectName,
    vendorName: vendorName ?? '',
    startDate: stampOf(own.startDate),
    isLegacy,
    configuration,
    fields: withDefinedTypes(fields, definitions),
    ...(script ? { script, scripts: scripts.length > 0 ? scripts : [script] } : {}),
  }
}

/** `2020-02-11 09:30:00.12`: fractions of a second without trailing zeros (spec 20 §4.1). */
export function stampOf(date: Date): string {
  const [day = '', time = ''] = date.toISOString().replace('Z', '').split('T')
  return `${day} ${time.replace(/\.?0+$/, '')}`
}

/** The narrowest level and those that it inherits. */
function standing(levels: readonly StoredLevel[]): StoredLevel[] {
  const last = levels.findLastIndex(({ configuration }) => !isOn(configuration, 'inherit'))
  return levels.slice(Math.max(last, 0))
}
