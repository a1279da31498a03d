import { type Kysely, sql } from 'kysely'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, formulaDb } from '../formula-table.ts'
import type { ExecutionRow } from './execution-table.ts'
import { createGroupCommit } from './group-commit.ts'

/**
 * An execution in the hands of this process. Everything that changes it says which version it was taken as; after a process has stood still for
 * long, another one has it, and the first one changes nothing any more.
 */
export interface HeldExecution extends EndingExecution {
  /** as which another process, or this one, had it last */
  previousVersion: number
  /** when it was taken, a process was at it: that one died */
  wasInterrupted: boolean
  /** nobody was at it before */
  isNew: boolean
  /** its instance and its formula are active */
  mayRun: boolean
  /** it waited for its next attempt, of which this is the beginning */
  hasWaited: boolean
}

/** An execution without what only few have a use for. */
export type EndingExecution = Omit<ExecutionRow, 'snapshot' | 'reply'>

/** Another process has the execution, or it has ended: nothing of what was done since the last write counts. */
export class ExecutionLost extends Error {
  constructor(id: number) {
    super(`execution ${id} is no longer in the hands of this process`)
    this.name = 'ExecutionLost'
  }
}

/** @returns undefined when it has ended, or is not due yet (`wakeEarly`) */
export type Take = (id: number) => Promise<HeldExecution | undefined>

/** Many executions are taken by one statement: taking costs as much as a short step. */
export function createTake({ store, now }: Pick<FormulaContext, 'store' | 'now'>): Take {
  return createGroupCommit<number, HeldExecution | undefined>(async (ids) => {
    const taken = new Map((await takeAll(formulaDb(store), ids, now())).map((row) => [row.id, row]))
    return ids.map((id) => taken.get(id))
  })
}

async function takeAll(db: Kysely<FormulaTables>, ids: readonly number[], now: Date): Promise<HeldExecution[]> {
  const { rows } = await sql<HeldExecution>`/* kept:formulas.take */
    with found as (
      select e.id, e.created_at, e.version, e.is_running, e.started_at, e.retry_at,
        coalesce(i.active and f.active, false) as may_run
      from formula_executions e
        left join formula_instances i on i.id = e.formula_instance_id
        left join formulas f on f.id = e.formula_id
      where e.id = any(${[...ids]}::bigint[]) and e.finished_at is null and (e.retry_at is null or e.retry_at <= ${now})
      for no key update of e
    )
    update formula_executions e
    set version = e.version + 1, is_running = true, retry_at = null, updated_at = ${now},
      status = 'pending', started_at = coalesce(e.started_at, ${now}),
      interruptions = e.interruptions + e.is_running::int
    from found where e.id = found.id and e.created_at = found.created_at
    returning e.id, e.created_at, e.organization_id, e.account_id, e.user_id, e.formula_id, e.formula_revision,
      e.formula_instance_id, e.status, e.trigger_type, e.event_id, e.object_id, e.chain, e.depth, e.is_single_threaded,
      e.is_recorded, e.is_awaited, e.start, e.snapshot_seq, e.version, e.is_running, e.interruptions, e.step_count,
      e.attempt, e.retry_at, e.parent_id, e.error, e.uncertain_steps, e.started_at, e.finished_at, e.updated_at,
      found.version as "previousVersion", found.is_running as "wasInterrupted",
      found.started_at is null as "isNew", found.may_run as "mayRun",
      found.retry_at is not null as "hasWaited"`.execute(db)
  return rows
}

/**
 * This process lets go of it, in good order. Nothing happens when it has ended or was lost.
 * @param retryAt it is not to be taken before
 */
export async function release(
  db: Kysely<FormulaTables>,
  { now }: Pick<FormulaContext, 'now'>,
  { id, created_at, version }: Pick<HeldExecution, 'id' | 'created_at' | 'version'>,
  changes: {
    stepCount?: number
    retryAt?: Date | undefined
    attempt?: number
    snapshot?: { bytes: Buffer; seq: number } | undefined
  },
): Promise<void> {
  const { stepCount, retryAt, attempt, snapshot } = changes
  await db
    .updateTable('formula_executions')
    .set({
      ...{ is_running: false, interruptions: 0, error: null, updated_at: now(), retry_at: retryAt ?? null },
      ...(stepCount === undefined ? {} : { step_count: stepCount }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(snapshot ? { snapshot: snapshot.bytes, snapshot_seq: snapshot.seq } : {}),
    })
    .where('id', '=', id)
    .where('created_at', '=', created_at)
    .where('version', '=', version)
    .where('finished_at', 'is', null)
    .execute()
}
