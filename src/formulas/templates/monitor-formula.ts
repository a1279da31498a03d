import { recordChange } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_TOPIC, inFormulas } from '../formula-table.ts'
import { formulaNotFound } from './find-formula.ts'

/** `PUT` and `DELETE /formulas/{id}/monitored`: whoever runs the server marks any formula of it. @throws ValenceError FORMULA_NOT_FOUND, FORBIDDEN */
export async function monitorFormula(
  context: FormulaContext,
  caller: Caller,
  id: number,
  isMonitored: boolean,
): Promise<void> {
  context.authorize(caller, 'formulas.monitor')
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const row = await inFormulas(plainTrx)
      .updateTable('formulas')
      .set({ is_monitored: isMonitored })
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst()
    if (!row) throw formulaNotFound(id)
    publish({ topic: FORMULA_TOPIC, key: String(id) })
    const after = { isMonitored }
    await recordChange(plainTrx, caller, { entity: 'formula', id, action: 'monitor', after })
  })
}
