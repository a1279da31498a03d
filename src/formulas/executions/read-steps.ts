import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { countSome } from '../../store/count-some.ts'
import { type ListOrder, type PageQuery, rowsOfPage } from '../../store/page-by-id.ts'
import { formulaDb } from '../formula-table.ts'
import {
  EXECUTION_COLUMNS,
  type ShownExecution,
  type ShownStep,
  STEP_COLUMNS,
  type StepExecutionBody,
  type StepValueBody,
  toStepBody,
  toValueBodies,
} from './execution-body.ts'
import { executionOf, stepsOf } from './find-execution.ts'
import { fitting, readValues, SIZE } from './read-values.ts'
import { inTurnOf, type ReadingContext } from './reading-context.ts'

/** A step is placed by its `seq`. */
export interface StepsQuery extends PageQuery {
  includeValues: boolean
}

export const STEP_ORDER: ListOrder = { by: 'seq', isNewestFirst: true }

export interface StepsPage {
  items: StepExecutionBody[]
  total: number | undefined
  next: number | undefined
}

/**
 * `GET …/executions/{id}/steps`: those that are shown, the newest first, the one that is under way among them. A page of large values is shorter
 * than asked for.
 * @throws ValenceError EXECUTION_NOT_FOUND, FORBIDDEN
 */
export async function listSteps(
  context: ReadingContext,
  caller: Caller,
  executionId: number,
  { includeValues, ...query }: StepsQuery,
): Promise<StepsPage> {
  const execution = await executionOf(context, caller, 'executions.read', executionId)
  const found = stepsOf(context, execution)
  const rows = await rowsOfPage(found.select([...STEP_COLUMNS, SIZE.as('size')]), query, STEP_ORDER).execute()
  const asked = rows.slice(0, query.pageSize)
  const shown = includeValues
    ? asked.slice(
        0,
        fitting(asked, ({ size }) => size),
      )
    : asked
  const values = includeValues
    ? await inTurnOf(context.valueSlots, caller, () => readValues(context, [{ execution, steps: shown }]))
    : undefined
  return {
    items: shown.map((row) => toStepBody(row, values && (values.get(row.id) ?? []))),
    total: await countSome(formulaDb(context.store), found),
    next: rows.length > shown.length ? shown.at(-1)?.seq : undefined,
  }
}

/**
 * `GET …/executions/steps/{id}`: with its values.
 * @throws ValenceError NOT_FOUND, FORBIDDEN when it belongs to another account
 */
export async function readStep(context: ReadingContext, caller: Caller, id: number): Promise<StepExecutionBody> {
  const found = await findStep(context, caller, id)
  if (!found) {
    const which = id > 0 ? `id ${id}` : 'that id'
    throw new ValenceError('NOT_FOUND', `There is no step of an execution with ${which}, or it is not kept any more`)
  }
  const { execution, step } = found
  const values = await inTurnOf(context.valueSlots, caller, () => readValues(context, [{ execution, steps: [step] }]))
  return toStepBody(step, values.get(step.id) ?? [])
}

/**
 * `GET …/executions/steps/{id}/values`. Of one that is not kept any more there are none (spec 32 §9), nor of one that never was: nobody can tell.
 * @throws ValenceError FORBIDDEN when it belongs to another account
 */
export async function listStepValues(context: ReadingContext, caller: Caller, id: number): Promise<StepValueBody[]> {
  const found = await findStep(context, caller, id)
  if (!found) return []
  const { execution, step } = found
  const values = await inTurnOf(context.valueSlots, caller, () => readValues(context, [{ execution, steps: [step] }]))
  return toValueBodies(step.id, values.get(step.id) ?? [])
}

/** How many of the first values one answer can take. */
export function shownValues(values: readonly StepValueBody[]): number {
  return fitting(values, ({ value }) => value?.length ?? 0)
}

/** @throws ValenceError FORBIDDEN when it belongs to another account */
async function findStep(
  { store, authorize }: Pick<ReadingContext, 'store' | 'authorize'>,
  caller: Caller,
  id: number,
): Promise<{ execution: ShownExecution; step: ShownStep } | undefined> {
  // by id alone: a look-up in the index of each day that is kept
  const step = await formulaDb(store)
    .selectFrom('formula_steps')
    .select([...STEP_COLUMNS, 'execution_id', 'execution_created_at', 'organization_id', 'account_id'])
    .where('id', '=', id)
    .where('is_hidden', '=', false)
    .executeTakeFirst()
  if (!step) return undefined
  authorize(caller, 'executions.read', { organizationId: step.organization_id, accountId: step.account_id })
  const execution = await formulaDb(store)
    .selectFrom('formula_executions')
    .select(EXECUTION_COLUMNS)
    .where('id', '=', step.execution_id)
    .where('created_at', '=', step.execution_created_at)
    .executeTakeFirst()
  return execution && { execution, step }
}
