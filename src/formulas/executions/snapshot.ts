import { deserialize, serialize } from 'node:v8'
import type { Kysely } from 'kysely'
import type { CompiledFormulas } from '../compiled-formula.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, formulaDb } from '../formula-table.ts'
import { apply } from './apply.ts'
import { type StepRow, snapshotContext } from './execution-table.ts'
import { openOutcome, openStart } from './sealed-values.ts'
import { type ExecutionState, keepFormula, type LiveExecution, newExecution } from './state.ts'
import type { HeldExecution } from './take.ts'

/** Grows when the state gets another shape: an older snapshot is not read, and the journal says all that it said. */
const FORMAT = 1
const PAGE = 500

/** A step that was begun and has not ended, as far as the journal knows. */
export type OpenStep = Pick<StepRow, 'seq' | 'name' | 'type' | 'created_at' | 'delay_ms'>

export interface Resumed {
  live: LiveExecution
  open: OpenStep | undefined
}

export function sealSnapshot({ store }: Pick<FormulaContext, 'store'>, { id, state }: LiveExecution): Buffer {
  return store.cipher.sealBytes(serialize({ format: FORMAT, state }), snapshotContext(id))
}

/** Of `Engine`, which knows the memory of this file. */
interface From {
  context: Pick<FormulaContext, 'store'>
  formulas: CompiledFormulas
}

/** The state of an execution from what is stored of it: its beginning, or a snapshot, and the journal from there on. */
export async function resume(from: From, held: HeldExecution): Promise<Resumed> {
  const start = openStart(from.context.store.cipher, held)
  const formula = await from.formulas.of(held.formula_id, held.formula_revision)
  const live = newExecution(held, start, formula)
  if (held.isNew) return { live, open: undefined }
  await readSnapshot(from, held, live)
  return { live, open: await readJournal(from, held, live) }
}

async function readSnapshot(
  { context, formulas }: From,
  { id, created_at, snapshot_seq }: HeldExecution,
  live: LiveExecution,
): Promise<void> {
  if (snapshot_seq === null) return
  const { snapshot } = await formulaDb(context.store)
    .selectFrom('formula_executions')
    .select('snapshot')
    .where('id', '=', id)
    .where('created_at', '=', created_at)
    .executeTakeFirstOrThrow()
  if (!snapshot) return
  const read = deserialize(context.store.cipher.openBytes(snapshot, snapshotContext(id))) as {
    format: number
    state: ExecutionState
  }
  if (read.format !== FORMAT) return
  live.state = read.state
  for (const { formulaId, revision } of read.state.frames) {
    keepFormula(live, await formulas.of(formulaId, revision))
  }
}

/** @returns the step that was begun and has not ended */
async function readJournal(
  { context, formulas }: From,
  held: HeldExecution,
  live: LiveExecution,
): Promise<OpenStep | undefined> {
  const db = formulaDb(context.store)
  for (;;) {
    const rows = await pageAfter(db, held, live.state.seq)
    for (const row of rows) {
      if (row.seq !== live.state.seq) throw new Error(`the journal of execution ${held.id} lacks row ${live.state.seq}`)
      const outcome = openOutcome(context.store.cipher, row)
      if (!outcome) return row
      const called = outcome.subFormula?.at === 'start' ? outcome.subFormula : undefined
      if (called) keepFormula(live, await formulas.of(called.formulaId, called.revision))
      const at = (row.finished_at ?? row.created_at).getTime()
      apply(live, { name: row.name, type: row.type, outcome, bytes: row.context_bytes, at })
    }
    if (rows.length < PAGE) return undefined
  }
}

function pageAfter(db: Kysely<FormulaTables>, { id, created_at }: HeldExecution, seq: number): Promise<StepRow[]> {
  return db
    .selectFrom('formula_steps')
    .selectAll()
    .where('execution_id', '=', id)
    .where('execution_created_at', '=', created_at)
    .where('seq', '>=', seq)
    .orderBy('seq')
    .limit(PAGE)
    .execute()
}
