import type { Kysely } from 'kysely'
import Type, { type Static } from 'typebox'
import type { Operation } from '../accounts/authorize.ts'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { ElementContext } from './element-context.ts'
import { type ElementTables, elementDb } from './element-table.ts'
import { isPart } from './part-kinds.ts'

/** How one element is shown in the catalog (spec 50 §11); it changes nothing else. */
export const CatalogProperty = Type.Object(
  { elementId: Type.Integer(), hidden: Type.Boolean(), position: Type.Integer(), featured: Type.Boolean() },
  { title: 'CatalogProperty' },
)
export type CatalogProperty = Static<typeof CatalogProperty>

const MAX_PROPERTIES = 2_000

/** Whose properties, from the nearest to the farthest: the first that has any counts. */
const ENTITIES: readonly { type: string; idOf(caller: Caller): number; operation: Operation }[] = [
  { type: 'user', idOf: ({ userId }) => userId, operation: 'catalogProperties.own' },
  { type: 'account', idOf: ({ accountId }) => accountId, operation: 'catalogProperties.account' },
  { type: 'organization', idOf: ({ organizationId }) => organizationId, operation: 'catalogProperties.organization' },
]

/**
 * `GET /catalog-properties`.
 * @param entityType `user`, `account` or `organization`; without it whichever has any, in this order
 */
export async function readCatalogProperties(
  context: ElementContext,
  caller: Caller,
  entityType?: string,
): Promise<CatalogProperty[]> {
  context.authorize(caller, 'catalogProperties.read')
  const entities = entityType === undefined ? ENTITIES : [entityOf(entityType)]
  for (const { type, idOf } of entities) {
    const properties = await stored(elementDb(context.store), type, idOf(caller))
    if (properties.length > 0) return properties
  }
  return []
}

/**
 * `PUT /catalog-properties?entityType=user`: the whole list; an empty one clears it.
 * @throws ValenceError BODY_INVALID, PARAMETER_INVALID, FORBIDDEN for other than the own ones without being an administrator
 */
export async function putCatalogProperties(
  context: ElementContext,
  caller: Caller,
  entityType: string,
  body: unknown,
): Promise<CatalogProperty[]> {
  const { type, idOf, operation } = entityOf(entityType)
  context.authorize(caller, operation)
  const properties = readProperties(body)
  const values = { properties: JSON.stringify(properties), updated_at: context.now() }
  await elementDb(context.store)
    .transaction()
    .execute(async (trx) => {
      const before = await stored(trx, type, idOf(caller))
      await trx
        .insertInto('catalog_properties')
        .values({ organization_id: caller.organizationId, entity_type: type, entity_id: idOf(caller), ...values })
        .onConflict((conflict) => conflict.columns(['entity_type', 'entity_id']).doUpdateSet(values))
        .execute()
      const change = { before: { properties: before }, after: { properties } }
      const id = `${type}/${idOf(caller)}`
      await recordChange(trx, caller, { entity: 'catalog-properties', id, action: 'update', ...change })
    })
  return properties
}

async function stored(db: Kysely<ElementTables>, type: string, id: number): Promise<CatalogProperty[]> {
  const row = await db
    .selectFrom('catalog_properties')
    .select('properties')
    .where('entity_type', '=', type)
    .where('entity_id', '=', id)
    .executeTakeFirst()
  return row ? (JSON.parse(row.properties) as CatalogProperty[]) : []
}

function entityOf(entityType: string) {
  const entity = ENTITIES.find(({ type }) => type === entityType.toLowerCase())
  if (entity) return entity
  const types = ENTITIES.map(({ type }) => type).join(', ')
  throw new ValenceError('PARAMETER_INVALID', `entityType: expected one of ${types}, got "${entityType}"`)
}

function readProperties(body: unknown): CatalogProperty[] {
  if (!Array.isArray(body) || body.length > MAX_PROPERTIES) {
    throw new ValenceError(
      'BODY_INVALID',
      `expected a list of at most ${MAX_PROPERTIES} {elementId, hidden, position, featured}`,
    )
  }
  return body.map((item, index) => {
    const { elementId, hidden, position, featured } = isPart(item) ? item : {}
    const id = typeof elementId === 'number' || typeof elementId === 'string' ? Number(elementId) : Number.NaN
    if (!Number.isSafeInteger(id) || id < 1) {
      throw new ValenceError('BODY_INVALID', `[${index}].elementId: expected the id of an element`)
    }
    return {
      elementId: id,
      hidden: hidden === true,
      position: Number.isSafeInteger(position) ? (position as number) : 0,
      featured: featured === true,
    }
  })
}
