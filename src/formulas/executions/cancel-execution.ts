import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, inFormulas } from '../formula-table.ts'
import { CANCEL_TOPIC, type ExecutionRow, outcomeContext } from './execution-table.ts'
import { executionNotFound } from './find-execution.ts'
import type { StepOutcome } from './outcome.ts'
import { byQueue, wakeOf } from './queues.ts'
import { type Ending, endingOf, settleEnds } from './settle-end.ts'
import type { EndingExecution } from './take.ts'

/**
 * Ends an execution that has not ended, or waits for its next attempt (spec 32 §6). It is cancelled at once: whoever works at it has lost it, its
 * script is ended and its request given up; what a request came to by then nobody knows.
 *
 * @throws ValenceError EXECUTION_NOT_FOUND, EXECUTION_ENDED (400)
 */
export async function cancelExecution(context: FormulaContext, id: number): Promise<void> {
  await context.store.changes.transaction(async (plain, publish) => {
    const trx = inFormulas(plain)
    const row = await lockExecution(trx, id)
    if (row.finished_at !== null && !(row.status === 'retry' && row.retry_at !== null)) {
      throw new ValenceError('EXECUTION_ENDED', `Execution ${id} has ended (${row.status}) and cannot be cancelled`)
    }
    await endNow(context, trx, publish, row, undefined)
  })
}

/** @throws ValenceError EXECUTION_NOT_FOUND */
export async function lockExecution(trx: Transaction<FormulaTables>, id: number): Promise<ExecutionRow> {
  const row = await trx
    .selectFrom('formula_executions')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) throw executionNotFound(id)
  return row
}

/** @param row locked by this transaction, @param error why, where it was not a person */
export async function endNow(
  context: FormulaContext,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  row: ExecutionRow,
  error: string | undefined,
): Promise<void> {
  await endAllNow(context, trx, publish, [row], error)
}

/** The same of several. @param rows locked by this transaction, in order of their ids */
export async function endAllNow(
  context: FormulaContext,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  rows: readonly EndingExecution[],
  error: string | undefined,
): Promise<void> {
  if (rows.length === 0) return
  await settleOpenSteps(context, trx, rows)
  const status = error === undefined ? 'cancelled' : 'failed'
  const endings = rows.map((row): Ending => {
    return { held: row, end: { status, stepCount: row.step_count, hasHidden: true, ...endingOf(context, row, error) } }
  })
  await settleEnds(context, trx, publish, endings)
  for (const { id } of rows) publish({ topic: CANCEL_TOPIC, key: String(id) })
  const wakes = rows.filter(({ is_single_threaded }) => is_single_threaded).map((row) => wakeOf(row))
  for (const [queue, some] of byQueue(wakes)) await context.jobs.wake(trx, publish, queue, some)
}

/** What was under way has failed, and may have happened. */
async function settleOpenSteps(
  { store, now }: FormulaContext,
  trx: Transaction<FormulaTables>,
  rows: readonly EndingExecution[],
): Promise<void> {
  const open = await trx
    .selectFrom('formula_steps')
    .select(['execution_id', 'execution_created_at', 'seq', 'name'])
    .where(
      'execution_id',
      'in',
      rows.map(({ id }) => id),
    )
    .where(
      'execution_created_at',
      'in',
      rows.map(({ created_at }) => created_at),
    )
    .where('status', '=', 'pending')
    .execute()
  for (const { execution_id: id, execution_created_at, seq, name } of open) {
    const error = 'cancelled'
    const outcome: StepOutcome = { status: 'failed', isFailure: true, isUncertain: true, value: { error }, error }
    const bytes = Buffer.from(JSON.stringify(outcome))
    await trx
      .updateTable('formula_steps')
      .set({ status: 'failed', is_failure: true, is_hidden: false, finished_at: now(), context_bytes: bytes.length })
      .set({ outcome: store.cipher.sealBytes(bytes, outcomeContext(id, seq)) })
      .where('execution_id', '=', id)
      .where('execution_created_at', '=', execution_created_at)
      .where('seq', '=', seq)
      .execute()
    await addUncertain(trx, id, name)
  }
}

export async function addUncertain(trx: Transaction<FormulaTables>, id: number, name: string): Promise<void> {
  await trx
    .updateTable('formula_executions')
    .set({ uncertain_steps: sql`array_append(uncertain_steps, ${name})` })
    .where('id', '=', id)
    .execute()
}
