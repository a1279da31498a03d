import { type ErrorCode, ValenceError } from '../errors.ts'
import { isTooDeep, MAX_JSON_DEPTH } from '../model/json-depth.ts'
import { LIMITS } from './limits.ts'
import type { RunnerOutcome } from './runner-process.ts'
import { type ScriptCall, ScriptFailure, type ScriptResult } from './sandbox.ts'

const NOTHING: readonly string[] = []

/**
 * What a caller gets for the end of its script.
 * @throws ValenceError SCRIPT_FAILED or SCRIPT_TIMED_OUT, opened by the label
 */
export function readOutcome(call: ScriptCall, outcome: RunnerOutcome): ScriptResult {
  if (outcome.type === 'lost') {
    if (outcome.isLate) throw timedOut(call, NOTHING)
    const why = /heap|memory|allocation|GCs/i.test(outcome.reason) ? MEMORY : 'Error: the script ended its runner'
    throw failure('SCRIPT_FAILED', call, why, NOTHING)
  }
  const { kind, message, console } = outcome
  if (kind === 'failed') throw failure('SCRIPT_FAILED', call, message, console)
  if (kind === 'memory') throw failure('SCRIPT_FAILED', call, MEMORY, console)
  if (kind === 'timeout') throw timedOut(call, console)
  if (kind === 'ended' || outcome.text === '') return { value: undefined, returnedAsGiven: [], console }
  const value = readValue(call, outcome.text, console)
  // only objects carry keys of `done`; whatever else a script gave is as good as nothing
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject) return { value: undefined, returnedAsGiven: [], console }
  return { value: value as Record<string, unknown>, returnedAsGiven: outcome.asGiven, console }
}

const MEMORY = `Error: the script needed more than ${LIMITS.memoryMb} MB of memory`

function readValue(call: ScriptCall, text: string, console: readonly string[]): unknown {
  if (text.length > LIMITS.resultChars) {
    const why = `the result has ${text.length} characters, at most ${LIMITS.resultChars} are taken`
    throw failure('SCRIPT_FAILED', call, why, console)
  }
  if (isTooDeep(text)) {
    throw failure('SCRIPT_FAILED', call, `the result has more than ${MAX_JSON_DEPTH} levels`, console)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw failure('SCRIPT_FAILED', call, 'the result is not JSON', console)
  }
}

function timedOut(call: ScriptCall, console: readonly string[]): ValenceError {
  const limit = `limits: ${(call.timeoutMs ?? LIMITS.timeoutMs) / 1000} s, ${LIMITS.cpuMs / 1000} s of it computing`
  return failure('SCRIPT_TIMED_OUT', call, `Script execution timed out (${limit})`, console)
}

function failure(code: ErrorCode, call: ScriptCall, why: string, console: readonly string[]): ValenceError {
  return new ValenceError(code, `${call.label}: ${why}`, { cause: new ScriptFailure(why, console) })
}
