import { parseJson } from '../../engine/parse-json.ts'
import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { isRowId } from '../../model/row-id.ts'
import type { FormulaContext } from '../context.ts'
import type { StepOutcome } from '../executions/outcome.ts'
import { formulaDb } from '../formula-table.ts'
import { formulasRunBy } from '../templates/visible.ts'
import type { StepCall, StepKind } from './step.ts'
import { failed } from './step-failure.ts'

/** Formulas that call each other, or themselves, end here (spec 31 §3.9). */
const MOST_DEEP = 10

/**
 * A sub-formula begins (spec 31 §3.9): with what `args` says, and the configuration of this one, overlaid with `subFormulaConfigs`. Its steps are
 * visited by the same execution; what they come to is this step's, when they are over. It is the formula as it is now.
 */
export const FORMULA: StepKind = {
  required: ['formulaId'],
  isControl: true,
  hasEffect: () => false,
  mayRepeat: () => true,
  async run(context, call) {
    const id = await call.fill('formulaId')
    const deep = call.control?.subFormulas ?? 0
    if (deep >= MOST_DEEP)
      return failedAs(call, `formula ${String(id)} would be the ${MOST_DEEP + 1}th that is called by another`)
    const found = await findFormula(context, call, id)
    if (typeof found === 'string') return failedAs(call, found)
    const args = await call.fill('args')
    const overlay = objectOf(await call.fill('subFormulaConfigs'))
    if (overlay === undefined) return failedAs(call, 'subFormulaConfigs is no object')
    const configuration = { ...call.scope.config, ...overlay }
    const subFormula = {
      at: 'start' as const,
      formulaId: found.id,
      revision: found.revision,
      args: parsed(args),
      configuration,
    }
    return { status: 'success', isFailure: false, subFormula }
  },
}

/** One that may run in the name of the instance's owner: an id is no key to what others wrote. */
async function findFormula(
  { store, callerOf }: Pick<FormulaContext, 'store' | 'callerOf'>,
  { execution }: StepCall,
  given: unknown,
): Promise<{ id: number; revision: number } | string> {
  const id = Number(given)
  const none = `there is no formula ${JSON.stringify(given)}`
  if (!isRowId(id)) return none
  const viewer = await viewerOf(callerOf, execution.owner.userId)
  if (!viewer) return `user ${execution.owner.userId}, who owns the instance, is not active`
  const found = await formulasRunBy(formulaDb(store), viewer)
    .select(['formulas.id', 'formulas.revision'])
    .where('formulas.id', '=', id)
    .executeTakeFirst()
  return found ?? none
}

async function viewerOf(callerOf: FormulaContext['callerOf'], userId: number) {
  try {
    return await callerOf(userId)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'CREDENTIALS_INVALID') return undefined
    throw error
  }
}

function objectOf(given: unknown): Record<string, unknown> | undefined {
  const value = parsed(given)
  if (value === undefined) return {}
  return isObject(value) ? (value as Record<string, unknown>) : undefined
}

/** A value variable may hold JSON (spec 31 §2.4). */
function parsed(given: unknown): unknown {
  if (typeof given !== 'string') return given
  const value = parseJson(given)
  return value === undefined ? given : value
}

function failedAs({ name }: StepCall, why: string): StepOutcome {
  return failed(`${name}: ${why}`)
}
