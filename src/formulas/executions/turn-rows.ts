import type { Engine } from './engine.ts'
import type { WrittenOutcome } from './fitting-outcome.ts'
import type { JournalRow } from './journal.ts'
import type { StepOutcome } from './outcome.ts'
import { type End, elementInstanceOf } from './settle-end.ts'
import { framePath, type LiveExecution } from './state.ts'
import type { HeldExecution } from './take.ts'
import type { NextStep } from './visit-step.ts'

/** rows that wait to be written with the next one */
const MOST_WAITING = 50

export type RowStep = Pick<NextStep, 'name' | 'type'>

/** The rows of a turn. Those that are added are in memory alone until they are written. */
export interface TurnRows {
  /** The step that is visited now is under way. @param begun since when, in ms */
  addOpen(step: RowStep, begun: number): void
  /** What it came to, before that is applied to the state. @param wasBegun its row was written when it was open */
  add(step: RowStep, done: WrittenOutcome, begun: number, wasBegun: boolean): void
  isFull(): boolean
  /** @param last outcome of the last row */
  write(last?: StepOutcome): Promise<void>
  /** Writes the end of the execution with them. @param error where no step says why it failed */
  writeEnd(error?: string, last?: StepOutcome): Promise<void>
}

export function createTurnRows({ context, journal }: Engine, held: HeldExecution, live: LiveExecution): TurnRows {
  let waiting: JournalRow[] = []
  return {
    addOpen(step, begun) {
      waiting.push(rowOf(held, live, step, begun))
    },
    add(step, done, begun, wasBegun) {
      const at = context.now().getTime()
      waiting.push({ ...rowOf(held, live, step, begun, { ...done, at }), wasBegun })
    },
    isFull: () => waiting.length >= MOST_WAITING,
    async write(last) {
      const rows = takeAll()
      if (rows.length > 0) await journal.write({ held, rows, ...besides(rows, last) })
    },
    async writeEnd(error, last) {
      const rows = takeAll()
      await journal.write({ held, rows, ...besides(rows, last), end: endOf(held, live, error) })
    },
  }

  function takeAll(): JournalRow[] {
    const rows = waiting
    waiting = []
    return rows
  }
}

function rowOf(
  { is_recorded }: HeldExecution,
  { state, formula }: LiveExecution,
  { name, type }: RowStep,
  begun: number,
  done?: WrittenOutcome & { at: number },
): JournalRow {
  const isFailure = done?.outcome.isFailure ?? false
  const at = done?.outcome.subFormula?.at
  // the end of a sub-formula is a step of the formula that called it
  const depth = state.frames.length - (at === 'end' ? 2 : 1)
  const isInner = depth > 0 && formula.engine !== 'v1'
  return {
    ...{ seq: state.seq, name, type, isFailure, wasBegun: false },
    frame: at === 'end' ? framePath({ ...state, frames: state.frames.slice(0, -1) }) : framePath(state),
    status: done?.outcome.status ?? 'pending',
    isHidden: at === 'start' || isInner || (!is_recorded && !isFailure),
    ...{ createdAt: begun, finishedAt: done?.at, delayMs: begun - state.steppedAt },
    outcome: done?.json,
  }
}

function besides(rows: readonly JournalRow[], last: StepOutcome | undefined) {
  return { mails: last?.mails, uncertain: last?.isUncertain ? rows.at(-1)?.name : undefined }
}

function endOf({ is_recorded }: HeldExecution, { state, start, formula }: LiveExecution, error?: string): End {
  const { end, seq, frames, attempt } = state
  const hasSubFormulas = formula.body.steps.some(({ type }) => type === 'formula')
  return {
    ...{ status: end?.status ?? 'failed', error, stepCount: seq, attempt, last: frames[0]?.last },
    ...(end?.status === 'retry' ? { retryAt: new Date(end.retryAt), attempt: end.attempt } : {}),
    elementInstanceId: elementInstanceOf(start),
    hasHidden: !is_recorded || hasSubFormulas,
  }
}
