import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_INSTANCE_TOPIC, inFormulas } from '../formula-table.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { publishTriggers } from './settle.ts'

/**
 * An instance is switched off by the hub itself, because it fails and fails: it listens to nothing any more and has no schedule. Nobody asked for
 * it, so it is written down in the name of its owner. Its formula is not held for that: whoever ends an execution has its row, and must not wait for
 * somebody who changes the formula, who may wait for executions to end.
 *
 * Executions that wait are not gone on with, because they are not of an active instance.
 */
export async function deactivateInstance<DB>(
  context: Pick<FormulaContext, 'store' | 'clock' | 'now'>,
  anyTrx: Transaction<DB>,
  publish: Publish,
  id: number,
): Promise<void> {
  const trx = inFormulas(anyTrx)
  const row = await trx
    .updateTable('formula_instances')
    .set({ active: false, scheduled_cron: null, updated_at: context.now() })
    .where('id', '=', id)
    .where('active', '=', true)
    .returningAll()
    .executeTakeFirst()
  if (!row) return
  const triggers = await trx
    .deleteFrom('formula_triggers')
    .where('formula_instance_id', '=', id)
    .returning('element_instance_id')
    .execute()
  publishTriggers(publish, triggers)
  await context.clock.remove(trx, [id])
  publish({ topic: FORMULA_INSTANCE_TOPIC, key: String(id) })
  const owner = { userId: row.user_id, accountId: row.account_id, organizationId: row.organization_id }
  await recordChange(anyTrx, owner, formulaInstanceChange(context, 'deactivate', { ...row, active: true }, row))
}
