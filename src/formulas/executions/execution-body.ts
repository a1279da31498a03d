import Type, { type Static } from 'typebox'
import { IsoSeconds, isoSeconds } from '../../model/iso-seconds.ts'
import type { ExecutionRow, StepRow } from './execution-table.ts'
import type { StepValue } from './step-values.ts'

/** Bodies of spec 32 §1. */
export const StepValueBody = Type.Object(
  {
    id: Type.Integer(),
    key: Type.String({ description: 'Path of the value in the context, from the name of the step on' }),
    value: Type.Optional(Type.String({ description: 'Always a text; JSON of objects and lists. Missing: null' })),
  },
  { title: 'StepExecutionValue' },
)
export type StepValueBody = Static<typeof StepValueBody>

export const StepExecutionBody = Type.Object(
  {
    id: Type.Integer(),
    stepName: Type.String({ description: '`trigger` is the first' }),
    status: Type.String({
      description: '`pending`, `success`, `failed`: also of a filter that said no, and of a list at its end',
    }),
    createdDate: IsoSeconds,
    updatedDate: Type.Optional(IsoSeconds),
    stepExecutionValues: Type.Optional(Type.Array(StepValueBody)),
  },
  { title: 'StepExecution' },
)
export type StepExecutionBody = Static<typeof StepExecutionBody>

const EXECUTION = {
  id: Type.Integer(),
  formulaInstanceId: Type.Integer(),
  status: Type.String({ description: '`queued`, `pending`, `success`, `failed`, `retry`, `cancelled`' }),
  createdDate: IsoSeconds,
  updatedDate: Type.Optional(Type.String({ format: 'date-time', description: 'When it ended' })),
  eventId: Type.Optional(Type.String({ description: 'Of the event that started it' })),
  parentExecutionId: Type.Optional(Type.Integer({ description: 'Of the one that it repeats' })),
  retryDate: Type.Optional(Type.String({ format: 'date-time', description: 'When it goes on, or begins again' })),
  error: Type.Optional(
    Type.String({
      description: 'Why it ended, where no step says so; of one that has not: how often it was interrupted at its step',
    }),
  ),
  uncertainSteps: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Steps whose request may have been sent before a process died, or failed; it was not sent again',
    }),
  ),
}

export const ExecutionBody = Type.Object(EXECUTION, { title: 'FormulaExecution' })
export type ExecutionBody = Static<typeof ExecutionBody>

export const ExecutionWithSteps = Type.Object(
  { ...EXECUTION, stepExecutions: Type.Array(StepExecutionBody, { description: 'The oldest first, without values' }) },
  { title: 'FormulaExecutionWithSteps' },
)
export type ExecutionWithSteps = Static<typeof ExecutionWithSteps>

/** What is shown of a row, without what is sealed. */
export const EXECUTION_COLUMNS = [
  ...(['id', 'created_at', 'organization_id', 'account_id', 'formula_id', 'formula_revision'] as const),
  ...(['formula_instance_id', 'status', 'event_id', 'parent_id', 'retry_at', 'error', 'uncertain_steps'] as const),
  'finished_at',
] as const
export type ShownExecution = Pick<ExecutionRow, (typeof EXECUTION_COLUMNS)[number]>

export const STEP_COLUMNS = ['id', 'seq', 'name', 'type', 'status', 'created_at', 'finished_at'] as const
export type ShownStep = Pick<StepRow, (typeof STEP_COLUMNS)[number]>

export function toExecutionBody(row: ShownExecution): ExecutionBody {
  return {
    id: row.id,
    formulaInstanceId: row.formula_instance_id,
    status: row.status,
    createdDate: isoSeconds(row.created_at),
    ...(row.finished_at === null ? {} : { updatedDate: isoSeconds(row.finished_at) }),
    ...(row.event_id === null ? {} : { eventId: row.event_id }),
    ...(row.parent_id === null ? {} : { parentExecutionId: row.parent_id }),
    ...(row.retry_at === null ? {} : { retryDate: isoSeconds(row.retry_at) }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.uncertain_steps.length === 0 ? {} : { uncertainSteps: row.uncertain_steps }),
  }
}

/** The first one is the trigger: it takes no time, and has no end (spec 32 §1.2). */
export function isTrigger({ seq }: Pick<ShownStep, 'seq'>): boolean {
  return seq === 0
}

export function toStepBody(row: ShownStep, values?: readonly StepValue[]): StepExecutionBody {
  return {
    id: row.id,
    stepName: row.name,
    status: row.status,
    createdDate: isoSeconds(row.created_at),
    ...(row.finished_at === null || isTrigger(row) ? {} : { updatedDate: isoSeconds(row.finished_at) }),
    ...(values === undefined ? {} : { stepExecutionValues: toValueBodies(row.id, values) }),
  }
}

/** Ids of values are made of the step's: no more than this have one of their own. */
const MOST_VALUES = 10_000

export function toValueBodies(stepId: number, values: readonly StepValue[]): StepValueBody[] {
  return values.map((value, number) => ({ id: stepId * MOST_VALUES + number, ...value }))
}
