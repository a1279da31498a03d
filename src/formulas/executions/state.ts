import type { CompiledFormula } from '../compiled-formula.ts'
import type { ExecutionRow, ExecutionStart } from './execution-table.ts'

/**
 * Where an execution stands: what the fold of its journal comes to (`apply.ts`). It is one graph of objects: the entry that a loop is at is the
 * very object in its list, so that a script that changes the one changes the other (spec 31 §4). Snapshots keep it so.
 */
export interface ExecutionState {
  /** of the next row of the journal */
  seq: number
  /** counted by `retryFormulaExecution` */
  attempt: number
  /** formulas that called each other, the execution's own first */
  frames: Frame[]
  /** about what it holds, in bytes of JSON */
  bytes: number
  /** when the last step ended, in ms */
  steppedAt: number
  /** the next step is not due before, in ms */
  waitUntil: number | undefined
  end: ExecutionEnd | undefined
}

/** `retry`: another execution begins at `retryAt`, in ms. */
export type ExecutionEnd = { status: 'success' | 'failed' } | { status: 'retry'; retryAt: number; attempt: number }

export interface Frame {
  formulaId: number
  revision: number
  /** name of the step in the frame before that called it; of the first: empty */
  calledBy: string
  /** when that began, in ms */
  calledAt: number
  config: Record<string, unknown>
  steps: Record<string, unknown>
  trigger: Record<string, unknown>
  /** of steps that are loops and under way, by name */
  loops: Record<string, LoopPosition>
  /** names of steps to visit; what a step leads to goes before what waits already */
  pending: string[]
  hasFailed: boolean
  last: LastVisit | undefined
  /** bytes of what each step came to last */
  bytes: Record<string, number>
}

export interface LoopPosition {
  list: readonly unknown[]
  index: number
  /** where the list was found in the context */
  path: readonly (string | number)[] | undefined
}

/** What a frame has come to. */
export interface LastVisit {
  type: string
  value: unknown
  isFailure: boolean
  error: string | undefined
}

/** An execution in memory. */
export interface LiveExecution {
  id: number
  state: ExecutionState
  /** as it was stored; never changed */
  start: ExecutionStart
  /** of the first frame */
  formula: CompiledFormula
  /** all that its frames run, by `<id>.<revision>` */
  formulas: Map<string, CompiledFormula>
}

/** @throws Error a bug: whoever reads or makes a frame puts its formula there before */
export function formulaIn({ formulas }: LiveExecution, { formulaId, revision }: RunRevision): CompiledFormula {
  const found = formulas.get(`${formulaId}.${revision}`)
  if (!found) throw new Error(`formula ${formulaId} in revision ${revision} was not read`)
  return found
}

export type RunRevision = Pick<Frame, 'formulaId' | 'revision'>

export function keepFormula({ formulas }: LiveExecution, formula: CompiledFormula): void {
  formulas.set(`${formula.id}.${formula.revision}`, formula)
}

/** As it is when only its trigger was visited. */
export function newExecution(
  row: Pick<ExecutionRow, 'id' | 'attempt' | 'created_at'>,
  start: ExecutionStart,
  formula: CompiledFormula,
): LiveExecution {
  const frame = firstFrame(start, formula)
  const bytes = JSON.stringify(start).length
  return {
    ...{ id: row.id, start, formula, formulas: new Map([[`${formula.id}.${formula.revision}`, formula]]) },
    state: {
      ...{ seq: 1, attempt: row.attempt, frames: [frame], bytes, steppedAt: row.created_at.getTime() },
      waitUntil: undefined,
      end: frame.pending.length === 0 ? { status: 'success' } : undefined,
    },
  }
}

export function firstFrame(start: ExecutionStart, formula: CompiledFormula): Frame {
  return newFrame(formula, {
    config: structuredClone(start.configuration),
    trigger: structuredClone(start.trigger),
    triggerNumber: start.triggerNumber,
  })
}

export function newFrame(
  { id, revision, firstSteps }: Pick<CompiledFormula, 'id' | 'revision' | 'firstSteps'>,
  {
    config,
    trigger,
    triggerNumber,
    calledBy = '',
    calledAt = 0,
  }: Pick<Frame, 'config' | 'trigger'> &
    Partial<Pick<Frame, 'calledBy' | 'calledAt'>> & {
      triggerNumber?: number | undefined
    },
): Frame {
  return {
    ...{ formulaId: id, revision, calledBy, calledAt, config, trigger },
    ...{ steps: {}, loops: {}, pending: [...firstSteps(triggerNumber)], hasFailed: false, last: undefined, bytes: {} },
  }
}

export function topFrame({ frames }: ExecutionState): Frame {
  return frames[frames.length - 1] as Frame
}

/** Of what a step came to last; steps may be called `constructor`. */
export function bytesOf({ bytes }: Frame, name: string): number {
  return Object.hasOwn(bytes, name) ? (bytes[name] ?? 0) : 0
}

/** Column `frame` of the steps of this frame. */
export function framePath({ frames }: ExecutionState): string {
  return frames
    .slice(1)
    .map(({ calledBy }) => calledBy)
    .join('/')
}

/** What is there by a path; of own members alone. */
export function atPath(frame: Frame, path: readonly (string | number)[]): unknown {
  let current: unknown = frame
  for (const [at, name] of path.entries()) {
    if (at === 0 && !ROOTS.has(name)) return undefined
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined
    current = (current as Record<string | number, unknown>)[name]
  }
  return current
}

const ROOTS = new Set<string | number>(['config', 'steps', 'trigger'])

/** Sets a member whatever its name is: of strangers comes `__proto__`, too. */
export function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  } else target[name] = value
}
