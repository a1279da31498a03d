import { sql, type Transaction } from 'kysely'
import { accountGroup } from '../../jobs/account-group.ts'
import { storableText } from '../../model/storable-text.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import type { FormulaTables } from '../formula-table.ts'
import { noteEnds } from '../triggers/note-ends.ts'
import { ENDED_TOPIC, type ExecutionStart, type ExecutionStatus } from './execution-table.ts'
import { lockCounted, noteFailures, noteSuccesses } from './guard.ts'
import { RUN_QUEUE } from './queues.ts'
import { openStart, sealReply } from './sealed-values.ts'
import type { LastVisit } from './state.ts'
import type { EndingExecution } from './take.ts'

/** How an execution ends. */
export interface End {
  status: Extract<ExecutionStatus, 'success' | 'failed' | 'retry' | 'cancelled'>
  /** where no step says why */
  error?: string | undefined
  stepCount: number
  last?: LastVisit | undefined
  /** of `retry` */
  retryAt?: Date | undefined
  attempt?: number | undefined
  /** element instance whose event started it */
  elementInstanceId?: number | undefined
  /** there may be rows of steps that nobody is shown */
  hasHidden: boolean
}

export interface Ending {
  held: EndingExecution
  end: End
}

/**
 * The end of executions, in the transaction that writes their last step: who waits hears of it, what failed is counted and told, rows that nobody
 * is shown go.
 */
export async function settleEnds(
  context: FormulaContext,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  endings: readonly Ending[],
): Promise<void> {
  if (endings.length === 0) return
  await writeEnds(context, trx, endings)
  await dropHidden(
    trx,
    endings.filter(({ end }) => end.hasHidden).map(({ held }) => held),
  )
  await noteEnds(context, trx, endings.flatMap(endOfEvent))
  const of = (status: End['status']) => endings.filter(({ end }) => end.status === status).map(({ held }) => held)
  const [succeeded, failed] = [of('success'), of('failed')]
  await lockCounted(trx, succeeded, failed)
  await noteSuccesses(trx, succeeded)
  await noteFailures(context, trx, publish, failed)
  for (const { held, end } of endings) {
    if (held.is_awaited) publish({ topic: ENDED_TOPIC, key: String(held.id) })
    if (!end.retryAt) continue
    await context.jobs.wake(trx, publish, RUN_QUEUE, [
      { key: `r${held.id}`, group: accountGroup(held.account_id), at: end.retryAt },
    ])
  }
}

async function writeEnds(
  { store, now }: FormulaContext,
  trx: Transaction<FormulaTables>,
  endings: readonly Ending[],
): Promise<void> {
  const of = <T>(read: (ending: Ending) => T) => endings.map(read)
  const iso = (date: Date | undefined) => date?.toISOString() ?? null
  await sql`/* kept:formulas.end */
    update formula_executions e
    set status = g.status, error = g.error, step_count = g.steps, retry_at = g.retry_at, is_running = false, snapshot = null,
      attempt = coalesce(g.attempt, e.attempt), version = e.version + 1, finished_at = ${now()}, updated_at = ${now()}
    from unnest(${of(({ held }) => held.id)}::bigint[], ${of(({ held }) => held.created_at.toISOString())}::timestamptz[],
        ${of(({ end }) => end.status)}::text[], ${of(({ end }) => (end.error === undefined ? null : storableText(end.error)))}::text[],
        ${of(({ end }) => end.stepCount)}::int[], ${of(({ end }) => iso(end.retryAt))}::timestamptz[],
        ${of(({ end }) => end.attempt ?? null)}::int[])
      as g (id, created_at, status, error, steps, retry_at, attempt)
    where e.id = g.id and e.created_at = g.created_at`.execute(trx)
  for (const { held, end } of endings.filter(({ held }) => held.is_awaited)) {
    await trx
      .updateTable('formula_executions')
      .set({ reply: sealReply(store.cipher, held.id, end.last) })
      .where('id', '=', held.id)
      .where('created_at', '=', held.created_at)
      .execute()
  }
}

/** Steps of sub-formulas, and all steps where logging is off: they were there to go on after a crash. */
async function dropHidden(
  trx: Transaction<FormulaTables>,
  ended: readonly Pick<EndingExecution, 'id' | 'created_at'>[],
): Promise<void> {
  if (ended.length === 0) return
  await sql`
    delete from formula_steps s
    using unnest(${ended.map(({ id }) => id)}::bigint[], ${ended.map(({ created_at }) => created_at.toISOString())}::timestamptz[])
      as g (id, created_at)
    where s.execution_id = g.id and s.execution_created_at = g.created_at and s.is_hidden`.execute(trx)
}

/** The element instance whose event an execution began with. */
export function elementInstanceOf({ trigger }: Pick<ExecutionStart, 'trigger'>): number | undefined {
  const id = Number(trigger['instanceId'])
  return Number.isSafeInteger(id) ? id : undefined
}

/**
 * The same of what is stored. That may be damaged, or sealed with a key that is gone: an execution ends all the same, and its error says so.
 *
 * @param error why it ends, where no step says so
 */
export function endingOf(
  { store, log }: Pick<FormulaContext, 'store' | 'log'>,
  row: Pick<EndingExecution, 'id' | 'start'>,
  error: string | undefined,
): Pick<End, 'elementInstanceId' | 'error'> {
  try {
    return { elementInstanceId: elementInstanceOf(openStart(store.cipher, row)), error }
  } catch (cause) {
    log.error({ err: cause, execution: row.id }, 'what an execution began with cannot be read; it ends without that')
    const unreadable = `what execution ${row.id} began with cannot be read`
    return { elementInstanceId: undefined, error: error === undefined ? unreadable : `${error}; ${unreadable}` }
  }
}

function endOfEvent({ held, end }: Ending) {
  const { id, account_id, event_id, trigger_type } = held
  const { elementInstanceId, status } = end
  if (trigger_type !== 'event' || event_id === null || elementInstanceId === undefined) return []
  return [{ executionId: id, status, accountId: account_id, eventId: event_id, elementInstanceId }]
}
