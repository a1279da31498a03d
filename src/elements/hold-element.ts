import type { Transaction } from 'kysely'
import { elementNotFound, type Viewer } from './directory.ts'
import type { ElementTables } from './element-table.ts'

/**
 * Keeps a private element from being deleted, or taken away from the account, until the transaction that begins to use it
 * ends. Ids of shipped elements have no row and need none.
 *
 * @throws ValenceError ELEMENT_NOT_FOUND when it went away meanwhile
 */
export async function holdElement<DB>(
  trx: Transaction<DB>,
  { accountId, organizationId }: Viewer,
  element: { id: number; private?: boolean },
): Promise<void> {
  if (!element.private) return
  const db = trx.withTables<ElementTables>() as unknown as Transaction<ElementTables>
  const row = await db
    .selectFrom('elements')
    .select('id')
    .where('id', '=', element.id)
    .where('organization_id', '=', organizationId)
    .where((where) =>
      where.or([
        where('account_id', '=', accountId),
        where('organization_wide', '=', true),
        where.exists(
          where
            .selectFrom('element_accounts')
            .select('element_id')
            .where('element_id', '=', element.id)
            .where('account_id', '=', accountId),
        ),
      ]),
    )
    .forShare('elements')
    .executeTakeFirst()
  if (!row) throw elementNotFound(element.id)
}
