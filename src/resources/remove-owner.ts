import { type Kysely, sql, type Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import { resourceChange } from './change-resources.ts'
import { dropEmpty } from './hold-resource.ts'
import type { ResourceTables } from './resource-table.ts'

/** Whose levels go: of instances, of an account with its instances, of a whole organization. */
export type Gone = { instanceIds: readonly number[] } | { accountId: number } | { organizationId: number }

/** Levels go with their owner, in the transaction that ends him. */
export async function removeLevelsOf<DB>(trx: Transaction<DB>, publish: Publish, gone: Gone): Promise<void> {
  const db = trx as unknown as Kysely<ResourceTables>
  const { rows } = await sql<{ resource_id: number; organization_id: number | null }>`
    with mappings as (
      delete from transformation_levels where ${condition(gone)} returning transformation_id, organization_id
    ), meanings as (
      delete from definitions where ${condition(gone)} returning resource_id, organization_id
    )
    select resource_id, organization_id from meanings
    union select resource_id, organization_id from mappings
      join transformations on transformations.id = transformation_id`.execute(db)
  if (rows.length === 0) return
  await dropEmpty(trx as unknown as Transaction<ResourceTables>, [...new Set(rows.map((row) => row.resource_id))])
  for (const organizationId of new Set(rows.map((row) => row.organization_id ?? undefined))) {
    publish(resourceChange({ organizationId }))
  }
}

function condition(gone: Gone) {
  if ('organizationId' in gone) return sql`organization_id = ${gone.organizationId}`
  if ('accountId' in gone) return sql`account_id = ${gone.accountId}`
  return sql`level = 'instance' and associated_id = any(${[...gone.instanceIds]}::integer[])`
}

/** Transformations to an element that is gone. */
export async function removeMappingsTo<DB>(trx: Transaction<DB>, publish: Publish, elementId: number): Promise<void> {
  const db = trx as unknown as Kysely<ResourceTables>
  const { rows } = await sql<{ resource_id: number; organization_id: number | null }>`
    with gone as (delete from transformations where element_id = ${elementId} returning resource_id)
    select resource_id, organization_id from gone
    join common_resources on common_resources.id = resource_id`.execute(db)
  if (rows.length === 0) return
  await dropEmpty(trx as unknown as Transaction<ResourceTables>, [...new Set(rows.map((row) => row.resource_id))])
  for (const { organization_id } of rows) publish(resourceChange({ organizationId: organization_id ?? undefined }))
}

/** What an instance says itself goes with it to a clone of its element (spec 10 §2.6). */
export async function moveInstanceLevels<DB>(
  trx: Transaction<DB>,
  publish: Publish,
  instance: { id: number; organizationId: number },
  element: { id: number; key: string },
): Promise<void> {
  const db = trx as unknown as Kysely<ResourceTables>
  const isOwn = sql`level = 'instance' and associated_id = ${instance.id}`
  const { rows } = await sql<{ resource_id: number }>`
    insert into transformations (resource_id, element_id, element_key)
    select distinct resource_id, ${element.id}::integer, ${element.key} from transformations
    join transformation_levels on transformation_id = transformations.id where ${isOwn}
    on conflict (resource_id, element_id) do update set element_key = excluded.element_key
    returning resource_id`.execute(db)
  if (rows.length === 0) return
  await sql`
    update transformation_levels moved set transformation_id = target.id
    from transformations source join transformations target
      on target.resource_id = source.resource_id and target.element_id = ${element.id}
    where moved.transformation_id = source.id and source.id <> target.id
      and moved.level = 'instance' and moved.associated_id = ${instance.id}`.execute(db)
  await dropEmpty(
    trx as unknown as Transaction<ResourceTables>,
    rows.map((row) => row.resource_id),
  )
  publish(resourceChange(instance))
}
