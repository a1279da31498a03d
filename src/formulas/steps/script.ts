import type { StepScriptResult } from '../../sandbox/sandbox.ts'
import type { FormulaContext } from '../context.ts'
import type { StepOutcome } from '../executions/outcome.ts'
import { runJavaScript } from '../references/run-javascript.ts'
import { checkScript } from './check-script.ts'
import type { StepCall, StepKind } from './step.ts'
import { failed } from './step-failure.ts'

/** JavaScript whose `done(value)` is what `steps.<name>` becomes (spec 31 §3.6). */
export const SCRIPT: StepKind = {
  ...{ hasEffect: () => false, mayRepeat: () => true, required: ['body'], check: checkScript },
  async run(context, call) {
    const result = await runBody(context, call)
    if (result.error !== undefined) return failedScript(result)
    // `done()` leaves something that is true: later scripts ask `if (steps.x)`
    return {
      status: 'success',
      isFailure: false,
      value: result.value === undefined ? {} : result.value,
      ...left(result),
    }
  },
}

/**
 * Runs the script of a step as its engine is: `scriptEngine` `v1` has its value by `return`, and words of its own for what goes wrong (spec 31 §4).
 */
export async function runBody(context: FormulaContext, call: StepCall): Promise<StepScriptResult> {
  const { body, scriptEngine } = call.properties
  // JavaScript has `${…}` as well, so nothing is filled in
  if (typeof body !== 'string') return { ...NOTHING_RUN, error: `step "${call.name}" has no body, which is its script` }
  const isV1 = scriptEngine === 'v1'
  const result = await runJavaScript(context, call, body, isV1 ? 'return' : 'done')
  return isV1 ? inWordsOfV1(result) : result
}

const NOTHING_RUN: StepScriptResult = {
  ...{ value: undefined, isGiven: false, isLate: false },
  ...{ console: [], mails: [], changes: {} },
}

function inWordsOfV1(result: StepScriptResult): StepScriptResult {
  const { error, isLate, isGiven, value } = result
  if (error !== undefined)
    return isLate ? result : { ...result, error: `Script execution failed with message: ${error}` }
  const isNothing = !isGiven || value === null
  return isNothing ? { ...result, error: 'The step did not return any values' } : result
}

/** A step whose script came to a bad end fails, and so does the execution (spec 32 §5). */
export function failedScript(result: StepScriptResult): StepOutcome {
  return { ...failed(result.error ?? ''), ...left(result) }
}

/** What a script leaves besides its value, whatever its end. */
export function left({
  console,
  mails,
  changes,
}: StepScriptResult): Pick<StepOutcome, 'console' | 'mails' | 'changes'> {
  return {
    ...(console.length > 0 && { console }),
    ...(mails.length > 0 && { mails }),
    ...(Object.keys(changes).length > 0 && { changes }),
  }
}
