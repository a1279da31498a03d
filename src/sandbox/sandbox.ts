/**
 * The sandbox: JavaScript of strangers, run outside this process. This file is the contract; `runner/` is the child
 * process that keeps it. Values in, values out: which variables a hook sees and what its answer means is the engine's
 * affair (`engine/hooks/`).
 */

/** One user script and what it may see. */
export interface ScriptCall {
  /** whose script it is: caps and fairness count per owner, and nothing is shared between two owners */
  owner: string
  /** opens error messages: `preRequest hook of GET /contacts` */
  label: string
  /** the inside of a function whose arguments are `variables` (spec 11 §6.2) */
  body: string
  /** legacy scripts end by `return` and have helpers of their own (spec 11 §6.2) */
  isLegacy: boolean
  /**
   * Arguments by name: JSON values, `undefined`, or `JsonText` (`model/exchange.ts`), which is taken over unread.
   * The script gets its own copies.
   */
  variables: Readonly<Record<string, unknown>>
  /** wall clock of the whole script, calls it waits for included; 30 s when absent */
  timeoutMs?: number
  /** how many scripts wait for this one, because they called us: those that are waited for must not wait for them */
  depth?: number
}

export interface ScriptResult {
  /** what the first `done` was given, or what the script returned; undefined: it changed nothing */
  value: Record<string, unknown> | undefined
  /** members of `value` that are the very object handed in under that name, so that what it lacks was deleted on purpose */
  returnedAsGiven: readonly string[]
  /** lines of `console.*` and `print`, bounded, in order */
  console: readonly string[]
}

/**
 * @throws ValenceError SCRIPT_FAILED naming label and exception (syntax, thrown before `done`, memory);
 *   SCRIPT_TIMED_OUT; both with a `ScriptFailure` as cause; SCRIPT_BUSY when the owner has too many scripts waiting;
 *   UNAVAILABLE when there is nothing to run it
 */
export type RunScript = (call: ScriptCall) => Promise<ScriptResult>

/** One script for all records of a page: it runs once for each of them, all in one visit to a runner (spec 20 §10.1). */
export interface RecordScript extends Omit<ScriptCall, 'variables'> {
  records: readonly ScriptRecord[]
  /** further arguments, the same for all */
  shared: Readonly<Record<string, unknown>>
}

/** The arguments in which runs differ. */
export interface ScriptRecord {
  originalObject?: unknown
  /** an object; what the script leaves in it counts, unless it gives `done` another one */
  transformedObject: unknown
}

export interface RecordResults {
  /**
   * What became of each record: an object or a list. There is none for a record whose script failed or was not over in
   * time.
   */
  values: ReadonlyMap<number, unknown>
  /** the first exception, or the limit that was reached */
  error: string | undefined
  isLate: boolean
  console: readonly string[]
}

/** @throws ValenceError SCRIPT_BUSY, UNAVAILABLE: no script was run. What scripts do wrong is in the results. */
export type RunRecordScript = (call: RecordScript) => Promise<RecordResults>

/** What remains of a script that failed: the exception as text, and what it had printed until then. */
export class ScriptFailure extends Error {
  readonly console: readonly string[]

  constructor(message: string, console: readonly string[]) {
    super(message)
    this.name = 'ScriptFailure'
    this.console = console
  }
}

/**
 * One script of a formula's step, or an expression in a reference (spec 31 §4). It gets its own copies of what it is shown; what it changed in them
 * is told in the result.
 */
export interface StepScript extends Omit<ScriptCall, 'variables' | 'isLegacy'> {
  /** `return`: a value by `return`, for an engine without strict mode; `done`: a value by `done(…)`; `expression`: the value of an expression */
  form: 'done' | 'return' | 'expression'
  /** members may be `JsonText` */
  config: Readonly<Record<string, unknown>>
  steps: Readonly<Record<string, unknown>>
  trigger: Readonly<Record<string, unknown>>
  info: Readonly<Record<string, unknown>>
  /** places that are to be the very same object, the second one taken from the first: `['steps', 'loop', 'entry']` */
  aliases?: readonly { of: ScopePath; at: ScopePath }[]
  /** places of objects whose members are found in any spelling: headers */
  headers?: readonly ScopePath[]
  /** processor time; `LIMITS.cpuMs` when absent */
  cpuMs?: number
  /**
   * Scripts of one owner with the same word are one author's: each finds its world as it was at first, but may run where another one of them did, which
   * takes half the time. Without it a script runs where no other does.
   */
  sharing?: string
  /** ends the script at once */
  signal?: AbortSignal
}

export type ScopePath = readonly (string | number)[]

/** What a script is never to blame the hub for: its failure is a result as well. */
export interface StepScriptResult {
  /** of `done`, `return` or the expression: any JSON value; undefined: none was given */
  value: unknown
  /** `done` was called, or something was returned */
  isGiven: boolean
  /** message of the exception, or the limit that was reached; absent when the script ended well */
  error?: string
  /** it was ended because of the time */
  isLate: boolean
  console: readonly string[]
  mails: readonly ScriptMail[]
  /** members of `config`, `steps` and `trigger` that are not what they were */
  changes: Partial<Record<'config' | 'steps' | 'trigger', { set: Record<string, unknown>; gone: readonly string[] }>>
}

/** `notify.email(to, subject, body)`: texts as given; whoever runs the script sends it. */
export interface ScriptMail {
  to: string
  subject: string
  body: string
}

/**
 * @throws ValenceError SCRIPT_BUSY, UNAVAILABLE: no script was run; the reason of the signal, when that ended it
 */
export type RunStepScript = (call: StepScript) => Promise<StepScriptResult>

/** An HTTP call that a script makes (`require('http')`, `axios`); whoever runs the sandbox decides where it may go. */
export interface ScriptHttpRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: string | undefined
}

export interface ScriptHttpReply {
  status: number
  headers: Record<string, string | string[]>
  body: string
}

export interface SandboxOptions {
  /** runner processes that are kept warm, once there was a script; 0: each is started when it is needed */
  runners: number
  /** the only way out; rejects with a message that the script sees as its error */
  http(request: ScriptHttpRequest, signal: AbortSignal): Promise<ScriptHttpReply>
  log: { warn(facts: object, message: string): void; error(facts: object, message: string): void }
}

export interface Sandbox {
  run: RunScript
  runRecords: RunRecordScript
  runStep: RunStepScript
  /** for metrics */
  stats(): { runners: number; running: number; waiting: number; restarts: number }
  close(): Promise<void>
}
