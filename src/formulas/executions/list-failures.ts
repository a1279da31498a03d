import { type SqlBool, sql } from 'kysely'
import Type, { type Static } from 'typebox'
import type { Caller } from '../../model/account.ts'
import { countSome } from '../../store/count-some.ts'
import { type PageQuery, rowsOfPage } from '../../store/page-by-id.ts'
import { formulaDb } from '../formula-table.ts'
import { findFormulaInstance, type InstanceName } from '../instances/find-instance.ts'
import { findFormula } from '../templates/find-formula.ts'
import {
  EXECUTION_COLUMNS,
  ExecutionBody,
  type ShownExecution,
  StepExecutionBody,
  toExecutionBody,
} from './execution-body.ts'
import { type Failure, failedExecutions, failedStepsOf, readErrors, sizeOf, type TimeLimits } from './read-errors.ts'
import { fitting } from './read-values.ts'
import type { ReadingContext } from './reading-context.ts'

/** An execution that failed, with steps that made it fail. */
export const FailureBody = Type.Object(
  { ...ExecutionBody.properties, stepExecutions: Type.Array(StepExecutionBody) },
  { title: 'FormulaFailure' },
)
export type FailureBody = Static<typeof FailureBody>

export const FailingInstanceBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    formula: Type.Object({ id: Type.Integer(), name: Type.String(), active: Type.Boolean() }),
    executions: Type.Array(FailureBody),
  },
  { title: 'FailingFormulaInstance' },
)
export type FailingInstanceBody = Static<typeof FailingInstanceBody>

export type FailuresQuery = TimeLimits & PageQuery

export interface FailuresPage<Item> {
  items: Item[]
  total: number | undefined
  next: number | undefined
}

/** Of an instance in a list of instances; its own list has them all. */
const MOST_EXECUTIONS = 50

/**
 * `GET /formulas/instances/{id}/executions/errors`: executions that failed, the newest first, each with its first 10 steps that did. A page of large
 * errors is shorter than asked for.
 * @throws ValenceError FORMULA_INSTANCE_NOT_FOUND, FORBIDDEN
 */
export async function listFailures(
  context: ReadingContext,
  caller: Caller,
  place: InstanceName,
  query: FailuresQuery,
): Promise<FailuresPage<FailureBody>> {
  await findFormulaInstance(context, caller, 'executions.read', place)
  const found = failedExecutions(context, query).where('formula_instance_id', '=', place.id)
  const rows = await rowsOfPage(found.select(EXECUTION_COLUMNS), query, { isNewestFirst: true }).execute()
  const failures = await failedStepsOf(context, rows.slice(0, query.pageSize))
  const shown = failures.slice(0, fitting(failures, sizeOf))
  const toBody = await failureBodies(context, caller, shown)
  return {
    items: shown.map(toBody),
    total: await countSome(formulaDb(context.store), found),
    next: rows.length > shown.length ? shown.at(-1)?.execution.id : undefined,
  }
}

/**
 * `GET /formulas/{id}/instances/executions/errors`: instances of a formula that failed, each with its 50 newest failures. Those of the caller's
 * account; of an administrator of the organization those of all its accounts. A page of large errors is shorter than asked for.
 * @throws ValenceError FORMULA_NOT_FOUND (404)
 */
export async function listFailingInstances(
  context: ReadingContext,
  caller: Caller,
  formulaId: number,
  query: FailuresQuery,
): Promise<FailuresPage<FailingInstanceBody>> {
  context.authorize(caller, 'executions.read')
  const { name: formulaName, active } = await findFormula(context, caller, formulaId)
  const formula = { id: formulaId, name: formulaName, active }
  const found = formulaDb(context.store)
    .selectFrom('formula_instances')
    .where('formula_id', '=', formulaId)
    .where('organization_id', '=', caller.organizationId)
    .$if(!caller.organizationAdmin, (some) => some.where('account_id', '=', caller.accountId))
    .where(({ exists }) =>
      exists(
        failedExecutions(context, query)
          .select('id')
          .where(sql<SqlBool>`formula_executions.formula_instance_id = formula_instances.id`),
      ),
    )
  const rows = await rowsOfPage(found.select(['id', 'name']), query).execute()
  const asked = rows.slice(0, query.pageSize)
  const executions = await newestOf(
    context,
    asked.map(({ id }) => id),
    query,
  )
  const failures = Map.groupBy(
    await failedStepsOf(context, executions),
    ({ execution }) => execution.formula_instance_id,
  )
  const instances = asked.map((row) => {
    const all = failures.get(row.id) ?? []
    // one that has more than an answer can hold is shown with the newest of them
    return { ...row, failures: all.slice(0, fitting(all, sizeOf)) }
  })
  const shown = instances.slice(
    0,
    fitting(instances, (one) => one.failures.reduce((sum, failure) => sum + sizeOf(failure), 0)),
  )
  const toBody = await failureBodies(
    context,
    caller,
    shown.flatMap((one) => one.failures),
  )
  return {
    items: shown.map(({ id, name, failures: some }) => ({ id, name, formula, executions: some.map(toBody) })),
    total: await countSome(formulaDb(context.store), found),
    next: rows.length > shown.length ? shown.at(-1)?.id : undefined,
  }
}

/** @returns what shows an execution with the errors of its steps */
async function failureBodies(
  context: ReadingContext,
  caller: Caller,
  failures: readonly Failure[],
): Promise<(failure: Failure) => FailureBody> {
  const toStep = await readErrors(context, caller, failures)
  return ({ execution, steps }) => ({ ...toExecutionBody(execution), stepExecutions: steps.map(toStep) })
}

/** Failures of each instance, the newest first. */
async function newestOf(
  context: ReadingContext,
  instanceIds: readonly number[],
  limits: TimeLimits,
): Promise<ShownExecution[]> {
  if (instanceIds.length === 0) return []
  const newest = failedExecutions(context, limits)
    .select(EXECUTION_COLUMNS)
    .where(sql<SqlBool>`formula_instance_id = wanted.id`)
    .orderBy('id', 'desc')
    .limit(MOST_EXECUTIONS)
  const { rows } = await sql<ShownExecution>`
    select execution.* from unnest(${instanceIds}::integer[]) as wanted (id)
    cross join lateral ${newest} as execution order by wanted.id, execution.id desc`.execute(formulaDb(context.store))
  return rows
}
