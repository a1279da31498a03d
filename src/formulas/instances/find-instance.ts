import type { Kysely } from 'kysely'
import type { Operation } from '../../accounts/operations.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { idInWords, isRowId } from '../../model/row-id.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaInstanceRow, type FormulaTables, formulaDb } from '../formula-table.ts'

/** An instance as paths name it. */
export interface InstanceName {
  id: number
  /** only an instance of this formula is found */
  formulaId?: number | undefined
}

/**
 * An instance of the caller's account; of any account of his organization for its administrators (spec 30 §7).
 *
 * @param db a transaction, to go on with what was found
 * @throws ValenceError FORMULA_INSTANCE_NOT_FOUND (404), FORBIDDEN (403) when it belongs to another account
 */
export async function findFormulaInstance(
  { store, authorize }: Pick<FormulaContext, 'store' | 'authorize'>,
  caller: Caller,
  operation: Operation,
  { id, formulaId }: InstanceName,
  db: Kysely<FormulaTables> = formulaDb(store),
): Promise<FormulaInstanceRow> {
  const row = isRowId(id)
    ? await db.selectFrom('formula_instances').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined
  if (!row || (formulaId !== undefined && row.formula_id !== formulaId)) throw instanceNotFound(id, formulaId)
  authorize(caller, operation, { accountId: row.account_id, organizationId: row.organization_id })
  return row
}

export function instanceNotFound(id: number, formulaId?: number): ValenceError {
  const of = formulaId === undefined ? '' : ` of formula ${isRowId(formulaId) ? formulaId : 'with that id'}`
  return new ValenceError('FORMULA_INSTANCE_NOT_FOUND', `There is no formula instance with ${idInWords(id)}${of}`)
}
