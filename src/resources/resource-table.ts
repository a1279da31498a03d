import type { ColumnType, Generated, Kysely } from 'kysely'
import type { Level } from '../model/common-resource.ts'
import type { Store } from '../store/database.ts'

/** Tables of this room; the schema is `store/migrations/0009-common-resources.ts`. */
export type ResourceTables = {
  common_resources: ResourceTable
  definitions: DefinitionTable
  transformations: TransformationTable
  transformation_levels: TransformationLevelTable
}

/** A name; what it means is said level by level. */
export type ResourceTable = {
  id: Generated<number>
  /** null: a template of the platform */
  organization_id: number | null
  object_name: string
  /** who made it first */
  account_id: number | null
  user_id: number | null
  created_at: Generated<Date>
}

/** Whose a level is, and who sees it. */
export interface OwnerColumns {
  level: Level
  /** organization, account or instance; 0: the platform */
  associated_id: number
  /** null: everybody sees it */
  organization_id: number | null
  /** null: every account of the organization sees it */
  account_id: number | null
}

export type DefinitionTable = OwnerColumns & {
  resource_id: number
  description: string | null
  /** JSON list of `StoredField` */
  fields: string
  created_at: ColumnType<Date, Date | undefined, never>
  updated_at: ColumnType<Date, Date | undefined, Date>
}

/** That the resource is mapped to an element; how, is said level by level. */
export type TransformationTable = {
  id: Generated<number>
  resource_id: number
  element_id: number
  element_key: string
  created_at: Generated<Date>
}

export type TransformationLevelTable = OwnerColumns & {
  transformation_id: number
  vendor_name: string | null
  is_legacy: boolean | null
  /** JSON lists, and a JSON object */
  configuration: string
  fields: string
  script: string | null
  start_date: ColumnType<Date, Date | undefined, never>
  updated_at: ColumnType<Date, Date | undefined, Date>
}

export function resourceDb(store: Pick<Store, 'db'>): Kysely<ResourceTables> {
  return store.db.withTables<ResourceTables>()
}
