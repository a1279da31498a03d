import type { Transaction } from 'kysely'
import { type Actor, recordChange, recordChanges } from '../../audit/record-change.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaInstanceRow, type FormulaTables, inFormulas } from '../formula-table.ts'
import { endExecutions } from './end-executions.ts'
import { holdFormulas } from './hold-formula.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { deleteInstances } from './remove-instances.ts'
import { publishTriggers } from './settle.ts'

type Trx = Transaction<FormulaTables>

const COLUMNS = { userId: 'user_id', accountId: 'account_id' } as const

/**
 * A user or an account was closed (spec 30 §3.5, 33 §1.5). What its instances run ends, and their schedules do not come back by themselves; with
 * `permanently` the instances are deleted.
 */
export async function removeWithOwner<DB>(
  context: FormulaContext,
  anyTrx: Transaction<DB>,
  publish: Publish,
  closed: { userId: number } | { accountId: number },
  { by, permanently }: { by: Actor; permanently: boolean },
): Promise<void> {
  const trx = inFormulas(anyTrx)
  const [[name, id]] = Object.entries(closed) as [[keyof typeof COLUMNS, number]]
  const theirs = trx.selectFrom('formula_instances').select(['id', 'formula_id']).where(COLUMNS[name], '=', id)
  const ids = await held(trx, await theirs.execute())
  if (permanently) return removeAll(context, trx, publish, ids, by)
  await endExecutions(context, trx, publish, ids)
  await context.clock.remove(trx, ids)
  if (ids.length > 0)
    await trx.updateTable('formula_instances').set({ scheduled_cron: null }).where('id', 'in', ids).execute()
}

/**
 * Element instances were deleted. Instances that are bound to them stay, and listen to them no more; those that were made for one alone go with it
 * (spec 30 §5.5).
 */
export async function forgetElementInstances<DB>(
  context: FormulaContext,
  anyTrx: Transaction<DB>,
  publish: Publish,
  elementInstanceIds: readonly number[],
): Promise<void> {
  if (elementInstanceIds.length === 0) return
  const trx = inFormulas(anyTrx)
  const madeFor = await trx
    .selectFrom('formula_instances')
    .select(['id', 'formula_id'])
    .where('element_instance_id', 'in', elementInstanceIds)
    .execute()
  const listening = await trx
    .selectFrom('formula_triggers')
    .innerJoin('formula_instances', 'formula_instances.id', 'formula_instance_id')
    .select(['formula_instances.id', 'formula_id'])
    .where('formula_triggers.element_instance_id', 'in', elementInstanceIds)
    .execute()
  await held(trx, [...madeFor, ...listening])
  await removeAll(
    context,
    trx,
    publish,
    madeFor.map(({ id }) => id),
  )
  const triggers = await trx
    .deleteFrom('formula_triggers')
    .where('element_instance_id', 'in', elementInstanceIds)
    .returning('element_instance_id')
    .execute()
  publishTriggers(publish, triggers)
}

/** @param by for the audit log; absent: their owners */
async function removeAll(
  context: FormulaContext,
  trx: Trx,
  publish: Publish,
  ids: readonly number[],
  by?: Actor,
): Promise<void> {
  const gone = await deleteInstances(context, trx, publish, ids)
  const change = (row: FormulaInstanceRow) => formulaInstanceChange(context, 'delete', row, undefined)
  if (by) return recordChanges(trx, by, gone.map(change))
  for (const row of gone) {
    const owner = { userId: row.user_id, accountId: row.account_id, organizationId: row.organization_id }
    await recordChange(trx, owner, change(row))
  }
}

/** Their formulas are held first (`hold-formula.ts`). @returns the ids */
async function held(trx: Trx, rows: readonly { id: number; formula_id: number }[]): Promise<number[]> {
  await holdFormulas(trx, [...new Set(rows.map(({ formula_id }) => formula_id))])
  return rows.map(({ id }) => id)
}
