import Type, { type Static } from 'typebox'
import type { Caller } from '../../model/account.ts'
import type { ResourceContext } from '../resource-context.ts'
import { resourceDb } from '../resource-table.ts'
import type { StoredResource, StoredTransformation } from '../stored-resource.ts'
import { stampOf } from '../transformation-body.ts'
import { findVdr } from './find-vdr.ts'
import { isLegacyOf, vendorNameOf } from './transformation-body.ts'
import { describedBy } from './vdr-body.ts'

const Parts = Type.Array(Type.Record(Type.String(), Type.Unknown()))

/** A VDR as a file: no number of ours is in it (spec 20 §7). */
export const VdrDocument = Type.Object(
  {
    vdrName: Type.String({ examples: ['my-partner'] }),
    vdrVersion: Type.Literal('v2'),
    definition: Type.Object({
      objectName: Type.String(),
      description: Type.Optional(Type.String()),
      createdDate: Type.String(),
      vdrShared: Type.Boolean(),
      vdrShareLevel: Type.String(),
      fields: Parts,
    }),
    transformation: Type.Record(
      Type.String({ description: 'Key of the element' }),
      Type.Object({
        elementKey: Type.String(),
        objectName: Type.String(),
        vendorName: Type.String(),
        isLegacy: Type.Boolean(),
        configuration: Parts,
        fields: Parts,
        script: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        scripts: Type.Optional(Parts),
      }),
    ),
  },
  { title: 'VdrDocument' },
)
export type VdrDocument = Static<typeof VdrDocument>

/**
 * `GET /vdrs/{name}/export`: definition and transformations as the caller sees them. What belongs to single instances stays here: a document
 * has no numbers by which another place could find them.
 *
 * @throws ValenceError NOTHING_FOUND (404)
 */
export async function exportVdr(
  { store }: Pick<ResourceContext, 'store'>,
  caller: Caller,
  idOrName: string,
): Promise<VdrDocument> {
  return toVdrDocument(withoutInstances(await findVdr(resourceDb(store), caller, idOrName)))
}

export function toVdrDocument(vdr: StoredResource): VdrDocument {
  const { objectName, definitions, transformations } = vdr
  const description = describedBy(vdr)?.description
  return {
    vdrName: objectName,
    vdrVersion: 'v2',
    definition: {
      objectName,
      ...(description === undefined ? {} : { description }),
      createdDate: stampOf(vdr.createdDate),
      vdrShared: false,
      vdrShareLevel: 'account',
      fields: definitions.flatMap(({ fields }) => fields.map(withoutIds)),
    },
    transformation: Object.fromEntries(
      transformations.map((transformation) => [transformation.elementKey, toDocument(objectName, transformation)]),
    ),
  }
}

function toDocument(
  objectName: string,
  { elementKey, levels }: StoredTransformation,
): VdrDocument['transformation'][string] {
  const scripts = levels.flatMap(({ script }) => (script ? [withoutIds(script)] : []))
  const script = scripts.at(-1)
  return {
    ...{ elementKey, objectName, vendorName: vendorNameOf(levels) ?? '', isLegacy: isLegacyOf(levels) },
    configuration: levels.flatMap(({ configuration }) => configuration.map(withoutIds)),
    fields: levels.flatMap(({ fields }) => fields.map(withoutIds)),
    ...(script ? { script, scripts } : {}),
  }
}

export function withoutInstances(vdr: StoredResource): StoredResource {
  return {
    ...vdr,
    definitions: vdr.definitions.filter(({ level }) => level !== 'instance'),
    transformations: vdr.transformations
      .map((transformation) => ({
        ...transformation,
        levels: transformation.levels.filter(({ level }) => level !== 'instance'),
      }))
      .filter(({ levels }) => levels.length > 0),
  }
}

function withoutIds(part: object): Record<string, unknown> {
  const { id, associatedId, ...rest } = part as Record<string, unknown>
  return rest
}
