import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import {
  type ExecutionRow,
  type ExecutionStart,
  outcomeContext,
  type StepRow,
  startContext,
} from '../../src/formulas/executions/execution-table.ts'
import type { StepOutcome } from '../../src/formulas/executions/outcome.ts'
import { type FormulaRow, formulaDb } from '../../src/formulas/formula-table.ts'
import type { Owner } from '../../src/model/owner.ts'
import type { Store } from '../../src/store/database.ts'
import { ADMIN, type TestHub } from './hub.ts'

/** Rows of formulas and what ran of them, as the engine leaves them behind, without one. */
type Rows = Pick<Store, 'db' | 'cipher'>

/** Who signed the hub up: formulas of his are of the default account. */
export async function administratorOf({ hub: { store } }: TestHub): Promise<Owner> {
  const { id, account_id, organization_id } = await store.db
    .withTables<AccountsTables>()
    .selectFrom('users')
    .select(['id', 'account_id', 'organization_id'])
    .where('email', '=', ADMIN.email)
    .executeTakeFirstOrThrow()
  return { organizationId: organization_id, accountId: account_id, userId: id }
}

/** One that nobody edits: its revision 1 is there. */
export async function insertRunFormula(
  store: Rows,
  { organizationId, accountId, userId }: Owner,
  fields: Partial<Pick<FormulaRow, 'name' | 'engine' | 'active' | 'created_at'>> = {},
): Promise<number> {
  const { name = 'A formula', engine = 'v3', active = true, created_at = new Date() } = fields
  const parts = { configuration: [], triggers: [], steps: [] }
  const { id } = await formulaDb(store)
    .insertInto('formulas')
    .values({
      ...{ organization_id: organizationId, account_id: accountId, user_id: userId, name, engine, active },
      ...{ single_threaded: false, debug_logging_enabled: true, parts: JSON.stringify(parts) as never },
      ...{ created_at, updated_at: created_at },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await formulaDb(store)
    .insertInto('formula_revisions')
    .values({ formula_id: id, revision: 1, body: JSON.stringify({ name, engine, ...parts }) as never })
    .execute()
  return id
}

export async function insertFormulaInstance(
  store: Rows,
  { organizationId, accountId, userId }: Owner,
  { formulaId, name = 'An instance', createdAt = new Date() }: { formulaId: number; name?: string; createdAt?: Date },
): Promise<number> {
  const { id } = await formulaDb(store)
    .insertInto('formula_instances')
    .values({
      ...{ organization_id: organizationId, account_id: accountId, user_id: userId, formula_id: formulaId, name },
      ...{ active: true, sealed: '', created_at: createdAt, updated_at: createdAt },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** A visit of a step; without an outcome it is under way. */
export interface StepToInsert
  extends Partial<Pick<StepRow, 'is_hidden' | 'frame' | 'delay_ms' | 'context_bytes' | 'created_at' | 'finished_at'>> {
  name: string
  type: string
  outcome?: Partial<StepOutcome>
}

export interface ExecutionToInsert
  extends Partial<
    Pick<
      ExecutionRow,
      | ('status' | 'event_id' | 'object_id' | 'created_at' | 'finished_at' | 'error' | 'uncertain_steps')
      | ('parent_id' | 'retry_at' | 'attempt' | 'trigger_type' | 'is_recorded')
    >
  > {
  formulaId: number
  formulaInstanceId: number
  trigger?: ExecutionStart['trigger']
  /** after the trigger */
  steps?: readonly StepToInsert[]
}

/** The trigger is its first step, a second passes with each of the others. It has ended, unless its status says that it has not. */
export async function insertExecution(
  store: Rows,
  { organizationId, accountId, userId }: Owner,
  { formulaId, formulaInstanceId, trigger = { args: {} }, steps = [], ...fields }: ExecutionToInsert,
): Promise<{ id: number; createdAt: Date; stepIds: number[] }> {
  const db = formulaDb(store)
  const createdAt = fields.created_at ?? new Date()
  const status = fields.status ?? 'success'
  const isOpen = status === 'queued' || status === 'pending'
  const after = (seconds: number) => new Date(createdAt.getTime() + seconds * 1_000)
  const { id } = await db
    .insertInto('formula_executions')
    .values({
      ...{ organization_id: organizationId, account_id: accountId, user_id: userId, formula_id: formulaId },
      ...{
        formula_revision: 1,
        formula_instance_id: formulaInstanceId,
        trigger_type: 'manual',
        start: Buffer.alloc(0),
      },
      ...{ finished_at: isOpen ? null : after(steps.length), step_count: steps.length + 1, ...fields },
      ...{ status, created_at: createdAt, started_at: createdAt, updated_at: after(steps.length) },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const start: ExecutionStart = { trigger, configuration: {}, settings: {}, formulaInstanceName: '' }
  await db
    .updateTable('formula_executions')
    .set({ start: store.cipher.sealBytes(Buffer.from(JSON.stringify(start)), startContext(id)) })
    .where('id', '=', id)
    .execute()
  const visits = [{ name: 'trigger', type: 'trigger', outcome: {} }, ...steps].map(
    ({ outcome, ...step }: StepToInsert, seq) => {
      const whole = outcome && { status: 'success' as const, isFailure: false, ...outcome }
      const json = Buffer.from(JSON.stringify(whole ?? null))
      return {
        ...{ execution_id: id, execution_created_at: createdAt, seq },
        ...{ organization_id: organizationId, account_id: accountId, created_at: after(seq) },
        ...{ status: whole?.status ?? ('pending' as const), is_failure: whole?.isFailure ?? false },
        finished_at: whole ? after(seq) : null,
        ...{ context_bytes: json.length, outcome: seq === 0 || !whole ? null : sealed(json, seq), ...step },
      }
    },
  )
  const stored = await db
    .insertInto('formula_steps')
    .values(visits as never)
    .returning('id')
    .execute()
  return { id, createdAt, stepIds: stored.map((row) => row.id) }

  function sealed(json: Buffer, seq: number): Buffer {
    return store.cipher.sealBytes(json, outcomeContext(id, seq))
  }
}
