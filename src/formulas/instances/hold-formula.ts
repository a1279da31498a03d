import type { Kysely, Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import { isRowId } from '../../model/row-id.ts'
import { type FormulaRow, type FormulaTables, inFormulas } from '../formula-table.ts'
import { formulaNotFound } from '../templates/find-formula.ts'
import { formulasRunBy, formulasSeenBy, type Viewer } from '../templates/visible.ts'

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

/** One that may run in the caller's name, held. @throws ValenceError FORMULA_NOT_FOUND (404), FORBIDDEN (403) for one that he only sees */
export async function holdRunnableFormula(
  trx: Transaction<FormulaTables>,
  caller: Viewer,
  id: number,
): Promise<FormulaRow> {
  const formula = await holdSeenFormula(trx, caller, id)
  await assertRunsFormula(trx, caller, id)
  return formula
}

/** @throws ValenceError FORMULA_NOT_FOUND (404), FORBIDDEN (403) for one that he only sees */
export async function assertRunsFormula(db: Kysely<FormulaTables>, owner: Viewer, id: number): Promise<void> {
  await assertSeesFormula(db, owner, id)
  const [row] = await formulasRunBy(db, owner).select('formulas.id').where('formulas.id', '=', id).execute()
  if (row) return
  throw new ValenceError(
    'FORBIDDEN',
    `Formula ${id} belongs to another account, whose users can change it: it cannot run in your name. Make its instance as a user of that account, or copy it`,
  )
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
