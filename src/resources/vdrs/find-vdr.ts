import { type Kysely, sql } from 'kysely'
import { isRowId } from '../../model/row-id.ts'
import { type HeldResource, holdById, lockNames } from '../hold-resource.ts'
import { type AccountOwner, type LevelOwner, SYSTEM_OWNER } from '../level-owner.ts'
import { loadResources } from '../load-resources.ts'
import { noCommonResource } from '../nothing-found.ts'
import type { ResourceTables } from '../resource-table.ts'
import type { StoredResource } from '../stored-resource.ts'
import type { VdrOptions } from './choose-level.ts'

/**
 * A common resource as the caller sees it (spec 20 §6.3), by id or else by name; of a template and the organization's own with one name the
 * latter. With `systemOnly` only what the platform says.
 *
 * @throws ValenceError NOTHING_FOUND (404)
 */
export async function findVdr(
  db: Kysely<ResourceTables>,
  caller: AccountOwner,
  idOrName: string | number,
  { systemOnly = false }: VdrOptions = {},
): Promise<StoredResource> {
  const only = systemOnly ? { levels: [SYSTEM_OWNER] } : {}
  const id = /^\d{1,10}$/.test(String(idOrName)) ? Number(idOrName) : 0
  const [byId] = isRowId(id) ? await loadResources(db, caller, { ids: [id], ...only }) : []
  const [found] = byId ? [byId] : await loadResources(db, caller, { objectNames: [String(idOrName)], ...only })
  if (!found) throw noCommonResource(String(idOrName))
  return found
}

/** The same, for this transaction alone; after `holdOwner`. @throws ValenceError NOTHING_FOUND (404) */
export async function holdVdr(
  db: Parameters<typeof holdById>[0],
  caller: AccountOwner,
  idOrName: string | number,
  options?: VdrOptions,
): Promise<{ held: HeldResource; seen: StoredResource }> {
  await lockNames(db, caller)
  const held = await holdById(db, (await findVdr(db, caller, idOrName, options)).id)
  if (!held) throw noCommonResource(String(idOrName))
  return { held, seen: await findVdr(db, caller, held.id, options) }
}

/** Everybody who says anything about a resource, also whom the caller does not see. */
export async function ownersOf(db: Kysely<ResourceTables>, resourceId: number): Promise<LevelOwner[]> {
  const columns = sql`level, associated_id as "associatedId", organization_id as "organizationId", account_id as "accountId"`
  const { rows } = await sql<{ [K in keyof LevelOwner]: LevelOwner[K] | null }>`
    select ${columns} from definitions where resource_id = ${resourceId}
    union select ${columns} from transformation_levels
      where transformation_id in (select id from transformations where resource_id = ${resourceId})`.execute(db)
  return rows.map(
    ({ organizationId, accountId, ...key }) =>
      ({ ...key, organizationId: organizationId ?? undefined, accountId: accountId ?? undefined }) as LevelOwner,
  )
}
