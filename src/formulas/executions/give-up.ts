import type { FormulaContext } from '../context.ts'
import { formulaDb, inFormulas } from '../formula-table.ts'
import { endNow } from './cancel-execution.ts'
import type { HeldExecution } from './take.ts'

/** Times that nothing came of it: all attempts of a job, and some of the next one. */
const MOST_INTERRUPTIONS = 20

/**
 * An execution at which each process dies, or fails, would be taken up for ever, take others along, and hold up those that wait behind it. One that
 * was taken up many times without a single step that ended has failed.
 *
 * @returns whether it has ended
 */
export async function giveUp(context: FormulaContext, held: HeldExecution): Promise<boolean> {
  const { id, created_at, version, step_count, interruptions, wasInterrupted } = held
  if (!wasInterrupted || interruptions < MOST_INTERRUPTIONS) return false
  const db = formulaDb(context.store)
  const { steps } = await db
    .selectFrom('formula_steps')
    .select(({ fn }) => fn.max('seq').as('steps'))
    .where('execution_id', '=', id)
    .where('execution_created_at', '=', created_at)
    .where('finished_at', 'is not', null)
    .executeTakeFirstOrThrow()
  const reached = (steps ?? 0) + 1
  if (reached > step_count) {
    await db
      .updateTable('formula_executions')
      .set({ interruptions: 0, step_count: reached })
      .where('id', '=', id)
      .where('created_at', '=', created_at)
      .where('version', '=', version)
      .execute()
    return false
  }
  context.log.error({ execution: id, interruptions }, 'an execution is given up: nothing comes of taking it up again')
  const error = `It was taken up again ${interruptions} times after step ${reached}, and each time the hub was interrupted or failed before the next one ended`
  return context.store.changes.transaction(async (plain, publish) => {
    const trx = inFormulas(plain)
    const row = await trx
      .selectFrom('formula_executions')
      .selectAll()
      .where('id', '=', id)
      .where('created_at', '=', created_at)
      .where('version', '=', version)
      .where('finished_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (row) await endNow(context, trx, publish, row, error)
    return true
  })
}
