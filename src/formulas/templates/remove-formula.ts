import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_TOPIC, type FormulaRow, type FormulaTables, inFormulas } from '../formula-table.ts'
import { lockFormula, ownerOf } from './find-formula.ts'
import { toFormula } from './formula-body.ts'

/**
 * `DELETE /formulas/{id}`. Its revisions stay as long as executions of instances that are gone may need them.
 * @throws ValenceError FORMULA_NOT_FOUND, FORBIDDEN, IN_USE (409) naming how many instances there are
 */
export async function removeFormula(context: FormulaContext, caller: Caller, id: number): Promise<void> {
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inFormulas(plainTrx)
    const row = await lockFormula(trx, caller, id)
    context.authorize(caller, 'formulas.delete', ownerOf(row))
    await assertNoInstances(trx, row, `Formula "${row.name}"`)
    await trx
      .updateTable('formula_revisions')
      .set({ superseded_at: context.now() })
      .where('formula_id', '=', id)
      .where('superseded_at', 'is', null)
      .execute()
    await trx.deleteFrom('formulas').where('id', '=', id).execute()
    publish({ topic: FORMULA_TOPIC, key: String(id) })
    const change = {
      entity: 'formula',
      id,
      action: 'delete',
      accountId: row.account_id,
      before: toFormula(row),
    } as const
    await recordChange(plainTrx, caller, change)
  })
}

/** @param what of the formula somebody wants to delete. @throws ValenceError IN_USE (409) */
export async function assertNoInstances(
  trx: Transaction<FormulaTables>,
  { id }: Pick<FormulaRow, 'id'>,
  what: string,
): Promise<void> {
  const { count } = await trx
    .selectFrom('formula_instances')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('formula_id', '=', id)
    .executeTakeFirstOrThrow()
  if (count === 0) return
  const instances = count === 1 ? '1 instance' : `${count} instances`
  throw new ValenceError('IN_USE', `${what} is used by ${instances}; delete ${count === 1 ? 'it' : 'them'} first`)
}
