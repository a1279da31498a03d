import { sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import { accountGroup } from '../../jobs/account-group.ts'
import type { FormulaContext } from '../context.ts'
import { formulaDb, inFormulas } from '../formula-table.ts'
import { endNow } from './cancel-execution.ts'
import { byQueue, RUN_QUEUE, WAKING, wakeOf } from './queues.ts'

const DAY_MS = 86_400_000
/** Nobody was at it for that long, and nothing is said of a later time: its wake was parked, or is lost. */
const STALLED_MS = 3_600_000
const MOST_A_RUN = 1_000
const PIECE = 100

/**
 * What nobody else looks after: executions that run for longer than they are kept, those that nothing would ever wake, revisions of formulas that
 * nothing runs any more. What fails at one of them keeps none of the others, and waits for the next sweep.
 */
export async function sweepExecutions(context: FormulaContext): Promise<void> {
  await endOld(context)
  await wakeStalled(context)
  await forgetRevisions(context)
}

async function endOld(context: FormulaContext): Promise<void> {
  const { store, now, limits } = context
  const before = new Date(now().getTime() - limits.days * DAY_MS)
  for (let after = 0, left = MOST_A_RUN; left > 0; ) {
    const old = await formulaDb(store)
      .selectFrom('formula_executions')
      .select('id')
      .where('finished_at', 'is', null)
      .where('created_at', '<', before)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PIECE)
      .execute()
    for (const { id } of old) {
      await endOne(context, id)
        .then(() => left--)
        .catch((error: unknown) => tellOrThrow(context, error, id))
    }
    if (old.length < PIECE) return
    after = old.at(-1)?.id ?? after
  }
}

async function endOne(context: FormulaContext, id: number): Promise<void> {
  const error = `It did not come to its end within ${context.limits.days} days, for which executions are kept`
  await context.store.changes.transaction(async (plain, publish) => {
    const trx = inFormulas(plain)
    const row = await trx
      .selectFrom('formula_executions')
      .selectAll()
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (row) await endNow(context, trx, publish, row, error)
  })
}

function tellOrThrow({ log }: FormulaContext, error: unknown, id: number): void {
  // of the database: the others would fail as well
  if (error instanceof ValenceError && error.code === 'UNAVAILABLE') throw error
  log.error(
    { err: error, execution: id },
    'an execution that is too old could not be ended; the next sweep tries again',
  )
}

/** A needless wake is harmless: whoever comes finds nothing to do. */
async function wakeStalled({ store, jobs, now }: FormulaContext): Promise<void> {
  const before = new Date(now().getTime() - STALLED_MS)
  const db = formulaDb(store)
  const open = await db
    .selectFrom('formula_executions')
    .select(WAKING)
    .where('finished_at', 'is', null)
    .where('updated_at', '<', before)
    .where((eb) => eb.or([eb('retry_at', 'is', null), eb('retry_at', '<', before)]))
    // of a line of them the first: the others wait for it rightly, and may be many
    .where(
      sql<boolean>`not (is_single_threaded and exists (
        select from formula_executions before where before.formula_instance_id = formula_executions.formula_instance_id
          and before.is_single_threaded and before.finished_at is null and before.id < formula_executions.id))`,
    )
    .orderBy('id')
    .limit(MOST_A_RUN)
    .execute()
  const due = await db
    .selectFrom('formula_executions')
    .select(['id', 'account_id'])
    .where('status', '=', 'retry')
    .where('retry_at', '<', before)
    .limit(MOST_A_RUN)
    .execute()
  const retries = due.map(({ id, account_id }) => ({
    queue: RUN_QUEUE,
    key: `r${id}`,
    group: accountGroup(account_id),
  }))
  await store.changes.transaction(async (trx, publish) => {
    const wakes = byQueue([...open.map((row) => wakeOf(row)), ...retries])
    for (const [queue, some] of wakes) await jobs.wake(trx, publish, queue, some)
  })
}

/** Executions run a revision for as long as they are kept; one of a formula that is gone counts as old from now on. */
async function forgetRevisions({ store, now, limits }: FormulaContext): Promise<void> {
  const db = formulaDb(store)
  const before = new Date(now().getTime() - (limits.days + 1) * DAY_MS)
  await sql`
    update formula_revisions r set superseded_at = ${now()}
    where superseded_at is null and not exists (select from formulas f where f.id = r.formula_id)`.execute(db)
  await sql`
    delete from formula_revisions r
    where superseded_at < ${before} and not exists (
      select from formula_executions e
      where e.formula_id = r.formula_id and e.formula_revision = r.revision and e.finished_at is null
    )`.execute(db)
}
