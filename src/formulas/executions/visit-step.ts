import { type FormulaStep, STEP_TYPES, type StepType } from '../../model/formula.ts'
import type { CompiledFormula } from '../compiled-formula.ts'
import type { FormulaContext } from '../context.ts'
import { fillProperty } from '../references/fill-property.ts'
import type { ExecutionFacts, LoopAlias, StepCall, StepKind, StepScope } from '../steps/step.ts'
import { failed } from '../steps/step-failure.ts'
import { STEP_KINDS } from '../steps/step-types.ts'
import type { StepOutcome } from './outcome.ts'
import { atPath, type Frame, formulaIn, type LiveExecution, topFrame } from './state.ts'
import { ownerOf } from './step-mails.ts'
import type { HeldExecution } from './take.ts'

/** What is to be visited next. */
export interface NextStep {
  name: string
  /** of a name that the formula does not have: empty */
  type: string
  /** undefined: there is no such step, or none of this type runs */
  kind: StepKind | undefined
  properties: Readonly<Record<string, unknown>>
}

/** @returns undefined at the end of a sub-formula */
export function nextStep(live: LiveExecution): NextStep | undefined {
  const frame = topFrame(live.state)
  const [name] = frame.pending
  if (name === undefined) return undefined
  const step = formulaIn(live, frame).step(name)
  if (!step) return { name, type: '', kind: undefined, properties: {} }
  const kind = Object.hasOwn(STEP_KINDS, step.type) ? STEP_KINDS[step.type as StepType] : undefined
  return { name, type: step.type, kind, properties: propertiesOf(step) }
}

const read = new WeakMap<FormulaStep, Readonly<Record<string, unknown>>>()

/** Blank texts are not set (spec 30 §9). */
function propertiesOf(step: FormulaStep): Readonly<Record<string, unknown>> {
  const known = read.get(step)
  if (known) return known
  const set = Object.entries(step.properties ?? {}).filter(
    ([, value]) => value !== null && value !== undefined && !(typeof value === 'string' && value.trim() === ''),
  )
  const properties = Object.fromEntries(set)
  read.set(step, properties)
  return properties
}

/** A step that nothing can be done with. */
export function notRunnable({ name, type }: NextStep): StepOutcome {
  if (type === '') return failed(`The formula has no step "${name}"`)
  return failed(`${name}: steps of type "${type}" do not run here; the types are ${STEP_TYPES.join(', ')}`)
}

/** What the sub-formula that has come to its end makes of the step that called it (spec 31 §3.9). */
export function endOfSubFormula({ hasFailed, last }: Frame): StepOutcome {
  const subFormula = { at: 'end' as const, ...(last ? { lastType: last.type } : {}) }
  const value = last?.value ?? (last?.error === undefined ? {} : { error: last.error })
  if (!hasFailed) return { status: 'success', isFailure: false, value, subFormula }
  const error = last?.error === undefined ? {} : { error: last.error }
  return { status: 'failed', isFailure: true, value, ...error, subFormula }
}

export function callOf(
  context: FormulaContext,
  { held, live, signal }: { held: HeldExecution; live: LiveExecution; signal: AbortSignal },
  { name, type, properties }: NextStep,
  isRepeated: boolean,
): StepCall {
  const frame = topFrame(live.state)
  const formula = formulaIn(live, frame)
  const position = Object.hasOwn(frame.loops, name) ? frame.loops[name] : undefined
  const call: StepCall = {
    ...{ name, type, properties, signal, isRepeated },
    formulaId: frame.formulaId,
    scope: scopeOf(held, live, frame, formula),
    execution: factsOf(held, live, formula),
    loops: loopsOf(frame),
    control: {
      loop: position && { index: position.index, list: position.list },
      attempt: live.state.attempt,
      subFormulas: live.state.frames.length - 1,
      engine: live.formula.engine,
    },
    fill: (property, write) => fillProperty(context, call, property, write),
  }
  return call
}

function scopeOf(
  { id, created_at, formula_id, formula_instance_id }: HeldExecution,
  { formula: own, start, state }: LiveExecution,
  { config, steps, trigger }: Frame,
  { types }: CompiledFormula,
): StepScope {
  const info = {
    ...{ formulaId: formula_id, formulaName: own.name, formulaInstanceId: formula_instance_id },
    ...{ formulaInstanceName: start.formulaInstanceName, formulaExecutionId: id },
    ...{ formulaStartTime: created_at.getTime(), stepEndTime: state.steppedAt },
  }
  return { config, steps, trigger, info, types }
}

function factsOf(
  held: HeldExecution,
  { formula: own, start }: LiveExecution,
  { engine }: CompiledFormula,
): ExecutionFacts {
  return {
    ...{ id: held.id, formulaId: held.formula_id, formulaInstanceId: held.formula_instance_id, engine },
    ...{ formulaName: own.name, formulaInstanceName: start.formulaInstanceName, owner: ownerOf(held) },
    ...{ chain: held.chain, depth: held.depth, settings: start.settings ?? {} },
  }
}

/** Lists that are still where they were found, with the entry that is still in them. */
function loopsOf(frame: Frame): LoopAlias[] {
  return Object.entries(frame.loops).flatMap(([loop, { list, index, path }]) => {
    if (!path || atPath(frame, path) !== list) return []
    const shown = Object.hasOwn(frame.steps, loop) ? frame.steps[loop] : undefined
    const entry = (shown as { entry?: unknown } | undefined)?.entry
    return entry !== undefined && entry === list[index] ? [{ loop, path, index }] : []
  })
}
