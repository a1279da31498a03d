import { accountGroup } from '../../jobs/account-group.ts'
import type { FormulaContext } from '../context.ts'
import { formulaDb } from '../formula-table.ts'
import { RUN_QUEUE, WAKING, wakeOf } from './queues.ts'

/** The clocks of two processes differ by less. */
const EARLY_MS = 30_000

/**
 * A wake for later that came a little before its time, because this process has another clock than the one that asked for it, is used up: there is
 * another one for an execution that waits for its next attempt.
 */
export async function wakeEarly(context: Pick<FormulaContext, 'store' | 'jobs' | 'now'>, id: number): Promise<void> {
  const now = context.now()
  const row = await formulaDb(context.store)
    .selectFrom('formula_executions')
    .select([...WAKING, 'retry_at', 'status'])
    .where('id', '=', id)
    .where('retry_at', '>', now)
    .where('retry_at', '<', new Date(now.getTime() + EARLY_MS))
    .executeTakeFirst()
  if (!row?.retry_at) return
  const at = row.retry_at
  const { queue, ...wake } =
    row.status === 'retry'
      ? { queue: RUN_QUEUE, key: `r${id}`, group: accountGroup(row.account_id), at }
      : wakeOf(row, at)
  await context.store.changes.transaction((trx, publish) => context.jobs.wake(trx, publish, queue, [wake]))
}
