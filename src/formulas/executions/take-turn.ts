import { ValenceError } from '../../errors.ts'
import { isTooDeep, MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import { whenAborted } from '../../model/when-aborted.ts'
import { formulaOf } from '../compiled-formula.ts'
import type { FormulaContext } from '../context.ts'
import { failed, StepFailure } from '../steps/step-failure.ts'
import { apply } from './apply.ts'
import type { Engine, Signals } from './engine.ts'
import type { JournalRow } from './journal.ts'
import type { StepOutcome } from './outcome.ts'
import { type End, elementInstanceOf } from './settle-end.ts'
import type { OpenStep, Resumed } from './snapshot.ts'
import { bytesOf, framePath, keepFormula, type LiveExecution, topFrame } from './state.ts'
import { checkMails } from './step-mails.ts'
import type { HeldExecution } from './take.ts'
import { callOf, endOfSubFormula, type NextStep, nextStep, notRunnable } from './visit-step.ts'

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
/** rows that wait to be written with the next one */
const MOST_WAITING = 50
/** a step that is under way when the process stops may come to its end within it */
const GRACE_MS = 6_000
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
  const { context, journal } = engine
  const { state } = live
  /** rows of steps that decide where to go on, and nothing else: they are written with the next one */
  let waiting: JournalRow[] = []
  let steps = 0
  let workedMs = 0
  let scriptMs = 0
  const patience = graceful(signals)

  return { run, close: patience.close }

  async function run(open: OpenStep | undefined): Promise<TurnEnd> {
    try {
      if (state.end) await finish(state.end)
      else if (open) await settleOpen(open)
      while (!state.end) {
        signals.cancelling.throwIfAborted()
        const pause = mustPause()
        if (pause) {
          await flush()
          return pause
        }
        const error = limitOf(context, live)
        if (error === undefined) await visitNext()
        else await finish({ status: 'failed' }, error)
      }
      return { state: 'ended' }
    } catch (error) {
      if (signals.cancelling.aborted) return { state: 'ended' }
      if (!(error instanceof Interrupted)) throw error
      await flush()
      return { state: error.isOurs ? 'paused' : 'again', open: error.open }
    } finally {
      context.onTurn({ steps, end: signals.cancelling.aborted ? 'cancelled' : state.end?.status })
    }
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
    waiting.push(rowOf(next, undefined, begun))
    await flush()
    const started = performance.now()
    const outcome = await visit(next, false, seq)
    // others do the work meanwhile
    workedMs -= performance.now() - started
    await note(next, outcome, begun, false, true)
  }

  /** @param open seq of its row, which is there since it was begun */
  async function visit(next: NextStep, isRepeated: boolean, open?: number): Promise<StepOutcome> {
    let unfilled: unknown
    const call = callOf(context, { held, live, signal: patience.signal }, next, isRepeated)
    const { fill } = call
    call.fill = (name, write) =>
      fill(name, write).catch((error) => {
        unfilled = error
        throw error
      })
    try {
      const outcome = await (next.kind as NonNullable<NextStep['kind']>).run(context, call)
      // a step that was ended because the process stops has not failed
      if (patience.signal.aborted && outcome.status === 'failed') throw new Interrupted(false, open)
      return outcome
    } catch (error) {
      signals.cancelling.throwIfAborted()
      if (error instanceof Interrupted) throw error
      if (patience.signal.aborted) throw new Interrupted(false, open)
      // of a property, where a step does not say so itself
      if (error instanceof StepFailure) return failed(`${next.name}: ${error.message}`)
      const isOurs = error instanceof ValenceError && (error.code === 'SCRIPT_BUSY' || error.code === 'UNAVAILABLE')
      if (!isOurs) throw error
      context.log.warn({ err: error, execution: held.id, step: next.name }, 'a step waits for a part of this hub')
      if (open === undefined) throw new Interrupted(true, undefined)
      // its properties were not even there: nothing has happened outside
      if (error !== unfilled) throw error
      await journal.takeBack(held, open)
      throw new Interrupted(true, undefined)
    }
  }

  /** A process died while this was under way (or let go of it). */
  async function settleOpen(open: OpenStep): Promise<void> {
    const next = nextStep(live)
    if (!next?.kind || next.name !== open.name)
      throw new Error(`execution ${held.id}: step ${open.name} was begun and is not the next`)
    const outcome = next.kind.mayRepeat(next)
      ? { ...(await visit(next, true, open.seq)), isRepeated: true }
      : uncertain(next.name)
    await note(next, outcome, open.created_at.getTime(), false, true)
  }

  /** Writes down what a visit came to, and goes on from there. */
  async function note(
    step: Pick<NextStep, 'name' | 'type'>,
    given: StepOutcome,
    begun: number,
    mayWait: boolean,
    wasBegun = false,
  ): Promise<void> {
    const { outcome, json } = fitting(given, step.name)
    waiting.push({ ...rowOf(step, { outcome, json }, begun), wasBegun })
    await readCalled(outcome)
    apply(live, { ...step, outcome, bytes: json.length, at: context.now().getTime() })
    steps += 1
    if (state.end) await finish(state.end, undefined, outcome)
    else if (!mayWait || waiting.length >= MOST_WAITING) await flush(outcome)
  }

  async function readCalled({ subFormula }: StepOutcome): Promise<void> {
    if (subFormula?.at === 'start') {
      keepFormula(live, await formulaOf(context, subFormula.formulaId, subFormula.revision))
    }
  }

  /** An execution that would hold too much has a failed step instead (spec 32 §9), and so has one whose values nest without end. */
  function fitting(outcome: StepOutcome, name: string): { outcome: StepOutcome; json: string } {
    const json = JSON.stringify(outcome)
    if (isTooDeep(json)) return refused(`${name}: what this step came to nests deeper than ${MAX_JSON_DEPTH} levels`)
    const most = context.limits.contextBytes
    const total = state.bytes - bytesOf(topFrame(state), name) + json.length
    if (total <= most || outcome.subFormula?.at === 'end') return { outcome, json }
    return refused(
      `${name}: the execution would hold ${total} bytes with what this step came to; at most ${most} are possible`,
    )
  }

  function refused(error: string): { outcome: StepOutcome; json: string } {
    const outcome = failed(error)
    return { outcome, json: JSON.stringify(outcome) }
  }

  function rowOf(
    { name, type }: Pick<NextStep, 'name' | 'type'>,
    done: { outcome: StepOutcome; json: string } | undefined,
    begun: number,
  ): JournalRow {
    const isFailure = done?.outcome.isFailure ?? false
    const at = done?.outcome.subFormula?.at
    // the end of a sub-formula is a step of the formula that called it
    const depth = state.frames.length - (at === 'end' ? 2 : 1)
    const isInner = depth > 0 && live.formula.engine !== 'v1'
    return {
      ...{ seq: state.seq, name, type, isFailure, wasBegun: false },
      frame: at === 'end' ? framePath({ ...state, frames: state.frames.slice(0, -1) }) : framePath(state),
      status: done?.outcome.status ?? 'pending',
      isHidden: at === 'start' || isInner || (!held.is_recorded && !isFailure),
      ...{ createdAt: begun, finishedAt: done ? context.now().getTime() : undefined, delayMs: begun - state.steppedAt },
      outcome: done?.json,
    }
  }

  async function flush(last?: StepOutcome): Promise<void> {
    const rows = waiting
    waiting = []
    if (rows.length > 0) await journal.write({ held, rows, ...besides(rows, last) })
  }

  async function finish(end: NonNullable<typeof state.end>, error?: string, last?: StepOutcome): Promise<void> {
    state.end = end
    const rows = waiting
    waiting = []
    await journal.write({ held, rows, ...besides(rows, last), end: endOf(held, live, error) })
  }
}

function besides(rows: readonly JournalRow[], last: StepOutcome | undefined) {
  return { mails: last?.mails, uncertain: last?.isUncertain ? rows.at(-1)?.name : undefined }
}

function endOf({ is_recorded }: HeldExecution, { state, start, formula }: LiveExecution, error?: string): End {
  const { end, seq, frames, attempt } = state
  const hasSubFormulas = formula.body.steps.some(({ type }) => type === 'formula')
  return {
    ...{ status: end?.status ?? 'failed', error, stepCount: seq, attempt, last: frames[0]?.last },
    ...(end?.status === 'retry' ? { retryAt: new Date(end.retryAt), attempt: end.attempt } : {}),
    elementInstanceId: elementInstanceOf(start),
    hasHidden: !is_recorded || hasSubFormulas,
  }
}

function uncertain(name: string): StepOutcome {
  const error = `${name}: the hub was interrupted while the request was under way; it may have been sent, and was not sent again`
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

/** The turn is over before the step is. */
class Interrupted extends Error {
  readonly isOurs: boolean
  readonly open: number | undefined

  constructor(isOurs: boolean, open: number | undefined) {
    super('the turn is over before the step is')
    this.isOurs = isOurs
    this.open = open
  }
}

/** A cancel ends a step at once; a process that stops lets it come to its end, for some seconds. */
function graceful({ stopping, cancelling }: Signals): { signal: AbortSignal; close(): void } {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const letGo = [
    whenAborted(cancelling, () => controller.abort(cancelling.reason)),
    whenAborted(stopping, () => {
      timer = setTimeout(() => controller.abort(stopping.reason), GRACE_MS)
    }),
  ]
  return {
    signal: controller.signal,
    close() {
      clearTimeout(timer)
      for (const release of letGo) release()
    },
  }
}
