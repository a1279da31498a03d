import type { Kysely, Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import { idInWords, isRowId } from '../../model/row-id.ts'
import { type FormulaRow, type FormulaTables, inFormulas } from '../formula-table.ts'
import { formulasSeenBy, type Viewer } from '../templates/visible.ts'

/**
 * Keeps formulas as they are until the transaction ends. Whoever changes an instance, or what it listens to, begins with this; whoever changes a
 * formula has its row for himself, so that one of the two sees what the other did.
 *
 * The order of locks is: organization, account and user; element instances; formulas by id; executions by id; instances by id; what these
 * listen to.
 */
export async function holdFormulas<DB>(anyTrx: Transaction<DB>, ids: readonly number[]): Promise<FormulaRow[]> {
  if (ids.length === 0) return []
  return inFormulas(anyTrx).selectFrom('formulas').selectAll().where('id', 'in', ids).orderBy('id').forShare().execute()
}

/** One that the caller sees, held. @throws ValenceError FORMULA_NOT_FOUND (404) */
export async function holdSeenFormula(
  trx: Transaction<FormulaTables>,
  caller: Viewer,
  id: number,
): Promise<FormulaRow> {
  await assertSeesFormula(trx, caller, id)
  const [formula] = await holdFormulas(trx, [id])
  return formula ?? Promise.reject(formulaNotFound(id))
}

/** @throws ValenceError FORMULA_NOT_FOUND (404) */
export async function assertSeesFormula(db: Kysely<FormulaTables>, caller: Viewer, id: number): Promise<void> {
  const [row] = isRowId(id)
    ? await formulasSeenBy(db, caller).select('formulas.id').where('formulas.id', '=', id).execute()
    : []
  if (!row) throw formulaNotFound(id)
}

function formulaNotFound(id: number): ValenceError {
  return new ValenceError('FORMULA_NOT_FOUND', `There is no formula with ${idInWords(id)}`)
}
