import type { Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import { idInWords, isRowId } from '../../model/row-id.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaRow, type FormulaTables, formulaDb } from '../formula-table.ts'
import { formulasSeenBy, type Viewer } from './visible.ts'

/** @throws ValenceError FORMULA_NOT_FOUND, also for one that the viewer does not see */
export async function findFormula(
  { store }: Pick<FormulaContext, 'store'>,
  viewer: Viewer,
  id: number,
): Promise<FormulaRow> {
  const row = isRowId(id)
    ? await formulasSeenBy(formulaDb(store), viewer).selectAll().where('formulas.id', '=', id).executeTakeFirst()
    : undefined
  return row ?? Promise.reject(formulaNotFound(id))
}

/** The same, for this transaction alone: a second writer waits, and reads what the first one wrote. */
export async function lockFormula(trx: Transaction<FormulaTables>, viewer: Viewer, id: number): Promise<FormulaRow> {
  const row = isRowId(id)
    ? await formulasSeenBy(trx, viewer).selectAll().where('formulas.id', '=', id).forUpdate().executeTakeFirst()
    : undefined
  return row ?? Promise.reject(formulaNotFound(id))
}

export function ownerOf({ organization_id, account_id, user_id }: FormulaRow) {
  return { organizationId: organization_id, accountId: account_id, userId: user_id }
}

export function formulaNotFound(id: number): ValenceError {
  return new ValenceError('FORMULA_NOT_FOUND', `There is no formula with ${idInWords(id)}`)
}
