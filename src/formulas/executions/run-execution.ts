import type { JobOutcome, JobQueue } from '../../jobs/jobs.ts'
import { createCompiledFormulas } from '../compiled-formula.ts'
import type { FormulaContext } from '../context.ts'
import { formulaDb, inFormulas } from '../formula-table.ts'
import type { Engine, Signals } from './engine.ts'
import { CANCEL_TOPIC } from './execution-table.ts'
import { countInterruptions, giveUp } from './give-up.ts'
import { createJournal, type Journal } from './journal.ts'
import { createLiveMemory } from './live-memory.ts'
import { ANSWER_QUEUES, RUN_QUEUE, wakeOf } from './queues.ts'
import { beginNextAttempt } from './retry-execution.ts'
import { endingOf } from './settle-end.ts'
import { type Resumed, resume, sealSnapshot } from './snapshot.ts'
import type { LiveExecution } from './state.ts'
import { createTake, ExecutionLost, type HeldExecution, release } from './take.ts'
import { type TurnEnd, takeTurn } from './take-turn.ts'
import { wakeEarly } from './wake-early.ts'

/** Until the next turn, where something of ours is out of reach, or an account has too many scripts waiting. */
const OUR_PAUSE_MS = 2_000
/** of rows since the last one: that many are read in some ms */
const SNAPSHOT_EVERY = 1_000

/**
 * Brings executions from step to step. A turn takes 50 steps, 200 ms of own work or 2 s of scripts, then the execution waits in line again: a long loop holds
 * nobody back, and no account takes more than its places.
 *
 * @param journal another one in tests, where processes die
 */
export function executionQueues(context: FormulaContext, journal: Journal = createJournal(context)): JobQueue[] {
  const running = new Map<string, AbortController>()
  context.store.changes.on(CANCEL_TOPIC, (id) => running.get(id)?.abort(new Error('cancelled')))
  const engine: Engine = {
    context,
    journal,
    take: createTake(context),
    memory: createLiveMemory(),
    formulas: createCompiledFormulas(context),
    running,
  }
  const run: JobQueue['run'] = (key, signal) => runKey(engine, key, signal)
  return [
    { name: RUN_QUEUE, slots: 48, perGroup: 12, run },
    ...ANSWER_QUEUES.map((name) => ({ name, slots: 64, perGroup: 24, run })),
  ]
}

async function runKey(engine: Engine, key: string, signal: AbortSignal): Promise<JobOutcome> {
  const [kind, id] = [key[0], Number(key.slice(1))]
  if (kind === 'r') {
    await beginNextAttempt(engine.context, id)
    return 'done'
  }
  if (kind === 'e') return runOne(engine, id, signal)
  const oldest = await oldestOf(engine.context, id)
  if (oldest === undefined) return 'done'
  const outcome = await runOne(engine, oldest, signal)
  // the one after it, if there is one
  return outcome === 'done' && (await oldestOf(engine.context, id)) !== oldest ? 'more' : outcome
}

async function oldestOf({ store }: FormulaContext, instanceId: number): Promise<number | undefined> {
  const row = await formulaDb(store)
    .selectFrom('formula_executions')
    .select('id')
    .where('formula_instance_id', '=', instanceId)
    .where('finished_at', 'is', null)
    .where('is_single_threaded', '=', true)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

async function runOne(engine: Engine, id: number, signal: AbortSignal): Promise<JobOutcome> {
  const cancelling = new AbortController()
  // before it is taken: a cancel that comes in between is heard
  engine.running.set(String(id), cancelling)
  try {
    const held = await engine.take(id)
    if (held) return await runHeld(engine, held, { stopping: signal, cancelling: cancelling.signal })
    await wakeEarly(engine.context, id)
    return 'done'
  } finally {
    if (engine.running.get(String(id)) === cancelling) engine.running.delete(String(id))
  }
}

async function runHeld(engine: Engine, taken: HeldExecution, signals: Signals): Promise<JobOutcome> {
  try {
    const held = await countInterruptions(engine.context, taken)
    if ((held.isNew || held.hasWaited) && !held.mayRun) {
      await endAtOnce(
        engine,
        held,
        `The formula or its instance was not active when ${held.isNew ? 'the execution was to begin' : 'it was to be tried again'}`,
      )
      return 'done'
    }
    if (await giveUp(engine.context, held)) return 'done'
    const resumed = await stateOf(engine, held)
    const end = await takeTurn(engine, held, resumed, signals)
    return await letGo(engine, held, resumed.live, end)
  } catch (error) {
    // it was cancelled, or another process is at it: whoever comes next sees what is there
    if (error instanceof ExecutionLost) return signals.stopping.aborted || signals.cancelling.aborted ? 'done' : 'more'
    throw error
  }
}

async function stateOf(engine: Engine, held: HeldExecution): Promise<Resumed> {
  const live = engine.memory.take(held)
  if (live) return { live, open: undefined }
  return resume(engine, held)
}

async function letGo(engine: Engine, held: HeldExecution, live: LiveExecution, end: TurnEnd): Promise<JobOutcome> {
  const { context, memory } = engine
  if (end.state === 'ended') return 'done'
  const { seq, attempt } = live.state
  const retryAt = end.state === 'waits' ? end.at : undefined
  const isLong = seq - (held.snapshot_seq ?? 0) >= SNAPSHOT_EVERY && end.open === undefined
  const snapshot = isLong ? { bytes: sealSnapshot(context, live), seq } : undefined
  const changes = { stepCount: seq, attempt, retryAt, snapshot }
  if (end.state === 'again') await release(formulaDb(context.store), context, held, changes)
  else {
    const at = end.state === 'waits' ? end.at : new Date(context.now().getTime() + OUR_PAUSE_MS)
    const { queue, ...wake } = wakeOf(held, at)
    // together: one that waits, and that nothing wakes, would wait for ever
    await context.store.changes.transaction(async (trx, publish) => {
      await release(inFormulas(trx), context, held, changes)
      await context.jobs.wake(trx, publish, queue, [wake])
    })
  }
  if (end.open === undefined) memory.keep(held, live)
  return end.state === 'again' ? 'more' : 'done'
}

async function endAtOnce({ context, journal }: Engine, held: HeldExecution, error: string): Promise<void> {
  const end = { status: 'cancelled' as const, stepCount: held.step_count, hasHidden: true }
  await journal.write({ held, rows: [], end: { ...end, ...endingOf(context, held, error) } })
}
