import Type, { type Static } from 'typebox'
import type { AccountOwner } from '../level-owner.ts'
import type { StoredResource } from '../stored-resource.ts'
import { stampOf } from '../transformation-body.ts'

export const VdrLevel = Type.Enum(['system', 'organization', 'account', 'instance'])

export const VdrField = Type.Object(
  {
    id: Type.Integer({ description: 'It stays when the path changes' }),
    path: Type.String({ examples: ['terms.days', 'sites[*].city'] }),
    type: Type.String({ examples: ['string'] }),
    level: VdrLevel,
    associatedId: Type.Optional(
      Type.Integer({ description: 'Organization, account or instance that the level is of' }),
    ),
    displayName: Type.Optional(Type.String()),
  },
  { title: 'VdrField' },
)

/** A common resource in the shape of version 2 (spec 20 §6.1). */
export const VdrBody = Type.Object(
  {
    id: Type.Integer(),
    objectName: Type.String({ examples: ['my-partner'] }),
    description: Type.Optional(Type.String()),
    fields: Type.Array(VdrField),
    mappedElementIds: Type.Array(Type.Integer()),
    vdrShared: Type.Boolean({ description: 'Whether it is a template of the platform, which everybody sees' }),
    vdrShareLevel: Type.Enum(['account', 'organization']),
    companyId: Type.Optional(Type.Integer({ description: 'Organization; absent of a template' })),
    accountId: Type.Optional(Type.Integer({ description: 'Of whoever made it' })),
    userId: Type.Optional(Type.Integer()),
    createdDate: Type.String({ examples: ['2021-01-05 10:00:00.1'] }),
  },
  { title: 'Vdr' },
)
export type VdrBody = Static<typeof VdrBody>

/** What the viewer sees of a common resource, fields of all levels. */
export function toVdrBody(resource: StoredResource, { organizationId }: Pick<AccountOwner, 'organizationId'>): VdrBody {
  const description = describedBy(resource)?.description
  const { accountId, userId } = resource
  return {
    id: resource.id,
    objectName: resource.objectName,
    ...(description === undefined ? {} : { description }),
    fields: resource.definitions.flatMap(({ fields }) =>
      fields.map(({ associatedId, ...field }) => ({
        ...field,
        ...(field.level === 'system' || associatedId === undefined ? {} : { associatedId }),
      })),
    ),
    mappedElementIds: [...new Set(resource.transformations.map(({ elementId }) => elementId))],
    vdrShared: resource.isSystem,
    vdrShareLevel: resource.isSystem ? 'organization' : 'account',
    ...(resource.isSystem ? {} : { companyId: organizationId }),
    ...(accountId === undefined || resource.isSystem ? {} : { accountId }),
    ...(userId === undefined || resource.isSystem ? {} : { userId }),
    createdDate: stampOf(resource.createdDate),
  }
}

/** The level whose description is shown: the widest that has one. */
export function describedBy({ definitions }: Pick<StoredResource, 'definitions'>) {
  return definitions.find(({ description }) => description !== undefined)
}
