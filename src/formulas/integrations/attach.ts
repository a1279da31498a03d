import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, inFormulas } from '../formula-table.ts'
import { findFormulaInstance } from '../instances/find-instance.ts'
import { holdSeenFormula } from '../instances/hold-formula.ts'
import { about } from './change-integration.ts'
import { bodyOf, holdIntegration } from './find-integration.ts'
import type { IntegrationBody } from './integration-body.ts'

type Context = Pick<FormulaContext, 'store' | 'authorize' | 'now'>

/** A formula, or an instance of one. */
export type Attachable = { formulaId: number } | { formulaInstanceId: number }

const MOST_ATTACHED = 1_000
const TABLES = { formulas: 'integration_formulas', formulaInstances: 'integration_formula_instances' } as const

/**
 * `POST /integrations/{id}/formulas/…`: what the caller sees; once more changes nothing (spec 33 §2.1).
 * @throws ValenceError INTEGRATION_NOT_FOUND, FORMULA_NOT_FOUND, FORMULA_INSTANCE_NOT_FOUND, FORBIDDEN, TOO_MANY (409)
 */
export async function attach(context: Context, caller: Caller, id: number, what: Attachable): Promise<IntegrationBody> {
  return change(context, caller, 'attach', id, async (trx) => {
    const { formulas, formulaInstances } = TABLES
    if ('formulaId' in what) {
      await holdSeenFormula(trx, caller, what.formulaId)
      const values = { integration_id: id, formula_id: what.formulaId }
      await trx
        .insertInto(formulas)
        .values(values)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    } else {
      await findFormulaInstance(context, caller, 'formulaInstances.read', { id: what.formulaInstanceId }, trx)
      const values = { integration_id: id, formula_instance_id: what.formulaInstanceId }
      await trx
        .insertInto(formulaInstances)
        .values(values)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    await assertRoom(trx, id)
  })
}

/** `DELETE /integrations/{id}/formulas/…`. @throws ValenceError INTEGRATION_NOT_FOUND, FORBIDDEN, NOT_FOUND for what is not attached to it */
export async function detach(context: Context, caller: Caller, id: number, what: Attachable): Promise<void> {
  await change(context, caller, 'detach', id, async (trx) => {
    const { formulas, formulaInstances } = TABLES
    const { numDeletedRows } = await ('formulaId' in what
      ? trx.deleteFrom(formulas).where('integration_id', '=', id).where('formula_id', '=', what.formulaId)
      : trx
          .deleteFrom(formulaInstances)
          .where('integration_id', '=', id)
          .where('formula_instance_id', '=', what.formulaInstanceId)
    ).executeTakeFirstOrThrow()
    if (numDeletedRows > 0n) return
    const noun = 'formulaId' in what ? `formula ${what.formulaId}` : `formula instance ${what.formulaInstanceId}`
    throw new ValenceError('NOT_FOUND', `There is no ${noun} in integration ${id}`)
  })
}

async function change(
  context: Context,
  caller: Caller,
  action: 'attach' | 'detach',
  id: number,
  work: (trx: Transaction<FormulaTables>) => Promise<void>,
): Promise<IntegrationBody> {
  return context.store.changes.transaction(async (plainTrx) => {
    const trx = inFormulas(plainTrx)
    const present = await holdIntegration(context, trx, caller, 'integrations.update', id)
    const before = await bodyOf(trx, present)
    await work(trx)
    const row = await trx
      .updateTable('integrations')
      .set({ updated_at: context.now() })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    const after = await bodyOf(trx, row)
    await recordChange(plainTrx, caller, { ...about(row), action, before, after })
    return after
  })
}

async function assertRoom(trx: Transaction<FormulaTables>, id: number): Promise<void> {
  for (const table of Object.values(TABLES)) {
    const { count } = await trx
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('integration_id', '=', id)
      .executeTakeFirstOrThrow()
    if (count <= MOST_ATTACHED) continue
    throw new ValenceError('TOO_MANY', `An integration has at most ${MOST_ATTACHED} formulas and as many instances`)
  }
}
