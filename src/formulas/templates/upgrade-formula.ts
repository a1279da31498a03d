import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { type FormulaParts, STEP_TYPES } from '../../model/formula.ts'
import type { FormulaContext } from '../context.ts'
import { draftOf, editFormula } from './change-formula.ts'
import { type Formula, toFormula } from './formula-body.ts'
import { subFormulasOf } from './sub-formulas.ts'
import { createUpgrade, hindrance, rolledBack } from './upgrade-references.ts'

/**
 * `PUT /formulas/{id}/upgrade/v3` (spec 31 §8): its references become those of engine v3. One that is on v3 stays as it is.
 * @throws ValenceError FORMULA_NOT_FOUND, FORBIDDEN; FORMULA_INVALID for what v3 cannot run
 */
export async function upgradeFormula(context: FormulaContext, caller: Caller, id: number): Promise<Formula> {
  const row = await editFormula(context, caller, 'formulas.update', id, (before) => {
    const draft = draftOf(before)
    if (before.engine === 'v3') return { draft, action: 'upgrade' }
    const { name, parts, engine } = before
    const reason = hindrance(parts, before.single_threaded, STEP_TYPES)
    if (reason !== undefined)
      throw new ValenceError('FORMULA_INVALID', `Formula "${name}" cannot be upgraded: ${reason}`)
    const upgrade = createUpgrade(parts)
    const upgraded = changed(parts, (part) => upgrade(part))
    return {
      draft: { ...draft, engine: 'v3', parts: upgraded, before_upgrade: { ...parts, engine } },
      action: 'upgrade',
    }
  })
  return toFormula(row, await subFormulasOf(context, caller, row))
}

/**
 * `DELETE /formulas/{id}/upgrade/v3`: every text that the upgrade changed, and nobody after it, is what it was.
 * @throws ValenceError FORMULA_NOT_FOUND, FORBIDDEN; FORMULA_INVALID for one that was never upgraded
 */
export async function rollBackFormula(context: FormulaContext, caller: Caller, id: number): Promise<Formula> {
  const row = await editFormula(context, caller, 'formulas.update', id, (before) => {
    const { before_upgrade: old, parts } = before
    if (!old) {
      throw new ValenceError(
        'FORMULA_INVALID',
        `Formula "${before.name}" was never upgraded: there is nothing to go back to`,
      )
    }
    const upgrade = createUpgrade(old)
    const earlier = new Map([...old.steps, ...old.triggers].map((part) => [part.id, part]))
    const restored = changed(parts, (part) => {
      const was = earlier.get(part.id)
      return was ? rolledBack(part, was, upgrade) : part.properties
    })
    const logging = old.engine === 'v1' ? { debug_logging_enabled: true, debug_logging_expires: null } : {}
    const draft = { ...draftOf(before), ...logging, engine: old.engine, parts: restored, before_upgrade: null }
    return { draft, action: 'rollBack' }
  })
  return toFormula(row, await subFormulasOf(context, caller, row))
}

type Changing = FormulaParts['steps'][number] | FormulaParts['triggers'][number]

function changed(parts: FormulaParts, propertiesOf: (part: Changing) => Record<string, unknown>): FormulaParts {
  const change = <Part extends Changing>(part: Part): Part => ({ ...part, properties: propertiesOf(part) })
  return { ...parts, triggers: parts.triggers.map(change), steps: parts.steps.map(change) }
}
