import type { FormulaContext } from '../context.ts'
import { apply } from './apply.ts'
import type { Engine, Signals } from './engine.ts'
import { fittingOutcome } from './fitting-outcome.ts'
import { createVisits, Interrupted } from './interruptible-visit.ts'
import type { StepOutcome } from './outcome.ts'
import type { OpenStep, Resumed } from './snapshot.ts'
import { type ExecutionEnd, keepFormula, type LiveExecution, topFrame } from './state.ts'
import { checkMails } from './step-mails.ts'
import { ExecutionLost, type HeldExecution } from './take.ts'
import { createTurnRows, type RowStep } from './turn-rows.ts'
import { endOfSubFormula, type NextStep, nextStep, notRunnable } from './visit-step.ts'

/** What a turn came to; `open`: a step is under way as far as the journal knows. */
export type TurnEnd =
  | { state: 'ended'; open?: undefined }
  /** it goes on as soon as it has a place; `paused`: something of ours has to be there again */
  | { state: 'again' | 'paused'; open?: number | undefined }
  | { state: 'waits'; at: Date; open?: undefined }

const TURN_STEPS = 50
const TURN_MS = 200
/** of scripts, which wait for a runner most of it where there are many; a turn costs as much as some steps, and must not be over after one */
const TURN_SCRIPT_MS = 2_000
/** A request that may be repeated is sent so often, when processes die or fail at it. */
const MOST_SENT = 3
const SCRIPTED = new Set(['script', 'filter', 'notification'])
/** names of steps that wait for each other */
const MOST_PENDING = 10_000

/** Visits steps until the execution ends, waits, or others have their turn. Everything it decides is in the journal when it returns. */
export async function takeTurn(
  engine: Engine,
  held: HeldExecution,
  { live, open }: Resumed,
  signals: Signals,
): Promise<TurnEnd> {
  const turn = createTurn(engine, held, live, signals)
  try {
    return await turn.run(open)
  } finally {
    turn.close()
  }
}

function createTurn(engine: Engine, held: HeldExecution, live: LiveExecution, signals: Signals) {
  const { context } = engine
  const { state } = live
  const rows = createTurnRows(engine, held, live)
  const { visit, close } = createVisits(engine, held, live, signals)
  let steps = 0
  let visiting: string | undefined
  let workedMs = 0
  let scriptMs = 0

  return { run, close }

  async function run(open: OpenStep | undefined): Promise<TurnEnd> {
    try {
      if (state.end) await finish(state.end)
      else if (open) await settleOpen(open)
      while (!state.end) {
        signals.cancelling.throwIfAborted()
        const pause = mustPause()
        if (pause) {
          await rows.write()
          return pause
        }
        const error = limitOf(context, live)
        if (error === undefined) await visitNext()
        else await finish({ status: 'failed' }, error)
      }
      return { state: 'ended' }
    } catch (error) {
      if (signals.cancelling.aborted) return { state: 'ended' }
      if (!(error instanceof Interrupted)) {
        if (!(error instanceof ExecutionLost)) tellOfFailure(error)
        throw error
      }
      await rows.write()
      return { state: error.isOurs ? 'paused' : 'again', open: error.open }
    } finally {
      context.onTurn({ steps, end: signals.cancelling.aborted ? 'cancelled' : state.end?.status })
    }
  }

  /** The step is begun again, and whoever repeats it cannot say which one it was. */
  function tellOfFailure(error: unknown): void {
    const { id: execution, formula_id: formula, interruptions } = held
    const facts = { execution, formula, step: visiting, interruptions }
    context.log.error({ err: error, ...facts }, 'the hub failed at a step of an execution')
  }

  function mustPause(): TurnEnd | undefined {
    if (state.waitUntil !== undefined && state.waitUntil > context.now().getTime()) {
      return { state: 'waits', at: new Date(state.waitUntil) }
    }
    const isOver = steps >= TURN_STEPS || workedMs >= TURN_MS || scriptMs >= TURN_SCRIPT_MS
    return isOver || signals.stopping.aborted ? { state: 'again' } : undefined
  }

  async function visitNext(): Promise<void> {
    const next = nextStep(live)
    const begun = context.now().getTime()
    const started = performance.now()
    visiting = next?.name ?? topFrame(state).calledBy
    if (!next) {
      const { calledAt } = topFrame(state)
      await note({ name: topFrame(state).calledBy, type: 'formula' }, endOfSubFormula(topFrame(state)), calledAt, true)
    } else if (!next.kind) await note(next, notRunnable(next), begun, false)
    else if (next.kind.isControl) await note(next, await visit(next, false), begun, true)
    else if (next.kind.hasEffect(next)) await visitWithEffect(next, begun)
    else await note(next, await checkMails(context, held, await work(next)), begun, false)
    workedMs += performance.now() - started
  }

  async function work(next: NextStep): Promise<StepOutcome> {
    const started = performance.now()
    const outcome = await visit(next, false)
    const ms = performance.now() - started
    // a request that waits for its answer is no work of ours, nor is a runner's
    workedMs -= ms
    if (SCRIPTED.has(next.type)) scriptMs += ms
    return outcome
  }

  /** What happens outside is known before it begins. */
  async function visitWithEffect(next: NextStep, begun: number): Promise<void> {
    const { seq } = state
    rows.addOpen(next, begun)
    await rows.write()
    const started = performance.now()
    const outcome = await visit(next, false, seq)
    // others do the work meanwhile
    workedMs -= performance.now() - started
    await note(next, outcome, begun, false, true)
  }

  /** A process died, or failed, while this was under way (or let go of it). */
  async function settleOpen(open: OpenStep): Promise<void> {
    const next = nextStep(live)
    if (!next?.kind || next.name !== open.name)
      throw new Error(`execution ${held.id}: step ${open.name} was begun and is not the next`)
    visiting = next.name
    const { interruptions } = held
    const outcome =
      next.kind.mayRepeat(next) && interruptions < MOST_SENT
        ? { ...(await visit(next, true, open.seq)), isRepeated: true }
        : uncertain(next.name, interruptions)
    await note(next, outcome, open.created_at.getTime(), false, true)
  }

  /** Writes down what a visit came to, and goes on from there. */
  async function note(
    step: RowStep,
    given: StepOutcome,
    begun: number,
    mayWait: boolean,
    wasBegun = false,
  ): Promise<void> {
    const { outcome, json } = fittingOutcome(context, state, step.name, given)
    rows.add(step, { outcome, json }, begun, wasBegun)
    await readCalled(outcome)
    apply(live, { ...step, outcome, bytes: json.length, at: context.now().getTime() })
    steps += 1
    if (state.end) await finish(state.end, undefined, outcome)
    else if (!mayWait || rows.isFull()) await rows.write(outcome)
  }

  async function readCalled({ subFormula }: StepOutcome): Promise<void> {
    if (subFormula?.at === 'start') {
      keepFormula(live, await engine.formulas.of(subFormula.formulaId, subFormula.revision))
    }
  }

  async function finish(end: ExecutionEnd, error?: string, last?: StepOutcome): Promise<void> {
    state.end = end
    await rows.writeEnd(error, last)
  }
}

function uncertain(name: string, interruptions: number): StepOutcome {
  const error =
    interruptions < MOST_SENT
      ? `${name}: the hub was interrupted while the request was under way; it may have been sent, and was not sent again`
      : `${name}: the hub was interrupted, or failed, ${interruptions} times while the request was under way; it may have been sent each time, and was not sent again`
  return { status: 'failed', isFailure: true, isUncertain: true, value: { error }, error }
}

/** @returns why it goes no further */
function limitOf({ limits }: FormulaContext, { state }: LiveExecution): string | undefined {
  if (state.seq >= limits.steps) return `It visited ${limits.steps} steps, which is as many as an execution may`
  const waiting = topFrame(state).pending.length
  return waiting > MOST_PENDING
    ? `${waiting} steps wait for each other, which is more than an execution may have`
    : undefined
}
