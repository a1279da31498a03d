import Type, { type Static } from 'typebox'
import { LEVELS } from '../model/common-resource.ts'
import { mergeFields } from '../transform/resolve-levels.ts'
import type { MappedLevel } from './load-mapped.ts'
import type { StoredResource } from './stored-resource.ts'

/** A common resource over all levels that the caller sees, on the wire (spec 20 §5). */
export const CommonResourceBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    fields: Type.Array(
      Type.Object(
        {
          type: Type.String(),
          path: Type.String(),
          associatedLevel: Type.Enum([...LEVELS], { description: 'Whose the field is' }),
          associatedId: Type.Integer({ description: 'Organization, account or instance that it belongs to' }),
          displayName: Type.Optional(Type.String()),
          id: Type.Integer(),
        },
        { additionalProperties: true, title: 'CommonResourceField' },
      ),
    ),
    elementInstanceIds: Type.Array(Type.Integer(), { description: 'Instances that have a level of their own' }),
    mappedElementIds: Type.Array(Type.Integer(), { description: 'Elements that it is mapped to' }),
  },
  { title: 'CommonResource' },
)
export type CommonResourceBody = Static<typeof CommonResourceBody>

/**
 * @param resources those of one name: the organization's own and the platform's, either may be missing
 * @param mapped what levels of that name are mapped to
 */
export function toCommonResourceBody(
  name: string,
  resources: readonly Pick<StoredResource, 'id' | 'definitions'>[],
  mapped: readonly MappedLevel[],
): CommonResourceBody {
  const definitions = resources.flatMap((resource) => resource.definitions)
  const instances = [...definitions, ...mapped].filter(({ level }) => level === 'instance')
  return {
    id: resources[0]?.id ?? 0,
    name,
    fields: mergeFields(definitions.flatMap(({ fields }) => fields)).map(
      ({ type, path, level, associatedId = 0, ...rest }) => ({
        type,
        path,
        associatedLevel: level,
        associatedId,
        ...rest,
      }),
    ),
    elementInstanceIds: inOrder(instances.map(({ associatedId }) => associatedId)),
    mappedElementIds: inOrder(mapped.map(({ elementId }) => elementId)),
  }
}

/** Each once. */
function inOrder(ids: readonly number[]): number[] {
  return [...new Set(ids)].toSorted((a, b) => a - b)
}
