import Type from 'typebox'
import type { LevelTransformation } from '../model/common-resource.ts'
import type { Element } from '../model/element.ts'

const open = { additionalProperties: true } as const

export const ElementDefault = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {
      objectName: Type.String({ description: 'Common name' }),
      vendorName: Type.Optional(Type.String({ description: 'Resource of the element, or object of the vendor' })),
      level: Type.String({ description: '`system`: it came with the element' }),
      elementId: Type.Integer(),
      elementKey: Type.String(),
      isLegacy: Type.Boolean({ description: 'The script ends with `return`, not with `done()`' }),
      configuration: Type.Array(Type.Object({ type: Type.String() }, open)),
      fields: Type.Array(Type.Object({ path: Type.String(), type: Type.String(), level: Type.String() }, open)),
    },
    { ...open, title: 'ElementDefaultTransformation' },
  ),
)

/** A default transformation as answers show it (spec 20 §4.1). */
export function showElementDefault(
  { id, key }: Element,
  objectName: string,
  { level, isLegacy = false, ...rest }: LevelTransformation,
): Record<string, unknown> {
  return { level, elementId: id, elementKey: key, objectName, isLegacy, ...rest }
}
