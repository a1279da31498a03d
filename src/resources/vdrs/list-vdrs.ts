import { type Kysely, sql } from 'kysely'
import { matches } from '../../ceql/match.ts'
import { parseWhere } from '../../ceql/parse.ts'
import type { AccountOwner } from '../level-owner.ts'
import { SYSTEM_OWNER } from '../level-owner.ts'
import { loadResources, visibleTo } from '../load-resources.ts'
import type { ResourceContext } from '../resource-context.ts'
import { type ResourceTables, resourceDb } from '../resource-table.ts'
import type { VdrOptions } from './choose-level.ts'
import { toVdrBody, type VdrBody } from './vdr-body.ts'

/** One of a list, before its fields are read. */
export interface VdrLine {
  id: number
  objectName: string
  isSystem: boolean
  /** of its fields, as stored */
  sizeBytes: number
}

/** of fields in one page */
const MAX_PAGE_BYTES = 20 * 1024 * 1024

/**
 * What the caller sees, in order of name (`GET /vdrs`, spec 20 §6).
 *
 * @param options.where CEQL over `id`, `objectName` and `vdrShared`: `objectName in ('a','b')`
 * @throws ValenceError QUERY_INVALID
 */
export async function listVdrs(
  { store }: Pick<ResourceContext, 'store'>,
  caller: AccountOwner,
  { systemOnly, where: text = '' }: VdrOptions & { where?: string | undefined },
): Promise<VdrLine[]> {
  const where = parseWhere(text)
  const lines = await seenLines(resourceDb(store), caller, systemOnly)
  return lines.filter(
    ({ id, objectName, isSystem }) => !where || matches(where, { id, objectName, vdrShared: isSystem }),
  )
}

function seenLines(db: Kysely<ResourceTables>, caller: AccountOwner, systemOnly = false): Promise<VdrLine[]> {
  const isSeen = systemOnly ? sql`seen.level = 'system'` : visibleTo(caller)
  return sql<VdrLine>`
    select common_resources.id, object_name as "objectName", common_resources.organization_id is null as "isSystem",
      sum(size)::integer as "sizeBytes"
    from common_resources join (
      select resource_id, octet_length(fields) as size from definitions seen where ${isSeen}
      union all
      select resource_id, octet_length(fields) from transformation_levels seen
        join transformations on transformations.id = seen.transformation_id where ${isSeen}
    ) said on resource_id = common_resources.id
    group by common_resources.id order by object_name collate "C", common_resources.id`
    .execute(db)
    .then(({ rows }) => rows)
}

/** The VDRs of these lines; one that went meanwhile is left out. */
export async function showVdrs(
  { store }: Pick<ResourceContext, 'store'>,
  caller: AccountOwner,
  lines: readonly VdrLine[],
  { systemOnly }: VdrOptions,
): Promise<VdrBody[]> {
  const ids = lines.map(({ id }) => id)
  const only = systemOnly ? { levels: [SYSTEM_OWNER] } : {}
  const found = await loadResources(resourceDb(store), caller, { ids, ...only })
  const byId = new Map(found.map((resource) => [resource.id, resource]))
  return ids.flatMap((id) => {
    const resource = byId.get(id)
    return resource ? [toVdrBody(resource, caller)] : []
  })
}

/** How many of these fit into one page, at least one. */
export function fittingVdrs(lines: readonly VdrLine[]): number {
  let bytes = 0
  const first = lines.findIndex(({ sizeBytes }, index) => {
    bytes += sizeBytes
    return index > 0 && bytes > MAX_PAGE_BYTES
  })
  return first < 0 ? lines.length : first
}
