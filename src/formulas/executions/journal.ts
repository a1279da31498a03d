import { sql, type Transaction } from 'kysely'
import { storableText } from '../../model/storable-text.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, formulaDb, inFormulas } from '../formula-table.ts'
import { addUncertain } from './cancel-execution.ts'
import { outcomeContext, type StepStatus } from './execution-table.ts'
import { createGroupCommit } from './group-commit.ts'
import type { StepOutcome } from './outcome.ts'
import { persistently } from './persistently.ts'
import { type End, settleEnds } from './settle-end.ts'
import { sendMails } from './step-mails.ts'
import { ExecutionLost, type HeldExecution } from './take.ts'

/** A visit as it is written down. */
export interface JournalRow {
  seq: number
  frame: string
  name: string
  type: string
  status: StepStatus
  isFailure: boolean
  isHidden: boolean
  /** in ms */
  createdAt: number
  finishedAt: number | undefined
  delayMs: number
  /** JSON of its outcome; undefined while it is under way */
  outcome: string | undefined
  /** it was written down before, when it was begun */
  wasBegun: boolean
}

/** What an execution writes at a time: all of it, or nothing. */
export interface JournalWrite {
  held: HeldExecution
  rows: readonly JournalRow[]
  /** of the last row: they go out with it, once */
  mails?: StepOutcome['mails']
  /** name of a step that may have happened, and was not done again */
  uncertain?: string | undefined
  end?: End | undefined
}

export interface Journal {
  /** @throws ExecutionLost */
  write(write: JournalWrite): Promise<void>
  /** What was begun was not begun after all. @throws ExecutionLost */
  takeBack(held: HeldExecution, seq: number): Promise<void>
}

/** The journal of all executions of this process. What they write at the same time is written by one transaction. */
export function createJournal(context: FormulaContext): Journal {
  const write = createGroupCommit<JournalWrite, boolean>((writes) => commit(context, writes))
  const alone = (one: JournalWrite) => commit(context, [one]).then(([isWritten]) => isWritten)
  return {
    async write(one) {
      // a mail that cannot be stored must fail nobody else's writing
      const writing = () => (one.mails?.length ? alone(one) : write(one, sizeOf(one)))
      if (!(await persistently(writing).catch(lostOr))) throw new ExecutionLost(one.held.id)
    },
    async takeBack({ id, created_at, version }, seq) {
      const { rows } = await sql`
        with held as materialized (
          select e.id, e.created_at from formula_executions e
          where e.id = ${id} and e.created_at = ${created_at} and e.version = ${version} and e.finished_at is null
          for share
        ), gone as (
          delete from formula_steps s using held
          where s.execution_id = held.id and s.execution_created_at = held.created_at and s.seq = ${seq} and s.status = 'pending'
        )
        select from held`.execute(formulaDb(context.store))
      if (rows.length === 0) throw new ExecutionLost(id)
    },
  }
}

/** The row is there already: another process has gone on. */
function lostOr(error: unknown): false {
  if ((error as { code?: unknown }).code === '23505') return false
  throw error
}

function sizeOf({ rows }: JournalWrite): number {
  return rows.reduce((sum, { outcome }) => sum + (outcome?.length ?? 0), 0)
}

/** @returns which of them were written: an execution that is lost writes nothing */
async function commit(context: FormulaContext, writes: readonly JournalWrite[]): Promise<boolean[]> {
  const isPlain = writes.every(
    ({ mails, end, uncertain, rows }) =>
      !mails?.length && !end && uncertain === undefined && rows.every((row) => !row.wasBegun),
  )
  // one statement is a transaction of its own, for a third of the price
  if (isPlain) return writeRows(context, formulaDb(context.store) as Transaction<FormulaTables>, writes)
  return context.store.changes.transaction(async (plain, publish) => {
    const trx = inFormulas(plain)
    const written = await writeRows(context, trx, writes)
    await settle(
      context,
      trx,
      publish,
      writes.filter((_, at) => written[at]),
    )
    return written
  })
}

async function settle(
  context: FormulaContext,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  writes: readonly JournalWrite[],
): Promise<void> {
  for (const { held, mails, uncertain } of writes) {
    if (mails?.length) await sendMails(context, trx, publish, held, mails)
    if (uncertain !== undefined) await addUncertain(trx, held.id, uncertain)
  }
  await settleEnds(
    context,
    trx,
    publish,
    writes.flatMap(({ held, end }) => (end ? [{ held, end }] : [])),
  )
}

async function writeRows(
  context: Pick<FormulaContext, 'store'>,
  trx: Transaction<FormulaTables>,
  writes: readonly JournalWrite[],
): Promise<boolean[]> {
  const written = new Set(await insertHeld(trx, context, writes))
  return writes.map(({ held }) => written.has(held.id))
}

/**
 * Inserts rows whose execution is still held in the version they say, and finishes those that were begun. The lock makes another process that takes
 * the execution wait, and read them.
 *
 * @returns ids of these executions
 */
async function insertHeld(
  trx: Transaction<FormulaTables>,
  { store }: Pick<FormulaContext, 'store'>,
  writes: readonly JournalWrite[],
): Promise<number[]> {
  const rows = writes.flatMap(({ held, rows }) => rows.map((row) => ({ held, row })))
  const sealed = rows.map(({ held, row: { seq, outcome } }) =>
    outcome === undefined ? undefined : store.cipher.sealBytes(Buffer.from(outcome), outcomeContext(held.id, seq)),
  )
  const starts: number[] = []
  let length = 0
  for (const one of sealed) {
    starts.push(length + 1)
    length += one?.length ?? 0
  }
  const of = <T>(read: (row: JournalRow, held: HeldExecution) => T) => rows.map(({ row, held }) => read(row, held))
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())
  const { rows: found } = await sql<{ id: number }>`/* kept:formulas.journal */
    with held as materialized (
      select e.id, e.created_at, e.organization_id, e.account_id
      from unnest(${writes.map(({ held }) => held.id)}::bigint[], ${writes.map(({ held }) => held.created_at.toISOString())}::timestamptz[],
          ${writes.map(({ held }) => held.version)}::int[]) as w (id, created_at, version)
        join formula_executions e on e.id = w.id and e.created_at = w.created_at and e.version = w.version
      where e.finished_at is null
      order by e.id
      for share of e
    ), given as materialized (
      select held.id as execution_id, held.created_at as execution_created_at, held.organization_id, held.account_id,
        r.seq, r.frame, r.name, r.type, r.status, r.is_failure, r.is_hidden, r.created_at, r.finished_at, r.delay_ms,
        coalesce(r.bytes, 0) as context_bytes, r.was_begun,
        case when r.size is null then null else substring(${Buffer.concat(sealed.map((one) => one ?? Buffer.alloc(0)))}::bytea from r.start for r.size) end as outcome
      from unnest(${of((_, held) => held.id)}::bigint[], ${of((row) => row.seq)}::int[], ${of((row) => storableText(row.frame))}::text[],
        ${of((row) => storableText(row.name))}::text[], ${of((row) => storableText(row.type))}::text[], ${of((row) => row.status)}::text[],
        ${of((row) => row.isFailure)}::bool[], ${of((row) => row.isHidden)}::bool[], ${of((row) => time(row.createdAt))}::timestamptz[],
        ${of((row) => time(row.finishedAt))}::timestamptz[], ${of((row) => Math.max(0, Math.round(row.delayMs)))}::int[],
        ${of((row) => row.outcome?.length ?? null)}::int[], ${starts}::int[], ${sealed.map((one) => one?.length ?? null)}::int[],
        ${of((row) => row.wasBegun)}::bool[])
        as r (execution_id, seq, frame, name, type, status, is_failure, is_hidden, created_at, finished_at, delay_ms, bytes, start, size, was_begun)
        join held on held.id = r.execution_id
    ), added as (
      insert into formula_steps (execution_id, execution_created_at, organization_id, account_id, seq, frame, name, type, status,
        is_failure, is_hidden, created_at, finished_at, delay_ms, context_bytes, outcome)
      select execution_id, execution_created_at, organization_id, account_id, seq, frame, name, type, status,
        is_failure, is_hidden, created_at, finished_at, delay_ms, context_bytes, outcome
      from given where not was_begun
    ), finished as (
      update formula_steps s set status = g.status, is_failure = g.is_failure, is_hidden = g.is_hidden,
        finished_at = g.finished_at, context_bytes = g.context_bytes, outcome = g.outcome
      from given g where g.was_begun and s.execution_id = g.execution_id and s.seq = g.seq
        and s.execution_created_at = g.execution_created_at
    )
    select id from held`.execute(trx)
  return found.map(({ id }) => id)
}
