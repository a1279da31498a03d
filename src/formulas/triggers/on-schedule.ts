import { type SqlBool, sql, type Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { FormulaContext } from '../context.ts'
import { startExecutions } from '../executions/start-execution.ts'
import { type FormulaTables, formulaDb, inFormulas } from '../formula-table.ts'
import { findStartable } from './startable.ts'

/**
 * One execution for each firing of an instance's clock (spec 32 §2). A firing comes again when a process dies before it is noted as done: what it
 * has started by then, it starts no second time.
 *
 * @param dueAt when it was to be
 * @returns what there is to say of the run
 * @throws ValenceError FORMULA_INACTIVE
 */
export async function startOnSchedule(
  context: Pick<FormulaContext, 'store' | 'jobs' | 'now' | 'limits' | 'log'>,
  formulaInstanceId: number,
  dueAt: Date,
): Promise<{ message: string }> {
  const { store } = context
  const [found] = await findStartable(context, formulaDb(store), sql<SqlBool>`instance.id = ${formulaInstanceId}`)
  if (!found) return { message: `Formula instance ${formulaInstanceId} was deleted before it began` }
  if (found.inactive !== undefined) throw new ValenceError('FORMULA_INACTIVE', found.inactive)
  const triggerNumber = found.parts.triggers.findIndex(({ type }) => type === 'scheduled')
  if (triggerNumber < 0) return { message: `Formula "${found.name}" no longer has a clock` }
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = inFormulas(plainTrx)
    // a process that stood still may be at the same firing
    await sql`select pg_advisory_xact_lock(hashtext('valence formula clock'), ${formulaInstanceId})`.execute(trx)
    const earlier = await startedSince(trx, formulaInstanceId, dueAt)
    if (earlier !== undefined) return { message: `Started execution ${earlier}` }
    const { formula, instance } = found
    const trigger = { type: 'scheduled' }
    // never before it was due: by that it is found again, also by a process with another clock
    const now = () => new Date(Math.max(context.now().getTime(), dueAt.getTime()))
    const [started] = await startExecutions({ ...context, now }, trx, publish, [
      { formula, instance, trigger, triggerNumber, startedBy: 'scheduled' },
    ])
    return { message: `Started execution ${started?.id}` }
  })
}

async function startedSince(
  trx: Transaction<FormulaTables>,
  formulaInstanceId: number,
  dueAt: Date,
): Promise<number | undefined> {
  const row = await trx
    .selectFrom('formula_executions')
    .select('id')
    .where('formula_instance_id', '=', formulaInstanceId)
    .where('trigger_type', '=', 'scheduled')
    .where('created_at', '>=', dueAt)
    // one that repeats another is no firing
    .where('parent_id', 'is', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}
