import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_INSTANCE_TOPIC, inFormulas } from '../formula-table.ts'
import { endExecutions } from './end-executions.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { settleInstances } from './settle.ts'

/**
 * Instances are switched off by the hub itself, with what they run: nobody asked for it, so it is written down in the name of their owners.
 * @param except an execution that comes to its end by itself
 */
export async function deactivateInstances<DB>(
  context: Pick<FormulaContext, 'store' | 'clock' | 'log' | 'now'>,
  anyTrx: Transaction<DB>,
  publish: Publish,
  ids: readonly number[],
  { except }: { except?: number } = {},
): Promise<void> {
  if (ids.length === 0) return
  const at = context.now()
  const rows = await inFormulas(anyTrx)
    .updateTable('formula_instances')
    .set({ active: false, updated_at: at })
    .where('id', 'in', ids)
    .where('active', '=', true)
    .returningAll()
    .execute()
  const changed = rows.map(({ id }) => id)
  await endExecutions(anyTrx, publish, changed, { at, except })
  await settleInstances(context, anyTrx, publish, changed)
  for (const row of rows) {
    publish({ topic: FORMULA_INSTANCE_TOPIC, key: String(row.id) })
    const owner = { userId: row.user_id, accountId: row.account_id, organizationId: row.organization_id }
    await recordChange(anyTrx, owner, formulaInstanceChange(context, 'deactivate', { ...row, active: true }, row))
  }
}
