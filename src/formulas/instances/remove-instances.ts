import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_INSTANCE_TOPIC, type FormulaInstanceRow, type FormulaTables, inFormulas } from '../formula-table.ts'
import { endExecutions } from './end-executions.ts'
import { findFormulaInstance, type InstanceName, instanceNotFound } from './find-instance.ts'
import { holdFormulas } from './hold-formula.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { publishTriggers } from './settle.ts'

/**
 * `DELETE /formulas/{id}/instances/{instanceId}`: it is gone with its schedule, and its open executions are cancelled. What it did stays to be read
 * for as long as executions are kept.
 *
 * @throws ValenceError FORMULA_INSTANCE_NOT_FOUND, FORBIDDEN
 */
export async function removeFormulaInstance(
  context: FormulaContext,
  caller: Caller,
  name: InstanceName,
  { executionId }: { executionId?: number | undefined } = {},
): Promise<void> {
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inFormulas(plainTrx)
    const found = await findFormulaInstance(context, caller, 'formulaInstances.delete', name, trx)
    await holdFormulas(trx, [found.formula_id])
    const [gone] = await deleteInstances(context, trx, publish, [found.id], { except: executionId })
    if (!gone) throw instanceNotFound(name.id, name.formulaId)
    await recordChange(plainTrx, caller, formulaInstanceChange(context, 'delete', gone, undefined))
  })
}

/**
 * Deletes instances with all that is theirs. Their formulas are held by whoever calls (`hold-formula.ts`).
 * @returns those that were there
 */
export async function deleteInstances(
  context: FormulaContext,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  ids: readonly number[],
  { except }: { except?: number | undefined } = {},
): Promise<FormulaInstanceRow[]> {
  if (ids.length === 0) return []
  await endExecutions(context, trx, publish, ids, { except })
  await context.clock.remove(trx, ids)
  const triggers = await trx
    .deleteFrom('formula_triggers')
    .where('formula_instance_id', 'in', ids)
    .returning('element_instance_id')
    .execute()
  publishTriggers(publish, triggers)
  const gone = await trx.deleteFrom('formula_instances').where('id', 'in', ids).returningAll().execute()
  for (const { id } of gone) publish({ topic: FORMULA_INSTANCE_TOPIC, key: String(id) })
  return gone
}
