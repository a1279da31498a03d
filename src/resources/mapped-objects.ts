import type { DefinedField, LevelTransformation, MappedField } from '../model/common-resource.ts'
import { mergeFields } from '../transform/resolve-levels.ts'
import type { StoredResource } from './stored-resource.ts'

/** Everything that is said about one object of one element, the widest level first. */
export interface MappedObject {
  objectName: string
  levels: LevelTransformation[]
  definitions: DefinedField[]
}

/**
 * Transformations of an element by name. An organization may have a resource of its own by the name of one of the platform's: they are one,
 * and on one level its own counts as the narrower.
 *
 * @param resources what applies, with transformations of the element only
 */
export function mappedObjects(resources: readonly StoredResource[]): Map<string, MappedObject> {
  const objects = new Map<string, MappedObject>()
  for (const { objectName, isSystem, definitions, transformations } of resources) {
    const object = objects.get(objectName) ?? { objectName, levels: [], definitions: [] }
    objects.set(objectName, object)
    const levels = transformations.flatMap((transformation) => transformation.levels)
    const fields = definitions.flatMap((definition) => definition.fields)
    if (isSystem) object.levels.unshift(...levels)
    else object.levels.push(...levels)
    object.definitions.push(...fields)
  }
  return objects
}

/** The definition decides on the types of what it defines (spec 20 §6.1). */
export function withDefinedTypes<F extends Pick<MappedField, 'path' | 'type'>>(
  fields: readonly F[],
  definitions: readonly DefinedField[],
): F[] {
  const types = new Map(mergeFields(definitions).map(({ path, type }) => [path, type]))
  return fields.map((field) => ({ ...field, type: types.get(field.path) ?? field.type }))
}
