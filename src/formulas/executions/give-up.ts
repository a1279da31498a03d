import type { FormulaContext } from '../context.ts'
import { formulaDb, inFormulas } from '../formula-table.ts'
import { endNow } from './cancel-execution.ts'
import type { HeldExecution } from './take.ts'

/** Times that nothing came of it: some minutes of pauses, and fewer than a job has, which would be parked and hold up what waits behind it. */
const MOST_INTERRUPTIONS = 12

/**
 * What was taken from a process that died, or failed at it, with the interruptions at the step where it stands: those at which it came further do
 * not count. Whoever looks at the execution sees that it does not get on.
 */
export async function countInterruptions(context: FormulaContext, held: HeldExecution): Promise<HeldExecution> {
  if (!held.wasInterrupted) return held
  const { id, created_at, version } = held
  const db = formulaDb(context.store)
  const { steps } = await db
    .selectFrom('formula_steps')
    .select(({ fn }) => fn.max('seq').as('steps'))
    .where('execution_id', '=', id)
    .where('execution_created_at', '=', created_at)
    .where('finished_at', 'is not', null)
    .executeTakeFirstOrThrow()
  const reached = (steps ?? 0) + 1
  const cameFurther = reached > held.step_count
  const counted = cameFurther
    ? { interruptions: 1, step_count: reached }
    : { interruptions: held.interruptions, step_count: held.step_count }
  await db
    .updateTable('formula_executions')
    .set({ ...counted, error: inWords(counted) })
    .where('id', '=', id)
    .where('created_at', '=', created_at)
    .where('version', '=', version)
    .where('finished_at', 'is', null)
    .execute()
  return { ...held, ...counted }
}

/**
 * An execution at which each process dies, or fails, would be taken up for ever, take others along, and hold up those that wait behind it. One that
 * was taken up many times without a single step that ended has failed.
 *
 * @returns whether it has ended
 */
export async function giveUp(context: FormulaContext, held: HeldExecution): Promise<boolean> {
  const { id, created_at, version, interruptions, wasInterrupted } = held
  if (!wasInterrupted || interruptions < MOST_INTERRUPTIONS) return false
  context.log.error({ execution: id, interruptions }, 'an execution is given up: nothing comes of taking it up again')
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
    if (row) await endNow(context, trx, publish, row, inWords(held))
    return true
  })
}

function inWords({ interruptions, step_count }: Pick<HeldExecution, 'interruptions' | 'step_count'>): string {
  const [times, each] = interruptions === 1 ? ['once', ''] : [`${interruptions} times`, 'each time ']
  return `It was taken up again ${times} after step ${step_count}, and ${each}the hub was interrupted or failed before the next one ended`
}
