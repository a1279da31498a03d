import type { Generated, Selectable } from 'kysely'
import type { TimePartitions } from '../../store/time-partitions.ts'

/**
 * One run of an instance. Whatever process works at it holds it by `version`, and brings it one step further at a time; each step that ended is
 * in `formula_steps`, so that another process can go on where it stands.
 */
export interface ExecutionTable {
  id: Generated<number>
  /** whole milliseconds; names its partition */
  created_at: Date
  organization_id: number
  account_id: number
  /** owner of the instance: in whose name it acts */
  user_id: number
  formula_id: number
  formula_revision: number
  formula_instance_id: number
  status: ExecutionStatus
  trigger_type: StartedBy
  event_id: string | null
  object_id: string | null
  /** how many executions led to this one, each by starting the next */
  chain: Generated<number>
  /** how many calls of the hub wait for it: they count against the depth of its own calls */
  depth: Generated<number>
  /** executions of its instance go one after the other */
  is_single_threaded: Generated<boolean>
  /** its steps are shown; those that failed are in any case */
  is_recorded: Generated<boolean>
  /** somebody waits for its end: `reply` is kept, and the end is told (`ENDED_TOPIC`) */
  is_awaited: Generated<boolean>
  /** sealed: `ExecutionStart` as JSON */
  start: Buffer
  /** sealed: the state after the step `snapshot_seq`, so that not all steps have to be read again */
  snapshot: Buffer | null
  snapshot_seq: number | null
  /** grows when a process takes it: who has an older one has lost it */
  version: Generated<number>
  /** a process is at it, or died while it was */
  is_running: Generated<boolean>
  /** how often in a row it was taken up again after a process had died, or failed at it */
  interruptions: Generated<number>
  /** visits of steps so far, the trigger among them */
  step_count: Generated<number>
  /** which attempt it is, counted by `retryFormulaExecution`; 0: the first */
  attempt: Generated<number>
  /** when it goes on, or the next one begins */
  retry_at: Date | null
  /** that it repeats */
  parent_id: number | null
  /** sealed: what the last step came to, as JSON */
  reply: Buffer | null
  /** why it ended, where no step says so; of one that has not, how often it was interrupted at its step */
  error: string | null
  /** names of steps whose request may have been sent before a process died, and was not sent again */
  uncertain_steps: Generated<string[]>
  started_at: Date | null
  finished_at: Date | null
  updated_at: Date
}

/**
 * As the wire says it (spec 32 §4). `queued`: it waits for one before it (single-threaded); what waits for a free place only, is `pending` already,
 * because clients wait for another word than that.
 */
export type ExecutionStatus = 'queued' | 'pending' | 'success' | 'failed' | 'retry' | 'cancelled'

/** `api`: a formula as a resource. */
export type StartedBy = 'event' | 'elementRequest' | 'scheduled' | 'manual' | 'api'

/** What an execution begins with; it does not change while that runs. */
export interface ExecutionStart {
  /** spec 31 §1.1 */
  trigger: Record<string, unknown>
  /** of the instance */
  configuration: Record<string, unknown>
  settings: Record<string, unknown>
  formulaInstanceName: string
  /** which of the formula's triggers; the first when absent */
  triggerNumber?: number
}

/** A visit of a step. One with an effect outside is there before that begins; any other when it has ended. */
export interface StepTable {
  id: Generated<number>
  execution_id: number
  execution_created_at: Date
  /** from 0, which is the trigger */
  seq: number
  organization_id: number
  account_id: number
  /** names of the steps that called the sub-formulas it is in, joined by `/`; empty: it is the formula's own */
  frame: Generated<string>
  name: string
  type: string
  status: StepStatus
  /** makes the execution fail: a filter that says no, and a list at its end, do not (spec 32 §5) */
  is_failure: Generated<boolean>
  /** nobody is shown it: logging is off, or it belongs to a sub-formula (spec 31 §3.9) */
  is_hidden: Generated<boolean>
  created_at: Date
  finished_at: Date | null
  /** between the end of the step before and its beginning, in ms */
  delay_ms: Generated<number>
  /** of its outcome as JSON */
  context_bytes: Generated<number>
  /** sealed: `StepOutcome` as JSON (`outcome.ts`); null while it is under way, and of the trigger, whose values are in `start` */
  outcome: Buffer | null
}

export type StepStatus = 'pending' | 'success' | 'failed'

export type ExecutionRow = Selectable<ExecutionTable>
export type StepRow = Selectable<StepTable>

/** Contexts of sealed values: one copied elsewhere does not open. */
export const startContext = (id: number) => `formula_executions.start:${id}`
export const snapshotContext = (id: number) => `formula_executions.snapshot:${id}`
export const replyContext = (id: number) => `formula_executions.reply:${id}`
export const outcomeContext = (executionId: number, seq: number) => `formula_steps.outcome:${executionId}.${seq}`

/** Somebody wants an execution to end; the key is its id. */
export const CANCEL_TOPIC = 'formula-cancel'
/** An execution that somebody waits for has ended; the key is its id. */
export const ENDED_TOPIC = 'formula-ended'

export function executionPartitions(keepDays: number): TimePartitions[] {
  return [
    { table: 'formula_executions', column: 'created_at', unit: 'day', keepDays, ahead: 2 },
    { table: 'formula_steps', column: 'execution_created_at', unit: 'day', keepDays, ahead: 2 },
  ]
}
