import type { Transaction } from 'kysely'
import type { Operation } from '../../accounts/operations.ts'
import type { Caller } from '../../model/account.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaRow, type FormulaTables, inFormulas } from '../formula-table.ts'
import { lockFormula, ownerOf } from './find-formula.ts'
import { type Formula, toFormula } from './formula-body.ts'
import { type FormulaDraft, withGiven } from './formula-draft.ts'
import { numberParts } from './number-parts.ts'
import { readFormula, requireName } from './read-formula.ts'
import { readParts } from './read-parts.ts'
import { type SaveOptions, saveFormula } from './save-formula.ts'
import { subFormulasOf } from './sub-formulas.ts'

/** What becomes of a formula, and what is said of it in the audit log. */
export interface FormulaEdit extends SaveOptions {
  draft: FormulaDraft
}

type Body = Readonly<Record<string, unknown>>
export type ChangedBy = Pick<SaveOptions, 'executionId'>

/**
 * Changes a formula of the caller's account, of any account for administrators of the organization, one writer at a time.
 * @throws ValenceError FORMULA_NOT_FOUND when he does not see it, FORBIDDEN when he sees it and may not change it
 */
export async function editFormula(
  context: FormulaContext,
  caller: Caller,
  operation: Operation,
  id: number,
  edit: (before: FormulaRow, trx: Transaction<FormulaTables>, publish: Publish) => FormulaEdit | Promise<FormulaEdit>,
): Promise<FormulaRow> {
  return context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inFormulas(plainTrx)
    const before = await lockFormula(trx, caller, id)
    context.authorize(caller, operation, ownerOf(before))
    const { draft, ...options } = await edit(before, trx, publish)
    return saveFormula(context, trx, publish, caller, before, draft, options)
  })
}

/**
 * `PUT /formulas/{id}` (spec 30 §2.6): lists in the body replace the present ones, parts that are found again keep their ids; what the body does
 * not name stays.
 */
export async function replaceFormula(
  context: FormulaContext,
  caller: Caller,
  id: number,
  body: Body,
  by: ChangedBy = {},
): Promise<Formula> {
  const given = { ...readFormula(body), name: requireName(body) }
  const parts = readParts(body)
  const row = await editFormula(context, caller, 'formulas.update', id, async (before, trx) => {
    const draft = withGiven(draftOf(before), given, context.now())
    return { draft: { ...draft, parts: await numberParts(trx, before.parts, parts) }, ...by }
  })
  return toFormula(row, await subFormulasOf(context, caller, row))
}

/** `PATCH /formulas/{id}`: members that are no lists; `null` takes them away. */
export async function patchFormula(
  context: FormulaContext,
  caller: Caller,
  id: number,
  body: Body,
  by: ChangedBy = {},
): Promise<Formula> {
  const given = readFormula(body)
  const row = await editFormula(context, caller, 'formulas.update', id, (before) => ({
    draft: withGiven(draftOf(before), given, context.now()),
    ...by,
  }))
  return toFormula(row, await subFormulasOf(context, caller, row))
}

/** What people write of it, as it is. */
export function draftOf(row: FormulaRow): FormulaDraft {
  const { name, description, engine, active, single_threaded, method, uri, parts, before_upgrade } = row
  const { debug_logging_enabled, debug_logging_expires } = row
  return {
    ...{ name, description, engine, active, single_threaded, method, uri, parts, before_upgrade },
    ...{ debug_logging_enabled, debug_logging_expires },
  }
}
