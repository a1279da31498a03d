import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Publish } from '../../store/changes.ts'
import { CANCEL_TOPIC, ENDED_TOPIC } from '../executions/execution-table.ts'
import { inFormulas } from '../formula-table.ts'

/**
 * Executions of instances that may not run any more are cancelled, in the transaction that says so (spec 30 §2.1). What a process is at, it lets go
 * of with its next step.
 *
 * @param except the execution that asks for it itself: a formula may switch itself off and come to its own end (spec 31 §5)
 */
export async function endExecutions<DB>(
  anyTrx: Transaction<DB>,
  publish: Publish,
  formulaInstanceIds: readonly number[],
  { at, except }: { at: Date; except?: number | undefined },
): Promise<void> {
  if (formulaInstanceIds.length === 0) return
  const ended = await inFormulas(anyTrx)
    .updateTable('formula_executions')
    .set({ status: 'cancelled', is_running: false, finished_at: at, updated_at: at, retry_at: null })
    .set({ version: sql`version + 1` })
    .where('formula_instance_id', 'in', formulaInstanceIds)
    .where('finished_at', 'is', null)
    .where('id', '<>', except ?? 0)
    .returning(['id', 'is_awaited'])
    .execute()
  for (const { id, is_awaited } of ended) {
    publish({ topic: CANCEL_TOPIC, key: String(id) })
    if (is_awaited) publish({ topic: ENDED_TOPIC, key: String(id) })
  }
}
