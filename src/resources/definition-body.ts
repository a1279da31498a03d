import Type, { type Static } from 'typebox'
import { LEVELS } from '../model/common-resource.ts'
import type { StoredDefinition, StoredResource } from './stored-resource.ts'

const LevelName = Type.Enum([...LEVELS], { description: 'Whose it is' })

export const DefinedFieldBody = Type.Object(
  {
    type: Type.String({
      description: '`string`, `number`, `boolean`, `date`, `array`, `object`, or another definition',
    }),
    path: Type.String({ description: 'As in `code`, `terms.days`, `sites[*].city`' }),
    displayName: Type.Optional(Type.String()),
    id: Type.Integer({ description: 'Stays through a rename' }),
    level: LevelName,
    associatedId: Type.Integer({ description: 'Organization, account or instance that it belongs to' }),
  },
  { title: 'DefinedField', additionalProperties: true },
)

/** What one level defines, on the wire (spec 20 §3). */
export const DefinitionBody = Type.Object(
  {
    id: Type.Integer({ description: 'Of the common resource; also of its VDR' }),
    objectName: Type.String(),
    level: LevelName,
    associatedId: Type.Integer(),
    description: Type.Optional(Type.String()),
    fields: Type.Array(DefinedFieldBody),
  },
  { title: 'ObjectDefinition' },
)
export type DefinitionBody = Static<typeof DefinitionBody>

/** By name of the object. */
export const DefinitionLibrary = Type.Record(Type.String(), DefinitionBody)

export function toDefinitionBody(
  { id, objectName }: Pick<StoredResource, 'id' | 'objectName'>,
  { level, associatedId, description, fields }: StoredDefinition,
): DefinitionBody {
  return {
    id,
    objectName,
    level,
    associatedId,
    ...(description === undefined ? {} : { description }),
    fields: fields.map(({ type, path, ...rest }) => ({ type, path, ...rest, level, associatedId })),
  }
}
