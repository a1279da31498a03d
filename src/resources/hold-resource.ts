import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { AccountOwner, LevelOwner } from './level-owner.ts'
import { LIMITS } from './limits.ts'
import type { ResourceTables } from './resource-table.ts'

/** Who makes it, for `accountId` and `userId` of the VDR. */
export type Maker = Pick<AccountOwner, 'accountId'> & { userId: number }

/** A row of `common_resources` that this transaction has to itself. */
export interface HeldResource {
  id: number
  objectName: string
  isSystem: boolean
}

/**
 * The resource of a name that a level is to be written on, made when there is none: the organization's own one, else the template of the
 * platform that has the name, which the organization adds its levels to.
 *
 * @throws ValenceError TOO_MANY (409)
 */
export async function holdResource(
  trx: Transaction<ResourceTables>,
  owner: LevelOwner,
  objectName: string,
  maker: Maker,
): Promise<HeldResource> {
  const present = await holdPresent(trx, owner, objectName)
  if (present) return present
  return makeResource(trx, owner, objectName, maker)
}

/**
 * Those who write common resources of one organization come one after the other: a rename is about two names, a deletion about many. Comes
 * after `holdOwner` and before resources are held.
 */
export async function lockNames(
  trx: Transaction<ResourceTables>,
  { organizationId = 0 }: Pick<LevelOwner, 'organizationId'>,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('valence common resources'), ${organizationId})`.execute(trx)
}

/** The same without making one. */
export async function holdPresent(
  trx: Transaction<ResourceTables>,
  owner: Pick<LevelOwner, 'organizationId'>,
  objectName: string,
): Promise<HeldResource | undefined> {
  await lockNames(trx, owner)
  const organizationId = owner.organizationId ?? null
  const { rows } = await sql<HeldResource>`
    select id, object_name as "objectName", organization_id is null as "isSystem" from common_resources
    where object_name = ${objectName} and coalesce(organization_id, 0) in (0, ${organizationId ?? 0})
      and (organization_id is not distinct from ${organizationId} or exists (select from definitions
        where resource_id = common_resources.id and (level = 'system' or organization_id = ${organizationId})))
    order by organization_id nulls last limit 1
    for no key update`.execute(trx)
  return rows[0]
}

/** A resource of the organization's own, also where the platform has a template of the name; when it is there, that one. */
export async function makeResource(
  trx: Transaction<ResourceTables>,
  { organizationId = null }: { organizationId?: number | null | undefined },
  objectName: string,
  maker: Maker,
): Promise<HeldResource> {
  await assertRoom(trx, organizationId)
  const { id } = await trx
    .insertInto('common_resources')
    .values({
      organization_id: organizationId,
      object_name: objectName,
      account_id: maker.accountId,
      user_id: maker.userId,
    })
    .onConflict((conflict) =>
      conflict
        .expression(sql`coalesce(organization_id, 0), object_name`)
        .doUpdateSet(({ ref }) => ({ object_name: ref('excluded.object_name') })),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, objectName, isSystem: organizationId === null }
}

async function assertRoom(trx: Transaction<ResourceTables>, organizationId: number | null): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from common_resources
    where coalesce(organization_id, 0) = ${organizationId ?? 0}`.execute(trx)
  if ((rows[0]?.count ?? 0) < LIMITS.resources) return
  throw new ValenceError(
    'TOO_MANY',
    `An organization has at most ${LIMITS.resources} common resources; delete one first`,
  )
}

/** The resource of an id, whosever it is. */
export async function holdById(trx: Transaction<ResourceTables>, id: number): Promise<HeldResource | undefined> {
  const row = await trx
    .selectFrom('common_resources')
    .select(['id', 'object_name', 'organization_id'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row && { id, objectName: row.object_name, isSystem: row.organization_id === null }
}

/**
 * Removes what no level says anything about any more. What somebody else writes to at the moment stays: it says something then.
 * The rows are locked by a statement of their own, so that what is looked at next is as it is under the lock.
 */
export async function dropEmpty(trx: Transaction<ResourceTables>, resourceIds: readonly number[]): Promise<void> {
  if (resourceIds.length === 0) return
  const { rows } = await sql<{ id: number }>`
    select id from common_resources where id = any(${[...resourceIds]}::integer[])
    order by id for update skip locked`.execute(trx)
  const ids = rows.map(({ id }) => id)
  await sql`
    delete from transformations where resource_id = any(${ids}::integer[])
      and not exists (select from transformation_levels where transformation_id = transformations.id)`.execute(trx)
  await sql`
    delete from common_resources where id = any(${ids}::integer[])
      and not exists (select from definitions where resource_id = common_resources.id)
      and not exists (select from transformations where resource_id = common_resources.id)`.execute(trx)
}
