import { applyChanges } from './apply-changes.ts'
import type { LoopVisit, StepOutcome } from './outcome.ts'
import {
  atPath,
  bytesOf,
  type Frame,
  firstFrame,
  formulaIn,
  type LiveExecution,
  newFrame,
  put,
  topFrame,
} from './state.ts'

/** A row of the journal, as far as the state needs it. */
export interface Visit {
  name: string
  type: string
  outcome: StepOutcome
  /** of the outcome as JSON */
  bytes: number
  /** when it ended, in ms */
  at: number
}

/**
 * One visit further. This is the only place that changes where an execution stands: it does so for a process that runs it, and for one that reads
 * what another process did before it died (spec 32 §5).
 */
export function apply(live: LiveExecution, visit: Visit): void {
  const { state } = live
  const { outcome } = visit
  state.seq += 1
  state.steppedAt = visit.at
  state.waitUntil = undefined
  const started = outcome.subFormula?.at === 'start' ? outcome.subFormula : undefined
  if (started) {
    const { formulaId, revision, args, configuration } = started
    topFrame(state).pending.shift()
    const called = formulaIn(live, { formulaId, revision })
    const trigger = args === undefined ? {} : { args: structuredClone(args) }
    const config = structuredClone(configuration)
    const frame = newFrame(called, { config, trigger, calledBy: visit.name, calledAt: visit.at })
    state.frames.push({ ...frame, bytes: { '': visit.bytes } })
    state.bytes += visit.bytes
    return
  }
  const ended = outcome.subFormula?.at === 'end' ? state.frames.pop() : undefined
  if (ended) for (const bytes of Object.values(ended.bytes)) state.bytes -= bytes
  const frame = topFrame(state)
  if (!ended) frame.pending.shift()
  state.bytes += visit.bytes - bytesOf(frame, visit.name)
  put(frame.bytes as Record<string, unknown>, visit.name, visit.bytes)
  keepValues(frame, visit, ended)
  goOn(live, frame, visit)
}

function keepValues(frame: Frame, { name, type, outcome }: Visit, ended: Frame | undefined): void {
  if (outcome.changes) applyChanges(frame, outcome.changes)
  const value = ended?.last?.value ?? outcome.value
  if (outcome.loop) keepLoop(frame, name, outcome.loop, value)
  else if (value !== undefined) put(frame.steps, name, value)
  if (outcome.isFailure) frame.hasFailed = true
  const left = outcome.loop?.index === undefined ? value : frame.steps[name]
  frame.last = { type, value: left, isFailure: outcome.isFailure, error: outcome.error }
}

function keepLoop(frame: Frame, name: string, visit: LoopVisit, value: unknown): void {
  const { index } = visit
  if (index === undefined) {
    delete frame.loops[name]
    if (value !== undefined) put(frame.steps, name, value)
    return
  }
  const known = visit.list === undefined && visit.path === undefined ? frame.loops[name] : undefined
  const list = known?.list ?? visit.list ?? (atPath(frame, visit.path ?? []) as readonly unknown[])
  put(frame.loops as Record<string, unknown>, name, { list, index, path: known ? known.path : visit.path })
  put(frame.steps, name, { index, entry: list[index] })
}

function goOn(live: LiveExecution, frame: Frame, { name, outcome }: Visit): void {
  const { state } = live
  if (outcome.retry?.attempt !== undefined) {
    beginAgain(live, outcome.retry.attempt, outcome.retry.at ?? '')
    return
  }
  // a retry that is used up is the end of its way
  if (outcome.retry) frame.pending = []
  else frame.pending.unshift(...targetsOf(live, frame, name, outcome))
  if (state.frames.length === 1 && frame.pending.length === 0) {
    state.end = { status: frame.hasFailed ? 'failed' : 'success' }
  }
}

function targetsOf(live: LiveExecution, frame: Frame, name: string, { status }: StepOutcome): readonly string[] {
  const step = formulaIn(live, frame).step(name)
  return (status === 'success' ? step?.onSuccess : step?.onFailure) ?? []
}

/** Another execution, or this one from its trigger on (spec 31 §3.11). What failed before does not count against an attempt that succeeds. */
function beginAgain(live: LiveExecution, attempt: number, at: string): void {
  const { state, formula, start } = live
  const due = Date.parse(at)
  if (formula.engine === 'v1') {
    state.end = { status: 'retry', retryAt: due, attempt }
    return
  }
  const first = firstFrame(start, formula)
  Object.assign(first.trigger, { retryAttemptNumber: attempt, retryParentExecution: live.id })
  Object.assign(state, { attempt, frames: [first], bytes: JSON.stringify(start).length, waitUntil: due })
}
