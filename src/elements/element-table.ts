import type { ColumnType, Generated, Kysely } from 'kysely'
import type { Store } from '../store/database.ts'

/** Tables of this room; the schema is `store/migrations/0002-elements.ts` and `0007-organization-elements.ts`. */
export type ElementTables = {
  elements: ElementTable
  element_accounts: { element_id: number; account_id: number; created_at: Generated<Date> }
  hubs: HubTable
  catalog_properties: CatalogPropertiesTable
}

export type ElementTable = {
  id: Generated<number>
  organization_id: number
  account_id: number
  /** id of the shipped element that these parts were added to; null: an element of its own */
  extends_id: number | null
  key: string
  /** every account of the organization sees it */
  organization_wide: Generated<boolean>
  /** grows with every change */
  version: Generated<number>
  /** the highest id given to a part of this element */
  last_part_id: Generated<number>
  /** JSON of the element as its author wrote it, with ids of the parts */
  document: string
  /** JSON of its members that are no long lists */
  summary: string
  /** of `document` */
  size_bytes: number
  /** keys of the configuration rows that the platform added, which an export leaves out */
  added_configuration: Generated<string[]>
  created_at: ColumnType<Date, Date | undefined, never>
  updated_at: ColumnType<Date, Date | undefined, Date>
}

export type HubTable = {
  id: Generated<number>
  organization_id: number
  account_id: number
  key: string
  name: string
  description: string
  video_link: string | null
  active: boolean
  created_at: Generated<Date>
}

export type CatalogPropertiesTable = {
  organization_id: number
  /** `user`, `account` or `organization` */
  entity_type: string
  entity_id: number
  /** JSON array of `{elementId, hidden, position, featured}` */
  properties: string
  updated_at: Date
}

export function elementDb(store: Pick<Store, 'db'>): Kysely<ElementTables> {
  return store.db.withTables<ElementTables>()
}
