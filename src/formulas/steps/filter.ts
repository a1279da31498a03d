import type { StepScriptResult } from '../../sandbox/sandbox.ts'
import type { StepOutcome } from '../executions/outcome.ts'
import { checkScript } from './check-script.ts'
import { failedScript, left, runBody } from './script.ts'
import type { StepKind } from './step.ts'

/** JavaScript that says whether the flow goes on (spec 31 §3.7). */
export const FILTER: StepKind = {
  ...{ hasEffect: () => false, mayRepeat: () => true, required: ['body'], check: checkScript },
  async run(context, call) {
    return filterOutcome(await runBody(context, call))
  },
}

/** One that says no has the status of a failure and is none (spec 32 §5). */
export function filterOutcome(result: StepScriptResult): StepOutcome {
  if (result.error !== undefined) return failedScript(result)
  const goesOn = isYes(result.value)
  return { status: goesOn ? 'success' : 'failed', isFailure: false, value: { continue: goesOn }, ...left(result) }
}

/** Flags come from configurations, where they are texts. */
function isYes(value: unknown): boolean {
  return typeof value === 'string' && value.trim().toLowerCase() === 'false' ? false : Boolean(value)
}
