import Type, { type Static } from 'typebox'

/**
 * A formula as it is written (spec 30 §2): what the wire says and what files hold. Names are the wire's. Whatever else a client sends in one of
 * these objects is ignored, never refused.
 */
export const STEP_TYPES = [
  'script',
  'filter',
  'notification',
  'elementRequest',
  'request',
  'httpRequest',
  'elementRequestStream',
  'loop',
  'formula',
  'amqpRequest',
  'retryFormulaExecution',
] as const
export type StepType = (typeof STEP_TYPES)[number]

/** `request` is another word for `elementRequest` (spec 30 §2.2). */
export const TRIGGER_TYPES = ['event', 'elementRequest', 'scheduled', 'manual', 'request'] as const

const Names = Type.Array(Type.String(), { description: 'Names of steps; none: it ends here' })
const Properties = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Texts, with references to values in it (docs/formulas.md)',
})

/** One step, visited when another one leads to it. */
export const FormulaStep = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    type: Type.String({
      description: 'One of those in docs/formulas.md; others are kept, and fail when they are visited',
    }),
    description: Type.Optional(Type.String()),
    onSuccess: Names,
    onFailure: Names,
    properties: Properties,
  },
  { title: 'FormulaStep' },
)
export type FormulaStep = Static<typeof FormulaStep>

/** What starts an execution. */
export const FormulaTrigger = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String({ description: 'Always `trigger`' }),
    type: Type.String({ description: TRIGGER_TYPES.join(', ') }),
    async: Type.Boolean(),
    onSuccess: Names,
    onFailure: Names,
    properties: Properties,
  },
  { title: 'FormulaTrigger' },
)
export type FormulaTrigger = Static<typeof FormulaTrigger>

/** What an instance gives a value to. */
export const FormulaVariable = Type.Object(
  {
    id: Type.Integer(),
    key: Type.String({ description: 'May have dots in it' }),
    name: Type.String(),
    type: Type.String({ description: '`elementInstance` or `value`' }),
    description: Type.Optional(Type.String()),
    required: Type.Boolean(),
  },
  { title: 'FormulaVariable' },
)
export type FormulaVariable = Static<typeof FormulaVariable>

/** The three lists that a formula consists of. */
export interface FormulaParts {
  configuration: FormulaVariable[]
  triggers: FormulaTrigger[]
  steps: FormulaStep[]
}

/** The version of the engine that a formula was written for (spec 30 §4): `null` is v3. */
export type FormulaEngine = 'v1' | 'v3'

/** What an execution runs: a formula as it was when that began. */
export interface FormulaBody extends FormulaParts {
  name: string
  engine: FormulaEngine | null
}

/** Values of an instance (spec 30 §3): keys of variables, flat, and how it behaves. */
export interface FormulaInstanceValues {
  configuration: Record<string, unknown>
  settings: Record<string, unknown>
}
