import type { Owner } from '../../model/owner.ts'
import type { FormulaContext } from '../context.ts'
import type { StepOutcome } from '../executions/outcome.ts'
import type { ReferenceScope } from '../references/resolve-reference.ts'
import type { CheckedStep } from './refused-step.ts'

/** One type of step: what the table of types (`step-types.ts`) has of it. */
export interface StepKind {
  /**
   * Whether something happens outside this hub when it runs. If not, it may run again. If so, it may be on its way when a process dies; then a step
   * that `mayRepeat` runs again, and any other one has failed and is uncertain.
   */
  hasEffect(call: Pick<StepCall, 'properties'>): boolean
  mayRepeat(call: Pick<StepCall, 'properties'>): boolean
  /** it says where to go on, and does nothing else: its row may be written together with the next one */
  readonly isControl?: boolean
  /** properties without which it cannot run (spec 31 §7) */
  readonly required: readonly string[]
  /**
   * Of a step as it is saved: what is wrong with its properties whatever the instance says (spec 30 §2.5).
   * @throws ValenceError FORMULA_INVALID naming the step, the property and its value
   */
  check?(step: CheckedStep): void
  /**
   * Visits it. What goes wrong with the script, the request or the answer is the outcome; a throw is a failure of this hub: the same step runs again
   * later, as after a crash.
   */
  run(context: FormulaContext, call: StepCall): Promise<StepOutcome>
}

/** A visit: the step, and what it can see and do. */
export interface StepCall {
  name: string
  type: string
  /** as written, references and all; blank texts are not set and left out */
  properties: Readonly<Record<string, unknown>>
  /** the formula that has this step: of a sub-formula its own id */
  formulaId: number
  /** of this frame; not to be changed */
  scope: StepScope
  execution: ExecutionFacts
  /**
   * The value of a property, its references resolved (spec 31 §2.4); undefined: it is not set.
   * @param write of a text with references in it: what stands in place of one; `before` is the text up to there
   */
  fill(name: string, write?: WriteReference): Promise<unknown>
  /** aborted when the execution is cancelled, is over its time, or the process stops */
  signal: AbortSignal
  /** a process died while it was under way, and this is the second time */
  isRepeated: boolean
  /** lists that loops of this frame are at: entries are the very objects of these lists */
  loops: readonly LoopAlias[]
  /** for steps that say where it goes on; there in every execution, and nothing that others look at */
  control?: ControlFacts
}

/** Where an execution stands. */
export interface ControlFacts {
  /** of this step, when it is a loop that is under way: the entry it is at */
  loop: { index: number; list: readonly unknown[] } | undefined
  /** which attempt this is, counted by `retryFormulaExecution`; 0: the first */
  attempt: number
  /** formulas that called each other to come here; 0: it is the formula's own step */
  subFormulas: number
  /** of the execution's own formula, which says what an attempt is */
  engine: 'v1' | 'v3'
}

export type WriteReference = (value: string, before: string) => string

/** `steps.<loop>.entry` is the object at `[...path, index]`. */
export interface LoopAlias {
  loop: string
  path: readonly (string | number)[]
  index: number
}

export interface StepScope extends ReferenceScope {
  /** step name → type, of the steps of this frame: request steps have headers in any spelling */
  types: Readonly<Record<string, string>>
}

/** Whose execution it is. */
export interface ExecutionFacts {
  id: number
  formulaId: number
  formulaInstanceId: number
  formulaName: string
  formulaInstanceName: string
  owner: Owner
  /** `v1` or `v3` */
  engine: 'v1' | 'v3'
  chain: number
  depth: number
  /** of the instance */
  settings: Readonly<Record<string, unknown>>
}
