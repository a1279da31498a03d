import { isObject } from '../model/is-object.ts'
import { isTooDeep, MAX_JSON_DEPTH } from '../model/json-depth.ts'
import { LIMITS } from './limits.ts'
import { lostText, MEMORY_TEXT } from './read-outcome.ts'
import type { RunnerOutcome } from './runner-process.ts'
import type { StepScriptResult } from './sandbox.ts'

/** What the words of a wire say of a script that was not over in time (spec 01 §5). */
export const TIMED_OUT_TEXT = 'Script execution timed out'

/**
 * What became of the script of a step. It may have bent all that it answers with, so that nothing of it is taken unread; and what it did is
 * its own affair: this never throws.
 */
export function readStep(outcome: RunnerOutcome): StepScriptResult {
  if (outcome.type === 'lost') {
    const { isLate } = outcome
    return failedStep(isLate ? TIMED_OUT_TEXT : lostText(outcome).replace(/^Error: /, ''), isLate)
  }
  const { kind, message, console } = outcome
  const mails = (outcome.mails ?? []).map(([to, subject, body]) => ({ to, subject, body }))
  if (kind === 'timeout') return { ...failedStep(TIMED_OUT_TEXT, true), console, mails }
  if (kind === 'memory') return { ...failedStep(MEMORY_TEXT), console, mails }
  const read = readText(outcome.text)
  if (typeof read === 'string') return { ...failedStep(read), console, mails }
  const { value, changes } = read
  const told = { isLate: false, console, mails, changes }
  return kind === 'failed'
    ? { value: undefined, isGiven: false, error: message, ...told }
    : { value: kind === 'done' ? value : undefined, isGiven: kind === 'done', ...told }
}

/** It came to nothing. */
export function failedStep(error: string, isLate = false): StepScriptResult {
  return { value: undefined, isGiven: false, error, isLate, console: [], mails: [], changes: {} }
}

type Read = Pick<StepScriptResult, 'value' | 'changes'>

/** @returns why it cannot be taken, or what it says */
function readText(text: string): Read | string {
  if (text.length > 2 * LIMITS.resultChars) {
    return `the result has ${text.length} characters, at most ${LIMITS.resultChars} are taken`
  }
  if (isTooDeep(text)) return `the result has more than ${MAX_JSON_DEPTH} levels`
  try {
    const { value, changes } = JSON.parse(text)
    return { value, changes: readChanges(changes) }
  } catch {
    return 'the result is not JSON'
  }
}

function readChanges(given: unknown): StepScriptResult['changes'] {
  const changes: StepScriptResult['changes'] = {}
  if (!isObject(given)) return changes
  for (const root of ['config', 'steps', 'trigger'] as const) {
    const of = given[root]
    if (!isObject(of) || !isObject(of['set']) || !Array.isArray(of['gone'])) continue
    const set: Record<string, unknown> = {}
    // that name would change what the object of the context is
    for (const [name, value] of Object.entries(of['set'])) if (name !== '__proto__') set[name] = value
    const gone = of['gone'].filter((name): name is string => typeof name === 'string' && name !== '__proto__')
    if (Object.keys(set).length > 0 || gone.length > 0) changes[root] = { set, gone }
  }
  return changes
}
