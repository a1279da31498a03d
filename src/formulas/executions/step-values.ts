import type { FormulaEngine } from '../../model/formula.ts'
import { isObject } from '../../model/is-object.ts'
import type { ExecutionStart } from './execution-table.ts'
import type { StepOutcome } from './outcome.ts'

/** What is shown of a step's values: a key, and a text; none stands for null. */
export interface StepValue {
  key: string
  value?: string
}

/** Which step it was; types are those of formulas. */
export interface ValuedStep {
  name: string
  type: string
}

/** Members that are shown one by one, and of those again. Every other member is one value, however deep it is. */
type Shape = { readonly [member: string]: Shape }

const FLAT: Shape = {}
const CALL: Shape = { request: FLAT, response: FLAT }

/** By type of step: how deep its values go (spec 32 §3). All others are flat. */
const SHAPES: Readonly<Record<string, Shape>> = {
  elementRequest: CALL,
  request: CALL,
  httpRequest: CALL,
  amqpRequest: CALL,
  elementRequestStream: { download: CALL, upload: CALL },
}

/**
 * Values of a step as they are shown: keys are the path in the context, from the step's name on (spec 32 §3).
 *
 * @param engine of the formula: with v1 a sub-formula has one value, its result as JSON
 * @param most bytes of one text; longer ones are left out (spec 32 §9)
 */
export function stepValues(
  { name, type }: ValuedStep,
  outcome: StepOutcome,
  { engine, most }: { engine: FormulaEngine | null; most: number },
): StepValue[] {
  const { value, console, mails, error } = outcome
  const isWhole = type === 'formula' && engine === 'v1' && error === undefined
  const shape = isWhole ? undefined : shapeOf(type, outcome)
  // a value of the same name is somebody's own: what is known of the step goes before it
  const texts = new Map(value === null ? [] : textsOf(name, value, shape))
  if (console && console.length > 0) texts.set(`${name}.console`, JSON.stringify(console))
  if (mails && mails.length > 0) texts.set(`${name}.notify`, JSON.stringify(mails))
  if (error !== undefined) texts.set(`${name}.error`, error)
  return shown(texts, most)
}

/** Values of the first step, which is the trigger: what the execution was started with. */
export function triggerValues({ trigger }: Pick<ExecutionStart, 'trigger'>, { most }: { most: number }): StepValue[] {
  const texts = new Map(textsOf('trigger', trigger, CALL))
  // of a call without a body, too (spec 32 §3)
  const body = 'trigger.request.body'
  if (isObject(trigger['request']) && !texts.has(body)) texts.set(body, undefined)
  return shown(texts, most)
}

/** A sub-formula has the values of its last step, under its own name. */
function shapeOf(type: string, { subFormula }: StepOutcome): Shape {
  const of = subFormula?.at === 'end' ? (subFormula.lastType ?? '') : type
  return Object.hasOwn(SHAPES, of) ? (SHAPES[of] ?? FLAT) : FLAT
}

type Text = [key: string, text: string | undefined]

function textsOf(key: string, value: unknown, shape: Shape | undefined): Text[] {
  if (value === undefined) return []
  if (!shape || !isObject(value)) return [[key, textOf(value)]]
  return Object.entries(value).flatMap(([name, member]) =>
    textsOf(`${key}.${name}`, member, Object.hasOwn(shape, name) ? shape[name] : undefined),
  )
}

/** Texts are what they are: `8000270E-1392053436` is no number. */
function textOf(value: unknown): string | undefined {
  if (value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function shown(texts: ReadonlyMap<string, string | undefined>, most: number): StepValue[] {
  return [...texts].flatMap(([key, value]) => {
    if (value === undefined) return [{ key }]
    return Buffer.byteLength(value) > most ? [] : [{ key, value }]
  })
}
