import { pino } from 'pino'
import { credentialsInvalid } from '../../src/errors.ts'
import type { FormulaContext } from '../../src/formulas/context.ts'
import type { ExecutionRow, StepRow } from '../../src/formulas/executions/execution-table.ts'
import type { StepOutcome } from '../../src/formulas/executions/outcome.ts'
import { openOutcome } from '../../src/formulas/executions/sealed-values.ts'
import { type ExecutionToStart, startExecutions } from '../../src/formulas/executions/start-execution.ts'
import { type FormulaInstanceRow, type FormulaRow, formulaDb } from '../../src/formulas/formula-table.ts'
import type { Caller } from '../../src/model/account.ts'
import type { FormulaEngine, FormulaStep, FormulaTrigger, FormulaVariable } from '../../src/model/formula.ts'
import type { RunStepScript, StepScript, StepScriptResult } from '../../src/sandbox/sandbox.ts'
import type { Store } from '../../src/store/database.ts'
import { createTestJobs } from './jobs.ts'

export const FORMULA_OWNER = { organizationId: 3, accountId: 12, userId: 77 }

/** A step in short: what is not said is usual. */
export type ShortStep = Partial<FormulaStep> & { name: string; type: string }

export interface ShortFormula {
  name?: string
  engine?: FormulaEngine | null
  singleThreaded?: boolean
  isRecorded?: boolean
  /** names of the first steps; the first of `steps` unless given */
  first?: readonly string[]
  triggers?: FormulaTrigger[]
  configuration?: FormulaVariable[]
  steps: readonly ShortStep[]
}

/** A script as a function: what it changes in what it sees is not told, unless it says so. */
export type FakeScript = (call: StepScript) => unknown | Promise<unknown>

/** Runs JavaScript of tests in this process: bodies are names of functions. */
export function fakeScripts(scripts: Readonly<Record<string, FakeScript>>): RunStepScript {
  return async (call) => {
    const empty: StepScriptResult = {
      ...{ value: undefined, isGiven: false, isLate: false, console: [], mails: [], changes: {} },
    }
    const script = scripts[call.body]
    if (!script) return { ...empty, error: `no script ${call.body}` }
    try {
      const value = await script(call)
      call.signal?.throwIfAborted()
      return { ...empty, value, isGiven: value !== undefined }
    } catch (error) {
      call.signal?.throwIfAborted()
      return { ...empty, error: (error as Error).message }
    }
  }
}

/** The room of formulas without a hub around it: its clock stands still, scripts are functions of the test, nothing is sent. */
export function openTestFormulas(
  store: Store,
  { scripts = {}, ...given }: { scripts?: Record<string, FakeScript> } & Partial<FormulaContext> = {},
) {
  const jobs = createTestJobs()
  const clock = { at: new Date('2026-04-02T10:12:01.250Z') }
  const now = () => clock.at
  const noSend = () => Promise.reject(new Error('nothing is sent in this test'))
  const facts: unknown[] = []
  // what a test of this room has no use for is not there
  const context = {
    ...{ store, jobs, now, send: noSend, isBeforeSend: () => false },
    authorize: () => undefined,
    log: pino({ level: 'silent' }),
    limits: {
      ...{ steps: 10_000, triggerBytes: 5 * 1024 ** 2, valueBytes: 4 * 1024 ** 2, contextBytes: 16 * 1024 ** 2 },
      ...{
        answerMs: 30_000,
        scriptMs: 30_000,
        streamBytes: 1024 ** 3,
        streamMs: 60_000,
        days: 3,
        openExecutions: 1_000,
      },
    },
    notifications: {
      ...{ store, jobs, now, sender: 'valence@localhost', mailer: undefined, send: noSend },
      callPlatform: noSend,
      ownPath: (address) => (address.startsWith('/') ? address : undefined),
    },
    callerOf: (userId) => {
      if (userId !== FORMULA_OWNER.userId) throw credentialsInvalid()
      return { ...FORMULA_OWNER } as unknown as Caller
    },
    findInstance: () => undefined,
    isPlatformPath: () => false,
    noteEvents: async () => undefined,
    runStepScript: fakeScripts(scripts),
    callPlatform: noSend,
    clock: { put: async () => undefined, remove: async () => undefined, check: () => undefined },
    onTurn: (fact) => facts.push(fact),
    ...given,
  } as FormulaContext
  const db = formulaDb(store)

  return {
    ...{ context, jobs, clock, facts, db },
    /** a formula as `save-formula.ts` stores it */
    async addFormula({ engine = 'v3', singleThreaded = false, isRecorded = true, ...short }: ShortFormula) {
      const steps = short.steps.map(fullStep)
      const first = short.first ?? steps.slice(0, 1).map(({ name }) => name)
      const parts = {
        configuration: short.configuration ?? [],
        triggers: short.triggers ?? [fullTrigger(first)],
        steps,
      }
      const at = clock.at
      const row = await db
        .insertInto('formulas')
        .values({
          organization_id: FORMULA_OWNER.organizationId,
          account_id: FORMULA_OWNER.accountId,
          user_id: FORMULA_OWNER.userId,
          name: short.name ?? `formula ${Math.random()}`,
          ...{ engine, active: true, single_threaded: singleThreaded, debug_logging_enabled: isRecorded },
          ...{ created_at: at, updated_at: at },
          parts: JSON.stringify(parts) as never,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      await db
        .insertInto('formula_revisions')
        .values({
          ...{ formula_id: row.id, revision: 1 },
          body: JSON.stringify({ ...parts, name: row.name, engine }) as never,
        })
        .execute()
      return row as FormulaRow
    },
    async addInstance(formula: FormulaRow, { configuration = {}, settings = {} }: InstanceValues = {}) {
      const at = clock.at
      const row = await db
        .insertInto('formula_instances')
        .values({
          organization_id: FORMULA_OWNER.organizationId,
          account_id: FORMULA_OWNER.accountId,
          user_id: FORMULA_OWNER.userId,
          formula_id: formula.id,
          ...{ name: `instance of ${formula.name}`, active: true, sealed: '', created_at: at, updated_at: at },
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      const sealed = store.cipher.seal(
        JSON.stringify({ configuration, settings }),
        `formula_instances.sealed:${row.id}`,
      )
      await db.updateTable('formula_instances').set({ sealed }).where('id', '=', row.id).execute()
      return { ...row, sealed, values: { configuration, settings } }
    },
    start: (
      formula: FormulaRow,
      instance: FormulaInstanceRow & { values: ExecutionToStart['instance']['values'] },
      one: Partial<ExecutionToStart> = {},
    ): Promise<number> =>
      store.changes.transaction(async (trx, publish) => {
        const start: ExecutionToStart = { ...{ formula, instance, trigger: { args: {} }, startedBy: 'manual' }, ...one }
        const [started] = await startExecutions(context, trx, publish, [start])
        return started?.id as number
      }),
    execution: (id: number): Promise<ExecutionRow> =>
      db.selectFrom('formula_executions').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    /** oldest first */
    async steps(id: number): Promise<(StepRow & { value: StepOutcome | undefined })[]> {
      const rows = await db
        .selectFrom('formula_steps')
        .selectAll()
        .where('execution_id', '=', id)
        .orderBy('seq')
        .execute()
      return rows.map((row) => ({ ...row, value: openOutcome(store.cipher, row) }))
    },
  }
}

export interface InstanceValues {
  configuration?: Record<string, unknown>
  settings?: Record<string, unknown>
}

function fullStep(step: ShortStep, index: number): FormulaStep {
  return { id: index + 1, onSuccess: [], onFailure: [], properties: {}, ...step }
}

function fullTrigger(first: readonly string[]): FormulaTrigger {
  return {
    ...{ id: 99, name: 'trigger', type: 'manual', async: true, onFailure: [], properties: {} },
    onSuccess: [...first],
  }
}
