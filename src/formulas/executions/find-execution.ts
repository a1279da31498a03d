import type { Operation } from '../../accounts/authorize.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { formulaDb } from '../formula-table.ts'
import {
  EXECUTION_COLUMNS,
  type ExecutionWithSteps,
  type ShownExecution,
  STEP_COLUMNS,
  toExecutionBody,
  toStepBody,
} from './execution-body.ts'
import type { ReadingContext } from './reading-context.ts'

/** Where a path says that an execution is. */
export interface ExecutionPlace {
  formulaId?: number | undefined
  formulaInstanceId?: number | undefined
}

type Asked = Pick<ReadingContext, 'store' | 'authorize'>

/** Steps that are shown with their execution. A longer one has lists of them for the rest. */
export const MOST_STEPS = 10_000

/**
 * One execution, as long as it is kept.
 * @throws ValenceError EXECUTION_NOT_FOUND (404), also of one that is elsewhere; FORBIDDEN (403) when it belongs to another account
 */
export async function executionOf(
  { store, authorize }: Asked,
  caller: Caller,
  operation: Extract<Operation, `executions.${string}`>,
  id: number,
  { formulaId, formulaInstanceId }: ExecutionPlace = {},
): Promise<ShownExecution> {
  // by id alone: a look-up in the index of each day that is kept
  const row = await formulaDb(store)
    .selectFrom('formula_executions')
    .select(EXECUTION_COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst()
  const isThere =
    (formulaId === undefined || row?.formula_id === formulaId) &&
    (formulaInstanceId === undefined || row?.formula_instance_id === formulaInstanceId)
  if (!row || !isThere) throw executionNotFound(id)
  authorize(caller, operation, { organizationId: row.organization_id, accountId: row.account_id })
  return row
}

export function executionNotFound(id: number): ValenceError {
  const which = id > 0 ? `id ${id}` : 'that id'
  return new ValenceError(
    'EXECUTION_NOT_FOUND',
    `There is no execution of a formula with ${which}, or it is not kept any more`,
  )
}

/**
 * `GET …/executions/{id}`: with its steps, the oldest first, without their values.
 * @returns how many of the steps are not shown, the oldest of them
 */
export async function readExecution(
  context: Asked,
  caller: Caller,
  id: number,
  place?: ExecutionPlace,
): Promise<{ execution: ExecutionWithSteps; isCut: boolean }> {
  const row = await executionOf(context, caller, 'executions.read', id, place)
  const steps = await stepsOf(context, row)
    .select(STEP_COLUMNS)
    .orderBy('seq', 'desc')
    .limit(MOST_STEPS + 1)
    .execute()
  const shown = steps.slice(0, MOST_STEPS).toReversed()
  return {
    execution: { ...toExecutionBody(row), stepExecutions: shown.map((step) => toStepBody(step)) },
    isCut: steps.length > shown.length,
  }
}

/** Steps that are shown of an execution. The time names the day that they are kept with. */
export function stepsOf(
  { store }: Pick<Asked, 'store'>,
  { id, created_at }: Pick<ShownExecution, 'id' | 'created_at'>,
) {
  return formulaDb(store)
    .selectFrom('formula_steps')
    .where('execution_id', '=', id)
    .where('execution_created_at', '=', created_at)
    .where('is_hidden', '=', false)
}
