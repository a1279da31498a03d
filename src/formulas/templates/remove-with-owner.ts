import type { Transaction } from 'kysely'
import type { Actor } from '../../audit/record-change.ts'
import { recordChanges } from '../../audit/record-change.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_TOPIC, inFormulas } from '../formula-table.ts'
import { deleteInstances } from '../instances/remove-instances.ts'

/**
 * Formulas go with their account or organization, with all instances that there are of them, in other accounts too. Called after the account's own
 * instances are gone. Executions that still end find what they run.
 *
 * @param by absent where nobody is left to read a record of it
 */
export async function removeFormulasOf<DB>(
  context: FormulaContext,
  anyTrx: Transaction<DB>,
  publish: Publish,
  gone: { accountId: number } | { organizationId: number },
  by?: Actor,
): Promise<void> {
  const trx = inFormulas(anyTrx)
  const theirs = trx
    .selectFrom('formulas')
    .select(['id', 'name', 'account_id'])
    .where((eb) =>
      'accountId' in gone ? eb('account_id', '=', gone.accountId) : eb('organization_id', '=', gone.organizationId),
    )
  const found = await theirs.orderBy('id').forUpdate().execute()
  if (found.length === 0) return
  const ids = found.map(({ id }) => id)
  const instances = await trx.selectFrom('formula_instances').select('id').where('formula_id', 'in', ids).execute()
  await deleteInstances(
    context,
    trx,
    publish,
    instances.map(({ id }) => id),
  )
  await trx
    .updateTable('formula_revisions')
    .set({ superseded_at: context.now() })
    .where('formula_id', 'in', ids)
    .where('superseded_at', 'is', null)
    .execute()
  await trx.deleteFrom('formulas').where('id', 'in', ids).execute()
  for (const id of ids) publish({ topic: FORMULA_TOPIC, key: String(id) })
  if (!by) return
  const changes = found.map(
    ({ id, name, account_id }) =>
      ({ entity: 'formula', id, action: 'delete', accountId: account_id, before: { id, name } }) as const,
  )
  await recordChanges(trx, by, changes)
}
