import Type, { type Static } from 'typebox'
import type { ConfigurationEntry, MappingScript } from '../../model/common-resource.ts'
import type { StoredLevel, StoredResource, StoredTransformation } from '../stored-resource.ts'
import { stampOf } from '../transformation-body.ts'
import { VdrLevel } from './vdr-body.ts'

const Owner = { level: VdrLevel, associatedId: Type.Optional(Type.Integer()) }
const Properties = Type.Record(Type.String(), Type.Unknown())
const Entry = Type.Object({ ...Owner, type: Type.String(), properties: Type.Optional(Properties) })
const Script = Type.Object({
  ...Owner,
  body: Type.String(),
  mimeType: Type.String(),
  filterEmptyResponse: Type.Boolean(),
})

/** How a common resource is mapped to one element, all levels in one (spec 20 §6.1). */
export const VdrTransformationBody = Type.Object(
  {
    id: Type.Integer(),
    vdrId: Type.Integer(),
    instanceId: Type.Optional(Type.Integer({ description: 'Where of the instances only this one was asked for' })),
    objectName: Type.String(),
    elementId: Type.Integer(),
    elementKey: Type.String(),
    vendorName: Type.String(),
    isLegacy: Type.Boolean({ description: '`true`: scripts end with `return`, `false`: with `done()`' }),
    configuration: Type.Array(Entry),
    fields: Type.Array(
      Type.Object({
        ...Owner,
        id: Type.Optional(Type.Integer()),
        vdrFieldId: Type.Optional(Type.Integer({ description: 'Of the field of the definition' })),
        path: Type.String(),
        type: Type.String(),
        vendorPath: Type.Optional(Type.String()),
        vendorType: Type.Optional(Type.String()),
        configuration: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
      }),
    ),
    script: Type.Optional(Script),
    scripts: Type.Optional(Type.Array(Script)),
    createdDate: Type.String(),
  },
  { title: 'VdrTransformation' },
)
export type VdrTransformationBody = Static<typeof VdrTransformationBody>

/** @param instanceId of the instances only this one */
export function toVdrTransformation(
  resource: StoredResource,
  transformation: StoredTransformation,
  instanceId?: number,
): VdrTransformationBody {
  const levels = levelsFor(transformation, instanceId)
  const scripts = levels.flatMap(({ script }) => (script ? [ofLevel<MappingScript>(script)] : []))
  const script = shownLevels(levels).findLast((level) => level.script)?.script
  return {
    id: transformation.id,
    vdrId: resource.id,
    ...(instanceId === undefined ? {} : { instanceId }),
    objectName: resource.objectName,
    elementId: transformation.elementId,
    elementKey: transformation.elementKey,
    vendorName: vendorNameOf(levels) ?? '',
    isLegacy: isLegacyOf(levels),
    configuration: levels.flatMap(({ configuration }) => configuration.map(ofLevel<ConfigurationEntry>)),
    fields: levels.flatMap(({ fields }) =>
      fields.map((field) => {
        const defined = definedField(resource, field)
        return {
          ...ofLevel(field),
          ...(defined === undefined ? {} : { vdrFieldId: defined.id, type: defined.type }),
        }
      }),
    ),
    ...(script ? { script: ofLevel(script) } : {}),
    ...(scripts.length > 0 ? { scripts } : {}),
    createdDate: stampOf(transformation.createdDate),
  } as VdrTransformationBody
}

/** The levels that are looked at, the widest first. */
export function levelsFor({ levels }: StoredTransformation, instanceId: number | undefined): StoredLevel[] {
  return levels.filter(
    ({ level, associatedId }) => instanceId === undefined || level !== 'instance' || associatedId === instanceId,
  )
}

/** Those whose word counts for the whole: of several instances none, as they may say different things. */
function shownLevels(levels: readonly StoredLevel[]): readonly StoredLevel[] {
  const wider = levels.filter(({ level }) => level !== 'instance')
  return levels.length - wider.length > 1 && wider.length > 0 ? wider : levels
}

/** Of the narrowest level that has one. */
export function vendorNameOf(levels: readonly StoredLevel[]): string | undefined {
  return shownLevels(levels).findLast(({ vendorName }) => vendorName !== undefined)?.vendorName
}

export function isLegacyOf(levels: readonly StoredLevel[]): boolean {
  return shownLevels(levels).findLast(({ isLegacy }) => isLegacy !== undefined)?.isLegacy ?? false
}

/** The field that a line of a mapping means: the one of its own level, else of the narrowest that defines the path. */
function definedField({ definitions }: StoredResource, { path, level, associatedId }: StoredLevel['fields'][number]) {
  const found = definitions.flatMap(({ fields }) => fields.filter((field) => field.path === path))
  return found.find((field) => field.level === level && field.associatedId === associatedId) ?? found.at(-1)
}

/** The platform has no id. */
function ofLevel<T extends { level?: string; associatedId?: number }>(part: T): T {
  if (part.level !== 'system') return part
  const { associatedId, ...rest } = part
  return rest as T
}
