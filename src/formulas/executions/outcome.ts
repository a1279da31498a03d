import type { ScriptMail } from '../../sandbox/sandbox.ts'
import type { StepStatus } from './execution-table.ts'

/**
 * What a visit of a step came to: all that is needed to go on, in this process or, after a crash, in another one. It is JSON, and it is the journal.
 */
export interface StepOutcome {
  status: Exclude<StepStatus, 'pending'>
  /** makes the execution fail (spec 32 §5) */
  isFailure: boolean
  /** what `steps.<name>` becomes; absent: it stays what it was */
  value?: unknown
  /** text of the value `<name>.error` (spec 32 §3); where nothing else is known of the step, `value` is `{ error }` as well */
  error?: string
  /** lines that the script printed */
  console?: readonly string[]
  /** mails that the script sent; they go out in the transaction that stores this */
  mails?: readonly ScriptMail[]
  /** what the script changed in the objects it was shown (spec 31 §4): later steps see it */
  changes?: ContextChanges
  /** its request may have been sent, nobody knows what became of it, and it was not sent again */
  isUncertain?: boolean
  /** it was begun once before, by a process that died, and done again because that is allowed */
  isRepeated?: boolean
  /** of a visit of a loop */
  loop?: LoopVisit
  /** of a sub-formula: it begins here, or ended here */
  subFormula?: SubFormulaVisit
  /** of `retryFormulaExecution` */
  retry?: RetryVisit
}

/** Members by name, with what they are now; `null` stands for itself, members of `gone` are not there any more. */
export interface ContextChanges {
  config?: MemberChanges
  steps?: MemberChanges
  trigger?: MemberChanges
}

export interface MemberChanges {
  set: Record<string, unknown>
  gone: readonly string[]
}

/** `index` of the entry; absent at the end of the list. */
export interface LoopVisit {
  index?: number
  /** of the first visit, where the list is no member of the context that can be found again */
  list?: readonly unknown[]
  /** of the first visit: where the list is, `['steps', 'get', 'response', 'body']` */
  path?: readonly (string | number)[]
}

export type SubFormulaVisit =
  | { at: 'start'; formulaId: number; revision: number; args: unknown; configuration: Record<string, unknown> }
  | { at: 'end' /** type of its last step, which says what values there are */; lastType?: string }

export interface RetryVisit {
  /** that runs next; absent: there are no more */
  attempt?: number
  at?: string
}
