import type { Kysely } from 'kysely'
import type { ElementTables } from '../elements/element-table.ts'
import type { InstanceTables } from './instance-table.ts'

/** How many instances an element has that are not deleted, of all accounts or of one. */
export async function countInstancesOf(
  db: Kysely<ElementTables>,
  elementId: number,
  accountId?: number,
): Promise<number> {
  let rows = db
    .withTables<InstanceTables>()
    .selectFrom('instances')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('element_id', '=', elementId)
    .where('deleted_at', 'is', null)
  if (accountId !== undefined) rows = rows.where('account_id', '=', accountId)
  return (await rows.executeTakeFirstOrThrow()).count
}
