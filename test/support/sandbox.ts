import { ValenceError } from '../../src/errors.ts'
import { createSandbox } from '../../src/sandbox/create-sandbox.ts'
import type {
  RecordResults,
  RecordScript,
  Sandbox,
  SandboxOptions,
  ScriptCall,
  ScriptFailure,
  ScriptResult,
  StepScript,
  StepScriptResult,
} from '../../src/sandbox/sandbox.ts'

/** A sandbox whose scripts reach nothing, unless `http` is given. Close it. */
export function startTestSandbox(options: Partial<SandboxOptions> = {}): Sandbox {
  const noHttp = () => Promise.reject(new Error('there is no network here'))
  return createSandbox({ runners: 1, http: noHttp, log: { warn: () => undefined, error: console.error }, ...options })
}

export type TestCall = Partial<ScriptCall> & { body: string }

/** Runs one script under ordinary names. */
export function runScript(sandbox: Sandbox, call: TestCall): Promise<ScriptResult> {
  return sandbox.run({ owner: 'account 1', label: 'hook', isLegacy: false, variables: {}, ...call })
}

/** How a script failed: code, message, and what it had printed. */
export async function failureOf(run: Promise<unknown>) {
  const error = await run.then(
    (value) => Promise.reject(new Error(`it succeeded with ${JSON.stringify(value)}`)),
    (reason: unknown) => reason,
  )
  if (!(error instanceof ValenceError)) throw error
  const { code, message, cause } = error
  return { code, message, console: (cause as ScriptFailure | undefined)?.console }
}

export type TestStep = Partial<StepScript> & { body: string }

/** Runs one script of a step under ordinary names. */
export function runStep(sandbox: Sandbox, call: TestStep): Promise<StepScriptResult> {
  return sandbox.runStep({
    ...{ owner: 'account 1', label: 'step', form: 'done', config: {}, steps: {}, trigger: {}, info: {} },
    ...call,
  })
}

export type TestRecords = Partial<RecordScript> & { body: string }

/** Runs one script for records under ordinary names. */
export function runRecords(sandbox: Sandbox, call: TestRecords): Promise<RecordResults> {
  return sandbox.runRecords({
    owner: 'account 1',
    label: 'script',
    isLegacy: false,
    shared: { fromVendor: true, isWhere: false },
    records: [],
    ...call,
  })
}
