import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import { LEVELS } from '../model/common-resource.ts'
import type { AccountOwner } from './level-owner.ts'
import type { DefinitionTable, ResourceTables, TransformationLevelTable } from './resource-table.ts'
import type {
  LevelKey,
  StoredDefinition,
  StoredLevel,
  StoredResource,
  StoredTransformation,
} from './stored-resource.ts'

/** Which ones; without any of these all that the viewer sees. */
export interface ResourceFilter {
  ids?: readonly number[]
  objectNames?: readonly string[]
  /** transformations to this element, and definitions of what somebody of the organization maps to it */
  elementId?: number
  /** of those that the viewer sees, these levels only */
  levels?: readonly LevelKey[]
  /** only templates of the platform */
  systemOnly?: boolean
}

/**
 * Common resources with the levels that an account sees: the platform's, its organization's, its own and those of its instances, never
 * another account's (spec 20 §6.3). In order of name; of two with one name the organization's own comes before the platform's.
 *
 * @param viewer undefined: nobody, who sees the platform's only
 * @param parts `definitions` or `transformations`: half of it in half the time
 */
export async function loadResources(
  db: Kysely<ResourceTables>,
  viewer: AccountOwner | undefined,
  filter: ResourceFilter = {},
  parts: 'both' | 'definitions' | 'transformations' = 'both',
): Promise<StoredResource[]> {
  const resources = new Map<number, StoredResource>()
  const [definitions, levels] = await Promise.all([
    parts === 'transformations' ? [] : definitionRows(db, viewer, filter),
    parts === 'definitions' ? [] : levelRows(db, viewer, filter),
  ])
  for (const row of definitions) resourceOf(resources, row).definitions.push(toDefinition(row))
  for (const row of levels) transformationOf(resourceOf(resources, row), row).levels.push(toLevel(row))
  return [...resources.values()].toSorted(
    (a, b) => compareTexts(a.objectName, b.objectName) || Number(a.isSystem) - Number(b.isSystem),
  )
}

/** The columns of a resource beside those of a level. */
interface Named {
  resource_id: number
  object_name: string
  of_organization: number | null
  maker_account: number | null
  maker: number | null
  made_at: Date
}

const NAMED = sql`common_resources.id as resource_id, object_name, common_resources.organization_id as of_organization,
  common_resources.account_id as maker_account, user_id as maker, common_resources.created_at as made_at`

type DefinitionRow = Named &
  Pick<Selectable<DefinitionTable>, 'level' | 'associated_id' | 'description' | 'fields' | 'created_at'>

async function definitionRows(db: Kysely<ResourceTables>, viewer: AccountOwner | undefined, filter: ResourceFilter) {
  const { rows } = await sql<DefinitionRow>`
    select ${NAMED}, seen.level, seen.associated_id, seen.description, seen.fields, seen.created_at
    from definitions seen join common_resources on common_resources.id = seen.resource_id
    where ${visibleTo(viewer)} and ${matching(filter)} and ${isMapped(viewer, filter)}
    order by ${inOrder()}`.execute(db)
  return rows
}

type LevelRow = Named &
  Pick<
    Selectable<TransformationLevelTable>,
    | 'level'
    | 'associated_id'
    | 'transformation_id'
    | 'vendor_name'
    | 'is_legacy'
    | 'configuration'
    | 'fields'
    | 'script'
    | 'start_date'
  > & { element_id: number; element_key: string; mapped_at: Date }

async function levelRows(db: Kysely<ResourceTables>, viewer: AccountOwner | undefined, filter: ResourceFilter) {
  const { elementId } = filter
  const { rows } = await sql<LevelRow>`
    select ${NAMED}, element_id, element_key, transformations.created_at as mapped_at, seen.transformation_id,
      seen.level, seen.associated_id, vendor_name, is_legacy, configuration, fields, script, start_date
    from transformation_levels seen join transformations on transformations.id = seen.transformation_id
    join common_resources on common_resources.id = transformations.resource_id
    where ${visibleTo(viewer)} and ${matching(filter)}
      and ${elementId === undefined ? sql`true` : sql`element_id = ${elementId}`}
    order by transformation_id, ${inOrder()}`.execute(db)
  return rows
}

/** Whose levels an account sees; the one place that says so. */
export function visibleTo(viewer: AccountOwner | undefined): RawBuilder<unknown> {
  if (!viewer) return sql`seen.organization_id is null`
  const { organizationId, accountId } = viewer
  return sql`(seen.organization_id is null or (seen.organization_id = ${organizationId}
    and (seen.account_id is null or seen.account_id = ${accountId})))`
}

export function matching({ ids, objectNames, levels, systemOnly }: ResourceFilter): RawBuilder<unknown> {
  const conditions = [sql`true`]
  if (ids) conditions.push(sql`common_resources.id = any(${[...ids]}::integer[])`)
  if (objectNames) conditions.push(sql`object_name = any(${[...objectNames]}::text[])`)
  if (systemOnly) conditions.push(sql`common_resources.organization_id is null`)
  if (levels) {
    const [names, owners] = [levels.map(({ level }) => level), levels.map(({ associatedId }) => associatedId)]
    conditions.push(sql`(seen.level, seen.associated_id) in
      (select * from unnest(${names}::text[], ${owners}::integer[]))`)
  }
  return sql.join(conditions, sql` and `)
}

function isMapped(viewer: AccountOwner | undefined, { elementId }: ResourceFilter): RawBuilder<unknown> {
  if (elementId === undefined) return sql`true`
  return sql`object_name in (select mapped.object_name from transformations
    join common_resources mapped on mapped.id = transformations.resource_id
    where element_id = ${elementId}
      and (mapped.organization_id is null or mapped.organization_id = ${viewer?.organizationId ?? null}))`
}

function inOrder(): RawBuilder<unknown> {
  return sql`array_position(${[...LEVELS]}::text[], seen.level), seen.associated_id`
}

function resourceOf(resources: Map<number, StoredResource>, row: Named): StoredResource {
  const present = resources.get(row.resource_id)
  if (present) return present
  const resource: StoredResource = {
    id: row.resource_id,
    objectName: row.object_name,
    isSystem: row.of_organization === null,
    accountId: row.maker_account ?? undefined,
    userId: row.maker ?? undefined,
    createdDate: row.made_at,
    definitions: [],
    transformations: [],
  }
  resources.set(resource.id, resource)
  return resource
}

function transformationOf(resource: StoredResource, row: LevelRow): StoredTransformation {
  const present = resource.transformations.find(({ id }) => id === row.transformation_id)
  if (present) return present
  const transformation: StoredTransformation = {
    id: row.transformation_id,
    elementId: row.element_id,
    elementKey: row.element_key,
    createdDate: row.mapped_at,
    levels: [],
  }
  resource.transformations.push(transformation)
  return transformation
}

export function toDefinition(
  row: Pick<DefinitionRow, 'level' | 'associated_id' | 'description' | 'fields' | 'created_at'>,
): StoredDefinition {
  const key = { level: row.level, associatedId: row.associated_id }
  return {
    ...key,
    description: row.description ?? undefined,
    fields: JSON.parse(row.fields).map((field: object) => ({ ...field, ...key })),
    createdDate: row.created_at,
  }
}

export function toLevel(
  row: Pick<
    LevelRow,
    'level' | 'associated_id' | 'vendor_name' | 'is_legacy' | 'configuration' | 'fields' | 'script' | 'start_date'
  >,
): StoredLevel {
  const key = { level: row.level, associatedId: row.associated_id }
  return {
    ...key,
    ...(row.vendor_name === null ? {} : { vendorName: row.vendor_name }),
    ...(row.is_legacy === null ? {} : { isLegacy: row.is_legacy }),
    configuration: JSON.parse(row.configuration).map((entry: object) => ({ ...entry, ...key })),
    fields: JSON.parse(row.fields).map((field: object) => ({ type: 'string', ...field, ...key })),
    ...(row.script === null ? {} : { script: { ...JSON.parse(row.script), ...key } }),
    startDate: row.start_date,
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
