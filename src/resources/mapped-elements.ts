import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import type { AccountsTables } from '../accounts/accounts-table.ts'
import type { Caller } from '../model/account.ts'
import { LEVELS } from '../model/common-resource.ts'
import { viewerOf } from './definitions.ts'
import { levelAt, type Place } from './level-at.ts'
import type { AccountOwner } from './level-owner.ts'
import { loadMapped } from './load-mapped.ts'
import { loadResources } from './load-resources.ts'
import { noDefinition } from './nothing-found.ts'
import type { ResourceContext } from './resource-context.ts'
import { resourceDb } from './resource-table.ts'

/** That an object is mapped to an element (spec 20 §3). */
export const TransformationMetadata = Type.Object(
  {
    name: Type.String({ description: 'Of the object' }),
    level: Type.Enum([...LEVELS]),
    associatedId: Type.Integer(),
    vendorName: Type.Optional(Type.String()),
    account: Type.Object(
      { id: Type.Integer(), externalId: Type.Optional(Type.String()), defaultAccount: Type.Boolean() },
      { description: 'Whose it is; of the organization, its default account' },
    ),
    element: Type.Object(
      {
        id: Type.Integer(),
        key: Type.String(),
        name: Type.Optional(Type.String()),
        hub: Type.Optional(Type.String()),
        image: Type.Optional(Type.String()),
        typeOauth: Type.Optional(Type.Boolean()),
        trialAccount: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: true },
    ),
  },
  { title: 'TransformationMetadata' },
)
export type TransformationMetadata = Static<typeof TransformationMetadata>

/**
 * Where an object is mapped, as far as the account sees (spec 20 §6.3).
 * @throws ValenceError NOTHING_FOUND (404) for a name that nobody defines or maps; what `levelAt` throws
 */
export async function mappedElements(
  context: ResourceContext,
  caller: Caller,
  place: Place,
  objectName: string,
): Promise<TransformationMetadata[]> {
  const owner = await levelAt(context, caller, 'transformations.read', place)
  const viewer = owner.level === 'organization' ? caller : (viewerOf(owner) as AccountOwner)
  const db = resourceDb(context.store)
  const filter = { objectNames: [objectName] }
  const levels = (await loadMapped(db, viewer, filter)).filter(({ level }) => level !== 'system')
  if (levels.length === 0 && (await loadResources(db, viewer, filter, 'definitions')).length === 0) {
    throw noDefinition(objectName)
  }
  const accounts = await accountsOf(context, viewer)
  const lines = new Map((await context.elements.list(viewer)).map((line) => [line.id, line]))
  return levels.map(({ level, associatedId, elementId, elementKey, vendorName }) => {
    const summary = lines.get(elementId)?.summary ?? {}
    const text = (name: string) => (typeof summary[name] === 'string' ? { [name]: summary[name] } : {})
    const flag = (name: string) => (typeof summary[name] === 'boolean' ? { [name]: summary[name] } : {})
    return {
      name: objectName,
      level,
      associatedId,
      ...(vendorName === undefined ? {} : { vendorName }),
      account: level === 'organization' ? accounts.default : accounts.own,
      element: {
        id: elementId,
        key: elementKey,
        ...text('name'),
        ...text('hub'),
        ...text('image'),
        ...flag('typeOauth'),
        ...flag('trialAccount'),
      },
    }
  })
}

async function accountsOf({ store }: ResourceContext, { organizationId, accountId }: AccountOwner) {
  const rows = await store.db
    .withTables<AccountsTables>()
    .selectFrom('accounts')
    .select(['id', 'external_id', 'default_account'])
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`(id = ${accountId} or default_account)`)
    .execute()
  const bodies = rows.map((row) => ({
    id: row.id,
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    defaultAccount: row.default_account,
  }))
  const none = { id: accountId, defaultAccount: false }
  return {
    own: bodies.find(({ id }) => id === accountId) ?? none,
    default: bodies.find(({ defaultAccount }) => defaultAccount) ?? none,
  }
}
