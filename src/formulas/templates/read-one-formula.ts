import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import { findFormula } from './find-formula.ts'
import { type Formula, toFormula } from './formula-body.ts'
import { subFormulasOf } from './sub-formulas.ts'

/** `GET /formulas/{id}`, and its export, which is the same. @throws ValenceError FORMULA_NOT_FOUND */
export async function readOneFormula(context: FormulaContext, caller: Caller, id: number): Promise<Formula> {
  context.authorize(caller, 'formulas.read')
  const row = await findFormula(context, caller, id)
  return toFormula(row, await subFormulasOf(context, caller, row))
}
