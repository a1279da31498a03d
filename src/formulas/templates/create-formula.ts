import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import { inFormulas } from '../formula-table.ts'
import { type Formula, toFormula } from './formula-body.ts'
import { NO_PARTS, newDraft, withGiven } from './formula-draft.ts'
import { numberParts } from './number-parts.ts'
import { readFormula, requireName } from './read-formula.ts'
import { readParts } from './read-parts.ts'
import { insertFormula } from './save-formula.ts'
import { subFormulasOf } from './sub-formulas.ts'

/**
 * `POST /formulas` (spec 30 §1.1): also an import, and a copy. Ids, owners and dates of the body are those of somewhere else, and ignored.
 * @throws ValenceError BODY_INVALID, PARAMETER_MISSING, ALREADY_EXISTS (409), FORMULA_INVALID …
 */
export async function createFormula(
  context: FormulaContext,
  caller: Caller,
  body: Readonly<Record<string, unknown>>,
): Promise<Formula> {
  context.authorize(caller, 'formulas.create')
  const given = { ...readFormula(body), name: requireName(body) }
  const parts = readParts(body)
  // who says that logging is on switches it on; else it is on for good
  const empty = { ...newDraft(given.name), debug_logging_enabled: given.debugLoggingEnabled === undefined }
  const draft = withGiven(empty, given, context.now())
  const row = await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inFormulas(plainTrx)
    const numbered = await numberParts(trx, NO_PARTS, parts)
    return insertFormula(context, trx, publish, caller, { ...draft, parts: numbered })
  })
  return toFormula(row, await subFormulasOf(context, caller, row))
}
