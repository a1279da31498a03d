import type { Transaction } from 'kysely'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { endAllNow } from '../executions/cancel-execution.ts'
import { inFormulas } from '../formula-table.ts'

/** What an execution begins with may be large: so many are in memory at a time. */
const PIECE = 50

/**
 * Executions of instances that may not run any more are cancelled, in the transaction that says so (spec 30 §2.1), each as if somebody had done it
 * (`cancel-execution.ts`). Before their instances are changed: whoever ends an execution has its row first and then the one of its instance.
 *
 * @param except the execution that asks for it itself: a formula may switch itself off and come to its own end (spec 31 §5)
 */
export async function endExecutions<DB>(
  context: FormulaContext,
  anyTrx: Transaction<DB>,
  publish: Publish,
  formulaInstanceIds: readonly number[],
  { except }: { except?: number | undefined } = {},
): Promise<void> {
  if (formulaInstanceIds.length === 0) return
  const trx = inFormulas(anyTrx)
  const open = await trx
    .selectFrom('formula_executions')
    .select(['id', 'created_at'])
    .where('formula_instance_id', 'in', formulaInstanceIds)
    .where(({ eb, or, and }) =>
      or([eb('finished_at', 'is', null), and([eb('status', '=', 'retry'), eb('retry_at', 'is not', null)])]),
    )
    .where('id', '<>', except ?? 0)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  for (let from = 0; from < open.length; from += PIECE) {
    const some = open.slice(from, from + PIECE)
    const rows = await trx
      .selectFrom('formula_executions')
      .selectAll()
      .where('id', 'in', idsOf(some))
      .where(
        'created_at',
        'in',
        some.map(({ created_at }) => created_at),
      )
      .orderBy('id')
      .execute()
    await endAllNow(context, trx, publish, rows, undefined)
  }
}

function idsOf(rows: readonly { id: number }[]): number[] {
  return rows.map(({ id }) => id)
}
