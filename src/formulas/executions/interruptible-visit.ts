import { ValenceError } from '../../errors.ts'
import { whenAborted } from '../../model/when-aborted.ts'
import { failed, StepFailure } from '../steps/step-failure.ts'
import type { Engine, Signals } from './engine.ts'
import type { StepOutcome } from './outcome.ts'
import type { LiveExecution } from './state.ts'
import type { HeldExecution } from './take.ts'
import { callOf, type NextStep } from './visit-step.ts'

/** a step that is under way when the process stops may come to its end within it */
const GRACE_MS = 6_000

/** The turn is over before the step is. */
export class Interrupted extends Error {
  /** something of ours has to be there again */
  readonly isOurs: boolean
  /** seq of the row of the step, which may have happened */
  readonly open: number | undefined

  constructor(isOurs: boolean, open: number | undefined) {
    super('the turn is over before the step is')
    this.isOurs = isOurs
    this.open = open
  }
}

export interface Visits {
  /**
   * @param open seq of its row, which is there since it was begun
   * @throws Interrupted
   */
  visit(next: NextStep, isRepeated: boolean, open?: number): Promise<StepOutcome>
  close(): void
}

/** Visits of steps, which the signals end before their time, and parts of this hub that are not there. */
export function createVisits(
  { context, journal }: Engine,
  held: HeldExecution,
  live: LiveExecution,
  signals: Signals,
): Visits {
  const { signal, close } = graceful(signals)
  return { visit, close }

  async function visit(next: NextStep, isRepeated: boolean, open?: number): Promise<StepOutcome> {
    let unfilled: unknown
    const call = callOf(context, { held, live, signal }, next, isRepeated)
    const { fill } = call
    call.fill = (name, write) =>
      fill(name, write).catch((error) => {
        unfilled = error
        throw error
      })
    try {
      const outcome = await (next.kind as NonNullable<NextStep['kind']>).run(context, call)
      // a step that was ended because the process stops has not failed
      if (signal.aborted && outcome.status === 'failed') throw new Interrupted(false, open)
      return outcome
    } catch (error) {
      signals.cancelling.throwIfAborted()
      if (error instanceof Interrupted) throw error
      if (signal.aborted) throw new Interrupted(false, open)
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
