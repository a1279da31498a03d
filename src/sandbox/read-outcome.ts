import { type ErrorCode, ValenceError } from '../errors.ts'
import { isTooDeep, MAX_JSON_DEPTH } from '../model/json-depth.ts'
import { LIMITS } from './limits.ts'
import type { RunnerOutcome } from './runner-process.ts'
import { type RecordResults, type RecordScript, type ScriptCall, ScriptFailure, type ScriptResult } from './sandbox.ts'

const NOTHING: readonly string[] = []

/**
 * What a caller gets for the end of its script.
 * @throws ValenceError SCRIPT_FAILED or SCRIPT_TIMED_OUT, opened by the label
 */
export function readOutcome(call: ScriptCall, outcome: RunnerOutcome): ScriptResult {
  if (outcome.type === 'lost') {
    if (outcome.isLate) throw timedOut(call, NOTHING)
    throw failure('SCRIPT_FAILED', call, lostText(outcome), NOTHING)
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

/**
 * What became of the records of a page. A script that fails, even one that takes its runner along, is no error of the call:
 * there are fewer values then.
 */
export function readRecords(call: RecordScript, outcome: RunnerOutcome): RecordResults {
  if (outcome.type === 'lost') {
    const error = outcome.isLate ? lateText(call) : lostText(outcome)
    return noRecords(error, outcome.isLate)
  }
  const { kind, message, console } = outcome
  const isLate = kind === 'timeout'
  const ended = isLate ? lateText(call) : kind === 'memory' ? MEMORY : ''
  const values = valuesOf(outcome.text, call.records.length)
  if (values) return { values, error: ended || message || undefined, isLate, console }
  return { ...noRecords('Error: the results cannot be read', isLate), console }
}

/** Nothing became of any record. */
export function noRecords(error: string, isLate = false): RecordResults {
  return { values: new Map(), error, isLate, console: NOTHING }
}

/** @returns undefined when a script has bent what it answers with */
function valuesOf(text: string, records: number): Map<number, unknown> | undefined {
  if (text.length > 3 * LIMITS.resultChars || isTooDeep(text)) return undefined
  const values = new Map<number, unknown>()
  try {
    for (const part of JSON.parse(text) as { at: unknown[]; values: unknown[] }[]) {
      for (const [index, number] of part.at.entries()) {
        const value = part.values[index]
        if (!isRecordNumber(number, records) || typeof value !== 'object' || value === null) return undefined
        values.set(number, value)
      }
    }
  } catch {
    return undefined
  }
  return values
}

function isRecordNumber(number: unknown, records: number): number is number {
  return Number.isSafeInteger(number) && (number as number) >= 0 && (number as number) < records
}

export function lostText({ reason }: { reason: string }): string {
  return /heap|memory|allocation|GCs/i.test(reason) ? MEMORY : 'Error: the script ended its runner'
}

export const MEMORY_TEXT = `the script needed more than ${LIMITS.memoryMb} MB of memory`
const MEMORY = `Error: ${MEMORY_TEXT}`

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
  return failure('SCRIPT_TIMED_OUT', call, lateText(call), console)
}

function lateText({ timeoutMs = LIMITS.timeoutMs }: Pick<ScriptCall, 'timeoutMs'>): string {
  return `Script execution timed out (limits: ${timeoutMs / 1000} s, ${LIMITS.cpuMs / 1000} s of it computing)`
}

function failure(code: ErrorCode, call: ScriptCall, why: string, console: readonly string[]): ValenceError {
  return new ValenceError(code, `${call.label}: ${why}`, { cause: new ScriptFailure(why, console) })
}
