import { type SqlBool, sql } from 'kysely'
import type { Caller } from '../../model/account.ts'
import { countSome } from '../../store/count-some.ts'
import { type PageQuery, rowsOfPage } from '../../store/page-by-id.ts'
import { formulaDb } from '../formula-table.ts'
import {
  type ShownExecution,
  type ShownStep,
  STEP_COLUMNS,
  type StepExecutionBody,
  toStepBody,
} from './execution-body.ts'
import { executionOf, stepsOf } from './find-execution.ts'
import { STEP_ORDER, type StepsPage } from './read-steps.ts'
import { fitting, readValues, SIZE, type StepsOf } from './read-values.ts'
import { inTurnOf, type ReadingContext } from './reading-context.ts'
import type { StepValue } from './step-values.ts'

/** Of an execution in a list; `GET …/executions/{id}/errors` has them all. */
const MOST_STEPS = 10
/** What a step takes in an answer beside its error. */
const STEP_BYTES = 200

/** An execution with steps that made it fail. */
export interface Failure extends StepsOf<FailedStep> {
  execution: ShownExecution
}
type FailedStep = ShownStep & {
  /** bytes of its values */
  size: number
}

/**
 * `GET …/executions/{id}/errors`: the steps that failed, the newest first, each with what went wrong as its only value. Filters that said no are not
 * among them, nor are lists at their end (spec 32 §8.1). A page of large values is shorter than asked for.
 * @throws ValenceError EXECUTION_NOT_FOUND, FORBIDDEN
 */
export async function listStepErrors(
  context: ReadingContext,
  caller: Caller,
  executionId: number,
  query: PageQuery,
): Promise<StepsPage> {
  const execution = await executionOf(context, caller, 'executions.read', executionId)
  const found = stepsOf(context, execution).where('is_failure', '=', true)
  const rows = await rowsOfPage(found.select([...STEP_COLUMNS, SIZE.as('size')]), query, STEP_ORDER).execute()
  const asked = rows.slice(0, query.pageSize)
  const shown = asked.slice(
    0,
    fitting(asked, ({ size }) => size),
  )
  const errors = await readErrors(context, caller, [{ execution, steps: shown }])
  return {
    items: shown.map(errors),
    total: await countSome(formulaDb(context.store), found),
    next: rows.length > shown.length ? shown.at(-1)?.seq : undefined,
  }
}

/** @returns what shows a step with its error as its only value */
export async function readErrors(
  context: ReadingContext,
  caller: Caller,
  failures: readonly Failure[],
): Promise<(step: ShownStep) => StepExecutionBody> {
  const values = await inTurnOf(context.valueSlots, caller, () => readValues(context, failures))
  return (step) => toStepBody(step, errorOf(step.name, values.get(step.id) ?? []))
}

/** Of a request that was answered with a failure there is no other error than the answer. */
const TOLD_BY = ['error', ...['response.body', 'response.code'].flatMap((of) => [of, `upload.${of}`, `download.${of}`])]

function errorOf(name: string, values: readonly StepValue[]): readonly StepValue[] {
  for (const key of TOLD_BY) {
    const told = values.find((one) => one.key === `${name}.${key}` && one.value !== undefined)
    if (told) return [told]
  }
  return values.slice(-1)
}

export interface TimeLimits {
  from: Date | undefined
  to: Date | undefined
}

/** Executions that failed, of whatever instance; what limits and orders them comes after it. */
export function failedExecutions({ store }: Pick<ReadingContext, 'store'>, { from, to }: TimeLimits) {
  return formulaDb(store)
    .selectFrom('formula_executions')
    .where('status', '=', 'failed')
    .$if(from !== undefined, (some) => some.where('created_at', '>=', from ?? new Date(0)))
    .$if(to !== undefined, (some) => some.where('created_at', '<=', to ?? new Date(0)))
}

/** Of each execution the first 10 steps that failed, the oldest first. */
export async function failedStepsOf(
  { store }: Pick<ReadingContext, 'store'>,
  executions: readonly ShownExecution[],
): Promise<Failure[]> {
  if (executions.length === 0) return []
  const ids = executions.map(({ id }) => id)
  const times = executions.map(({ created_at }) => created_at.toISOString())
  const { rows } = await sql<FailedStep & { execution_id: number }>`
    select step.* from unnest(${ids}::bigint[], ${times}::timestamptz[]) as wanted (id, created_at)
    cross join lateral (
      select ${sql.join(STEP_COLUMNS.map((column) => sql.ref(column)))}, execution_id, ${SIZE} as size from formula_steps
      where execution_id = wanted.id and execution_created_at = wanted.created_at
        and ${sql<SqlBool>`is_failure and not is_hidden`}
      order by seq limit ${MOST_STEPS}
    ) as step order by step.execution_id, step.seq`.execute(formulaDb(store))
  const byExecution = Map.groupBy(rows, ({ execution_id }) => execution_id)
  return executions.map((execution) => ({ execution, steps: byExecution.get(execution.id) ?? [] }))
}

/** Bytes of an execution with its errors, for `fitting`. */
export function sizeOf({ steps }: Failure): number {
  return steps.reduce((sum, { size }) => sum + size + STEP_BYTES, STEP_BYTES)
}
