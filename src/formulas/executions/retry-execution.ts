import type { Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, inFormulas } from '../formula-table.ts'
import { openValues } from '../instances/open-instance.ts'
import { assertChain } from '../triggers/chain.ts'
import { endNow, lockExecution } from './cancel-execution.ts'
import type { ExecutionRow, ExecutionStatus } from './execution-table.ts'
import { openStart } from './sealed-values.ts'
import { type ExecutionToStart, type StartedExecution, startExecutions } from './start-execution.ts'
import { wakeEarly } from './wake-early.ts'

type Trx = Transaction<FormulaTables>

/**
 * `PUT …/retries`: another execution with what started this one, of the formula and the instance as they are now; this one stays (spec 32 §7).
 *
 * @param chain how many executions led to the call: a formula may run others again, and itself among them
 * @throws ValenceError EXECUTION_NOT_FOUND, FORMULA_INACTIVE (400), TOO_MANY, CALLS_TOO_DEEP (429); PARAMETER_INVALID (400) for one that has not ended
 */
export async function retryExecution(context: FormulaContext, id: number, chain: number): Promise<StartedExecution> {
  assertChain(chain, `Execution ${id}`)
  return context.store.changes.transaction(async (plain, publish) => {
    const trx = inFormulas(plain)
    const row = await lockExecution(trx, id)
    if (row.finished_at === null) {
      throw new ValenceError(
        'PARAMETER_INVALID',
        `Execution ${id} has not ended (${row.status}); cancel it, or wait for its end`,
      )
    }
    const asked = { chain: Math.max(row.chain, chain), isAsked: true }
    const started = await startAgain(context, trx, publish, row, {}, asked)
    if (started) return started
    throw new ValenceError('FORMULA_INACTIVE', `The formula or the instance of execution ${id} is not active any more`)
  })
}

/**
 * `DELETE …/retries`: the attempt that an execution waits for is not made (spec 32 §7). What it came to until now is what it came to.
 *
 * @throws ValenceError EXECUTION_NOT_FOUND; EXECUTION_ENDED (400) for one that waits for none
 */
export async function dropRetry(context: FormulaContext, id: number): Promise<void> {
  await context.store.changes.transaction(async (plain, publish) => {
    const trx = inFormulas(plain)
    const row = await lockExecution(trx, id)
    if (row.retry_at === null) {
      throw new ValenceError('EXECUTION_ENDED', `Execution ${id} (${row.status}) waits for no other attempt`)
    }
    if (row.status === 'retry') await closeRetry(context, trx, row)
    else await endNow(context, trx, publish, row, `Attempt ${row.attempt} was not to be made`)
  })
}

/** The time of an attempt of a v1 formula has come: it is an execution of its own (spec 31 §3.11). */
export async function beginNextAttempt(context: FormulaContext, id: number): Promise<void> {
  const isDue = await context.store.changes.transaction(async (plain, publish) => {
    const trx = inFormulas(plain)
    const row = await trx
      .selectFrom('formula_executions')
      .selectAll()
      .where('id', '=', id)
      .where('status', '=', 'retry')
      .where('retry_at', '<=', context.now())
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!row) return false
    const facts = { retryAttemptNumber: row.attempt, retryParentExecution: id }
    const started = await startAgain(context, trx, publish, row, facts)
    await closeRetry(
      context,
      trx,
      row,
      started ? undefined : 'The formula or the instance was not active when it was to be tried again',
    )
    return true
  })
  if (!isDue) await wakeEarly(context, id)
}

/** It waits no longer: it is what its steps make of it. */
async function closeRetry({ now }: FormulaContext, trx: Trx, row: ExecutionRow, error?: string): Promise<void> {
  const failed = await trx
    .selectFrom('formula_steps')
    .select('seq')
    .where('execution_id', '=', row.id)
    .where('execution_created_at', '=', row.created_at)
    .where('is_failure', '=', true)
    .limit(1)
    .executeTakeFirst()
  const status: ExecutionStatus = failed ? 'failed' : 'success'
  await trx
    .updateTable('formula_executions')
    .set({ status, retry_at: null, updated_at: now(), ...(error === undefined ? {} : { error }) })
    .where('id', '=', row.id)
    .where('created_at', '=', row.created_at)
    .execute()
}

/** @returns undefined when the formula or the instance is gone, or not active */
async function startAgain(
  context: FormulaContext,
  trx: Trx,
  publish: Publish,
  row: ExecutionRow,
  facts: { retryAttemptNumber?: number; retryParentExecution?: number },
  more: Pick<ExecutionToStart, 'chain' | 'isAsked'> = {},
): Promise<StartedExecution | undefined> {
  const instance = await trx
    .selectFrom('formula_instances')
    .selectAll()
    .where('id', '=', row.formula_instance_id)
    .where('active', '=', true)
    .executeTakeFirst()
  const formula = await trx
    .selectFrom('formulas')
    .selectAll()
    .where('id', '=', row.formula_id)
    .where('active', '=', true)
    .executeTakeFirst()
  if (!instance || !formula) return undefined
  const { trigger, triggerNumber } = openStart(context.store.cipher, row)
  const { retryAttemptNumber: _attempt, retryParentExecution: _parent, ...original } = trigger
  const [started] = await startExecutions(context, trx, publish, [
    {
      formula,
      instance: { ...instance, values: openValues(context.store, instance) },
      trigger: { ...original, ...facts },
      ...{ triggerNumber, chain: row.chain, startedBy: row.trigger_type, attempt: facts.retryAttemptNumber },
      ...{ eventId: row.event_id ?? undefined, objectId: row.object_id ?? undefined, parentId: row.id },
      ...more,
    },
  ])
  return started
}
