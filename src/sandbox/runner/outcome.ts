import { LIMITS } from '../limits.ts'
import type { OutcomeMessage } from '../messages.ts'

/** How a script ended, and its value as JSON text. */
export type Outcome = Pick<OutcomeMessage, 'kind' | 'asGiven' | 'message'> & { text: string }

export const ENDED: Outcome = { kind: 'ended', asGiven: [], message: '', text: '' }
export const TIMED_OUT: Outcome = { kind: 'timeout', asGiven: [], message: '', text: '' }
export const OUT_OF_MEMORY: Outcome = { kind: 'memory', asGiven: [], message: '', text: '' }

export function failed(message: string): Outcome {
  return { kind: 'failed', asGiven: [], message: message.slice(0, LIMITS.errorChars), text: '' }
}

/**
 * What an error of the isolate means. A script's own exceptions never come this way, except rejected promises that
 * nobody handles, and what cannot be read. An isolate that nobody here disposed of has ended itself for want of memory.
 * @param isNamed the message begins with the name of the error
 */
export function outcomeOf(error: unknown, isNamed = true): Outcome {
  const message = error instanceof Error ? error.message : String(error)
  if (message === 'Script execution timed out.') return TIMED_OUT
  if (/^Isolate (was|is) disposed/.test(message)) return OUT_OF_MEMORY
  // V8 appends the place to syntax errors: `Unexpected token '}' [script:3:1]`
  const text = message.replace(/ \[script:\d+:\d+\]$/, '')
  return failed(error instanceof Error && isNamed ? `${error.name}: ${text}` : text)
}
