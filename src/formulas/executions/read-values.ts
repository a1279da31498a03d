import { setImmediate as breathe } from 'node:timers/promises'
import { sql } from 'kysely'
import type { FormulaEngine } from '../../model/formula.ts'
import { formulaDb } from '../formula-table.ts'
import { isTrigger, type ShownExecution, type ShownStep } from './execution-body.ts'
import type { ReadingContext } from './reading-context.ts'
import { openOutcome, openStart } from './sealed-values.ts'
import { type StepValue, stepValues, triggerValues } from './step-values.ts'

/** Sealed values of one answer; a page of larger ones is shorter. */
const PAGE_BYTES = 4 * 1024 * 1024
/** After so many bytes others have their turn in this process. */
const PIECE_BYTES = 256 * 1024

/** Steps of one execution. */
export interface StepsOf<Step> {
  execution: Pick<ShownExecution, 'id' | 'created_at' | 'formula_id' | 'formula_revision'>
  steps: readonly Step[]
}
type ValuedStep = Pick<ShownStep, 'id' | 'seq' | 'type'>
/** Of each step, by its id. */
type Values = ReadonlyMap<number, readonly StepValue[]>
type Reading = Pick<ReadingContext, 'store' | 'limits'>

/** Bytes that are read for the values of a row of `formula_steps`. */
export const SIZE = sql<number>`case when formula_steps.seq = 0
  then (select octet_length(start) from formula_executions
    where id = formula_steps.execution_id and created_at = formula_steps.execution_created_at)
  else coalesce(octet_length(formula_steps.outcome), 0) end`

/** How many of the first ones fit into one answer, which has one at least. */
export function fitting<T>(items: readonly T[], sizeOf: (item: T) => number): number {
  let bytes = 0
  const end = items.findIndex((item, at) => {
    bytes += sizeOf(item)
    return at > 0 && bytes > PAGE_BYTES
  })
  return end < 0 ? items.length : end
}

/** Values of some steps; of one that is under way there are none. Ask `fitting` before: all of them are in memory at once. */
export async function readValues(context: Reading, wanted: readonly StepsOf<ValuedStep>[]): Promise<Values> {
  const values = new Map<number, readonly StepValue[]>()
  for (const { execution, steps } of wanted) {
    const trigger = steps.find(isTrigger)
    if (trigger) values.set(trigger.id, await valuesOfTrigger(context, execution))
  }
  const engines = await enginesOf(context, wanted)
  const byId = new Map(wanted.map(({ execution }) => [execution.id, execution]))
  let bytes = 0
  for (const row of await outcomesOf(context, wanted)) {
    const execution = byId.get(row.execution_id)
    if (row.outcome === null || !execution) continue
    bytes += row.outcome.length
    if (bytes >= PIECE_BYTES) {
      bytes = 0
      await breathe()
    }
    const outcome = openOutcome(context.store.cipher, row)
    if (!outcome) continue
    const engine = engines.get(revisionOf(execution)) ?? null
    values.set(row.id, stepValues(row, outcome, { engine, most: context.limits.valueBytes }))
  }
  return values
}

async function valuesOfTrigger(
  { store, limits }: Reading,
  { id, created_at }: Pick<ShownExecution, 'id' | 'created_at'>,
): Promise<readonly StepValue[]> {
  const row = await formulaDb(store)
    .selectFrom('formula_executions')
    .select('start')
    .where('id', '=', id)
    .where('created_at', '=', created_at)
    .executeTakeFirst()
  if (!row) return []
  return triggerValues(openStart(store.cipher, { id, start: row.start }), { most: limits.valueBytes })
}

interface OutcomeRow {
  id: number
  execution_id: number
  seq: number
  name: string
  type: string
  outcome: Buffer | null
}

async function outcomesOf({ store }: Reading, wanted: readonly StepsOf<ValuedStep>[]): Promise<OutcomeRow[]> {
  const places = wanted.flatMap(({ execution: { id, created_at }, steps }) =>
    steps.filter((step) => !isTrigger(step)).map(({ seq }) => ({ id, createdAt: created_at.toISOString(), seq })),
  )
  if (places.length === 0) return []
  const columns = (name: 'id' | 'createdAt' | 'seq') => places.map((place) => place[name])
  const { rows } = await sql<OutcomeRow>`
    select step.id, step.execution_id, step.seq, step.name, step.type, step.outcome
    from unnest(${columns('id')}::bigint[], ${columns('createdAt')}::timestamptz[], ${columns('seq')}::integer[])
      as wanted (execution_id, created_at, seq)
    join formula_steps step on step.execution_id = wanted.execution_id
      and step.execution_created_at = wanted.created_at and step.seq = wanted.seq`.execute(formulaDb(store))
  return rows
}

/** Of the revisions that they run, by `revisionOf`; of one that is not kept any more it does not matter. */
async function enginesOf(
  { store }: Reading,
  wanted: readonly StepsOf<ValuedStep>[],
): Promise<ReadonlyMap<string, FormulaEngine | null>> {
  const engines = new Map<string, FormulaEngine | null>()
  for (const { execution, steps } of wanted) {
    const key = revisionOf(execution)
    // only sub-formulas are shown otherwise
    if (engines.has(key) || !steps.some(({ type }) => type === 'formula')) continue
    const row = await formulaDb(store)
      .selectFrom('formula_revisions')
      .select(sql<FormulaEngine | null>`body->>'engine'`.as('engine'))
      .where('formula_id', '=', execution.formula_id)
      .where('revision', '=', execution.formula_revision)
      .executeTakeFirst()
    engines.set(key, row?.engine ?? null)
  }
  return engines
}

function revisionOf({ formula_id, formula_revision }: Pick<ShownExecution, 'formula_id' | 'formula_revision'>): string {
  return `${formula_id} ${formula_revision}`
}
