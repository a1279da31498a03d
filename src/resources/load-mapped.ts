import { type Kysely, sql } from 'kysely'
import { LEVELS } from '../model/common-resource.ts'
import type { AccountOwner } from './level-owner.ts'
import { matching, type ResourceFilter, visibleTo } from './load-resources.ts'
import type { ResourceTables } from './resource-table.ts'
import type { LevelKey } from './stored-resource.ts'

/** That a level maps a resource to an element, without how. */
export interface MappedLevel extends LevelKey {
  resourceId: number
  objectName: string
  isSystem: boolean
  transformationId: number
  elementId: number
  elementKey: string
  vendorName: string | undefined
}

/** What levels that an account sees are mapped to; by name, then element, the widest level first. */
export async function loadMapped(
  db: Kysely<ResourceTables>,
  viewer: AccountOwner | undefined,
  filter: Omit<ResourceFilter, 'elementId'> & { elementIds?: readonly number[] } = {},
): Promise<MappedLevel[]> {
  const { elementIds } = filter
  const { rows } = await sql<MappedLevel & { vendorName: string | null }>`
    select resource_id as "resourceId", common_resources.organization_id is null as "isSystem", object_name as "objectName", transformations.id as "transformationId", element_id as "elementId",
      element_key as "elementKey", seen.level, seen.associated_id as "associatedId", vendor_name as "vendorName"
    from transformation_levels seen join transformations on transformations.id = seen.transformation_id
    join common_resources on common_resources.id = transformations.resource_id
    where ${visibleTo(viewer)} and ${matching(filter)}
      and ${elementIds ? sql`element_id = any(${[...elementIds]}::integer[])` : sql`true`}
    order by object_name, element_id, array_position(${[...LEVELS]}::text[], seen.level), seen.associated_id`.execute(
    db,
  )
  return rows.map(({ vendorName, ...row }) => ({ ...row, vendorName: vendorName ?? undefined }))
}
