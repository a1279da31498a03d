import { type Insertable, sql, type Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { FormulaInstanceValues } from '../../model/formula.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaInstanceRow, type FormulaRow, type FormulaTables, inFormulas } from '../formula-table.ts'
import { isLogging } from '../templates/debug-logging.ts'
import type { ExecutionStart, ExecutionStatus, ExecutionTable, StartedBy } from './execution-table.ts'
import { byQueue, wakeOf } from './queues.ts'
import { sealStart } from './sealed-values.ts'

/** An execution to be: of which formula, of which instance, with what. Whether both are active, whoever starts it has seen. */
export interface ExecutionToStart {
  formula: Pick<
    FormulaRow,
    'id' | 'revision' | 'engine' | 'single_threaded' | 'debug_logging_enabled' | 'debug_logging_expires'
  >
  instance: Pick<
    FormulaInstanceRow,
    'id' | 'organization_id' | 'account_id' | 'user_id' | 'name' | 'single_threaded'
  > & { values: FormulaInstanceValues }
  /** spec 31 §1.1 */
  trigger: Record<string, unknown>
  startedBy: StartedBy
  /** which of the formula's triggers; the first when absent */
  triggerNumber?: number | undefined
  eventId?: string | undefined
  objectId?: string | undefined
  /** see `ExecutionTable` for this and all below */
  chain?: number | undefined
  depth?: number | undefined
  isAwaited?: boolean | undefined
  parentId?: number | undefined
  attempt?: number | undefined
  /** somebody asks for it, whatever started it first: it may be refused */
  isAsked?: boolean | undefined
}

export interface StartedExecution {
  id: number
  createdAt: Date
  status: ExecutionStatus
}

type StartContext = Pick<FormulaContext, 'store' | 'jobs' | 'now' | 'limits'>

/** of rows in one statement, which takes 65,535 values */
const ROWS_A_STATEMENT = 500

/**
 * Stores executions, and says that there is work: the only way in. Each has its trigger as its first step. Of a single-threaded instance one waits
 * for the other, in this order.
 *
 * What a person starts, by hand or as a resource, is refused while too many executions of the account are open. What an event, a call or a clock
 * starts is not: nobody is there who would try again, and the row is the place where it waits.
 *
 * @returns one for each, in their order
 * @throws ValenceError TOO_MANY (429)
 */
export async function startExecutions<DB>(
  context: StartContext,
  plainTrx: Transaction<DB>,
  publish: Publish,
  starts: readonly ExecutionToStart[],
): Promise<StartedExecution[]> {
  if (starts.length === 0) return []
  const trx = inFormulas(plainTrx)
  await checkRoom(context, trx, starts)
  // before they have ids, by which they are in order
  const busy = await busyInstances(trx, starts)
  const ids = await nextIds(trx, starts.length)
  const rows = starts.map((start, index) => {
    const row = rowOf(context, ids[index] as number, start, busy)
    if (row.is_single_threaded) busy.add(row.formula_instance_id)
    return row
  })
  for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
    const some = rows.slice(at, at + ROWS_A_STATEMENT)
    await trx.insertInto('formula_executions').values(some).execute()
    await trx.insertInto('formula_steps').values(some.map(triggerOf)).execute()
  }
  for (const [queue, wakes] of byQueue(rows.map((row) => wakeOf(row)))) {
    await context.jobs.wake(trx, publish, queue, wakes)
  }
  return rows.map(({ id, created_at, status }) => ({ id, createdAt: created_at, status }))
}

/** What an execution stands for that a person may have too many of. */
const BY_HAND: readonly StartedBy[] = ['manual', 'api']

async function checkRoom(
  { limits }: StartContext,
  trx: Transaction<FormulaTables>,
  starts: readonly ExecutionToStart[],
): Promise<void> {
  const accounts = new Set(
    starts
      .filter(({ startedBy, isAsked }) => isAsked || BY_HAND.includes(startedBy))
      .map(({ instance }) => instance.account_id),
  )
  for (const accountId of accounts) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from (
        select from formula_executions where account_id = ${accountId} and finished_at is null limit ${limits.openExecutions}
      ) as open`.execute(trx)
    if ((rows[0]?.count ?? 0) < limits.openExecutions) continue
    throw new ValenceError(
      'TOO_MANY',
      `Account ${accountId} has ${limits.openExecutions} executions that have not ended, which is as many as may be; cancel some, or try again later`,
      { status: 429 },
    )
  }
}

async function nextIds(trx: Transaction<FormulaTables>, count: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select nextval('formula_execution_ids') as id from generate_series(1, ${count})`.execute(trx)
  return rows.map(({ id }) => id).toSorted((a, b) => a - b)
}

/** Single-threaded instances with an execution that has not ended. They are locked: nobody else can begin with them at the same time. */
async function busyInstances(
  trx: Transaction<FormulaTables>,
  starts: readonly ExecutionToStart[],
): Promise<Set<number>> {
  const ids = [...new Set(starts.filter(isSingleThreaded).map(({ instance }) => instance.id))].toSorted((a, b) => a - b)
  if (ids.length === 0) return new Set()
  await sql`select pg_advisory_xact_lock(hashtext('valence formula instance'), id) from unnest(${ids}::int[]) as id`.execute(
    trx,
  )
  const rows = await trx
    .selectFrom('formula_executions')
    .select('formula_instance_id')
    .distinct()
    .where('formula_instance_id', 'in', ids)
    .where('finished_at', 'is', null)
    .execute()
  return new Set(rows.map(({ formula_instance_id }) => formula_instance_id))
}

/** An instance says so, or else its formula. */
function isSingleThreaded({ formula, instance }: ExecutionToStart): boolean {
  return instance.single_threaded ?? formula.single_threaded
}

type NewExecution = Insertable<ExecutionTable> & {
  id: number
  is_single_threaded: boolean
  is_awaited: boolean
  depth: number
  is_recorded: boolean
}

function rowOf(
  { store, now }: StartContext,
  id: number,
  start: ExecutionToStart,
  busy: ReadonlySet<number>,
): NewExecution {
  const { formula, instance, trigger, triggerNumber } = start
  const at = now()
  const content: ExecutionStart = {
    trigger,
    configuration: instance.values.configuration,
    settings: instance.values.settings,
    formulaInstanceName: instance.name,
    ...(triggerNumber === undefined ? {} : { triggerNumber }),
  }
  const is_single_threaded = isSingleThreaded(start)
  return {
    ...{ id, created_at: at, updated_at: at, is_single_threaded },
    organization_id: instance.organization_id,
    account_id: instance.account_id,
    user_id: instance.user_id,
    formula_id: formula.id,
    formula_revision: formula.revision,
    formula_instance_id: instance.id,
    status: is_single_threaded && busy.has(instance.id) ? 'queued' : 'pending',
    trigger_type: start.startedBy,
    event_id: start.eventId ?? null,
    object_id: start.objectId ?? null,
    chain: start.chain ?? 0,
    depth: start.depth ?? 0,
    // only v3 can be switched off (spec 30 §4)
    is_recorded: formula.engine === 'v1' || isLogging(formula, at),
    is_awaited: start.isAwaited ?? false,
    step_count: 1,
    attempt: start.attempt ?? 0,
    parent_id: start.parentId ?? null,
    start: sealStart(store.cipher, id, content),
  }
}

/** It has ended with its beginning; its values are in `start`. */
function triggerOf({ id, created_at, organization_id, account_id, is_recorded }: NewExecution) {
  return {
    execution_id: id,
    execution_created_at: created_at,
    seq: 0,
    ...{ organization_id, account_id },
    ...{ name: 'trigger', type: 'trigger', status: 'success' as const, is_hidden: !is_recorded },
    ...{ created_at, finished_at: created_at },
  }
}
