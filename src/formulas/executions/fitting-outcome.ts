import { isTooDeep, MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import type { FormulaContext } from '../context.ts'
import { failed } from '../steps/step-failure.ts'
import type { StepOutcome } from './outcome.ts'
import { bytesOf, type ExecutionState, topFrame } from './state.ts'

/** An outcome as the journal keeps it. */
export interface WrittenOutcome {
  outcome: StepOutcome
  json: string
}

/**
 * An execution that would hold too much has a failed step instead (spec 32 §9), and so has one whose values nest without end.
 *
 * @param name of the step
 */
export function fittingOutcome(
  { limits }: Pick<FormulaContext, 'limits'>,
  state: ExecutionState,
  name: string,
  outcome: StepOutcome,
): WrittenOutcome {
  const json = JSON.stringify(outcome)
  if (isTooDeep(json)) return refused(`${name}: what this step came to nests deeper than ${MAX_JSON_DEPTH} levels`)
  const most = limits.contextBytes
  const total = state.bytes - bytesOf(topFrame(state), name) + json.length
  if (total <= most || outcome.subFormula?.at === 'end') return { outcome, json }
  return refused(
    `${name}: the execution would hold ${total} bytes with what this step came to; at most ${most} are possible`,
  )
}

function refused(error: string): WrittenOutcome {
  const outcome = failed(error)
  return { outcome, json: JSON.stringify(outcome) }
}
