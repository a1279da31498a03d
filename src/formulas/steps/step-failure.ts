import { type ErrorCode, ValenceError } from '../../errors.ts'
import type { StepOutcome } from '../executions/outcome.ts'

/** What is wrong with a step or what it met: the text is the value `<name>.error` (spec 32 §3). */
export class StepFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StepFailure'
  }
}

export function succeeded(value: unknown): StepOutcome {
  return { status: 'success', isFailure: false, value }
}

/** @param value what else is known of it */
export function failed(error?: string, value?: Record<string, unknown>): StepOutcome {
  const outcome = { status: 'failed' as const, isFailure: true }
  return error === undefined ? { ...outcome, value } : { ...outcome, value: { ...value, error }, error }
}

/** What this hub cannot do now it can do later: no fault of the step. */
const LATER: readonly ErrorCode[] = ['UNAVAILABLE', 'SCRIPT_BUSY']

/**
 * What a step says of an error that it met.
 * @throws what is none of its affair: the error of this hub, or the reason of the signal that ended it
 */
export function textOfFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) throw signal.reason
  if (error instanceof StepFailure) return error.message
  if (error instanceof ValenceError && !LATER.includes(error.code)) return error.message
  throw error
}
