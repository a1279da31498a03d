import type { StepOutcome } from '../executions/outcome.ts'
import type { StepCall, StepKind } from './step.ts'

const MOST_ATTEMPTS = 7

/**
 * Stops here, and begins again later with what the trigger brought (spec 31 §3.11): in v1 as another execution, in v3 as the same. Attempt x comes
 * after round(e^x) minutes, x counted from 1 in v1 and from 0 in v3.
 */
export const RETRY_FORMULA_EXECUTION: StepKind = {
  required: [],
  isControl: true,
  hasEffect: () => false,
  mayRepeat: () => true,
  async run({ now }, call) {
    const most = await attemptsOf(call)
    const made = call.control?.attempt ?? 0
    if (typeof most === 'string') return { ...exhausted(call, made), error: most }
    if (made >= most) return exhausted(call, made)
    const attempt = made + 1
    const minutes = Math.round(Math.exp(engineOf(call) === 'v1' ? attempt : made))
    const at = new Date(now().getTime() + minutes * 60_000).toISOString()
    const retry = { attempt, at }
    if (engineOf(call) !== 'v1') return { status: 'success', isFailure: false, value: { attempt }, retry }
    const error = `The formula execution failed and is scheduled for retry at approximately ${at}`
    return { status: 'success', isFailure: false, value: { error }, error, retry }
  },
}

function exhausted(call: StepCall, made: number): StepOutcome {
  const error = `There are no more attempts: ${made} of them failed`
  const said = engineOf(call) === 'v1' ? { value: { error }, error } : { value: { attempt: made } }
  return { status: 'failed', isFailure: true, ...said, retry: {} }
}

/** @returns why it cannot be read, as a text */
async function attemptsOf(call: StepCall): Promise<number | string> {
  const given = await call.fill('retryAttempts')
  if (given === undefined) return MOST_ATTEMPTS
  const number = Number(given)
  if (Number.isInteger(number) && number >= 0) return Math.min(number, MOST_ATTEMPTS)
  return `${call.name}: retryAttempts is ${JSON.stringify(given)}, not a number from 0 to ${MOST_ATTEMPTS}`
}

function engineOf({ control, execution }: StepCall): 'v1' | 'v3' {
  return control?.engine ?? execution.engine
}
