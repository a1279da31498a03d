import { type Kysely, sql, type Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { idInWords, isRowId } from '../../model/row-id.ts'
import { type FormulaRow, type FormulaTables, inFormulas } from '../formula-table.ts'

/**
 * Keeps formulas as they are until the transaction ends. Whoever changes an instance, or what it listens to, begins with this; whoever changes a
 * formula has its row for himself, so that one of the two sees what the other did.
 *
 * The order of locks is: organization, account and user; element instances; formulas by id; their instances; what these listen to.
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
  const [row] = isRowId(id) ? await seenFormulas(db, caller).select('id').where('id', '=', id).execute() : []
  if (!row) throw formulaNotFound(id)
}

export type Viewer = Pick<Caller, 'accountId' | 'organizationId' | 'organizationAdmin'>

/** Those of the own account and of the default account; an administrator of the organization sees all (spec 30 §7). */
export function seenFormulas(db: Kysely<FormulaTables>, { accountId, organizationId, organizationAdmin }: Viewer) {
  const all = db.selectFrom('formulas').where('formulas.organization_id', '=', organizationId)
  if (organizationAdmin) return all
  return all.where(sql<boolean>`formulas.account_id in (
    select id from accounts where organization_id = ${organizationId} and (id = ${accountId} or default_account))`)
}

function formulaNotFound(id: number): ValenceError {
  return new ValenceError('FORMULA_NOT_FOUND', `There is no formula with ${idInWords(id)}`)
}
