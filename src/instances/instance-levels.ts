import type { InstanceLevels } from '../resources/resource-context.ts'
import type { Store } from '../store/database.ts'
import { type InstanceTables, instanceDb } from './instance-table.ts'

/** Instances as owners of levels of common resources. */
export function createInstanceLevels(store: Pick<Store, 'db'>): InstanceLevels {
  return {
    async find(id) {
      const row = await instanceDb(store)
        .selectFrom('instances')
        .select(['id', 'account_id', 'organization_id', 'element_id'])
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return (
        row && {
          id: row.id,
          accountId: row.account_id,
          organizationId: row.organization_id,
          elementId: row.element_id,
        }
      )
    },
    async hold(trx, id) {
      const row = await trx
        .withTables<InstanceTables>()
        .selectFrom('instances')
        .select('id')
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .forShare()
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
