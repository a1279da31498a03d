import { setImmediate as breathe } from 'node:timers/promises'
import type { FormulaContext } from '../context.ts'
import type { StepCall } from '../steps/step.ts'
import { StepFailure } from '../steps/step-failure.ts'
import { parsedText } from './resolve-reference.ts'

/** What one property is filled with, while that is done: nobody else waits for it, and it does not grow without end. */
export interface Filling {
  /** of a text that a reference looks into: read once, however many references do */
  parse(text: string): unknown
  /**
   * Once for each reference, with what was put in its place; others have their turn in between.
   * @throws StepFailure when there are too many, or all of them are more than an execution may hold; the reason of the call's signal
   */
  add(value: unknown): Promise<void>
}

/** After so long others have their turn in this process. */
const TURN_MS = 10
const MOST_REFERENCES = 10_000

/** @param name of the property */
export function createFilling(
  { limits: { contextBytes: most } }: Pick<FormulaContext, 'limits'>,
  { signal }: Pick<StepCall, 'signal'>,
  name: string,
): Filling {
  const read = new Map<string, unknown>()
  const sizes = new Map<object, number>()
  let [count, size] = [0, 0]
  let since = performance.now()
  return {
    parse(text) {
      if (!read.has(text)) read.set(text, parsedText(text))
      return read.get(text)
    },
    async add(value) {
      count += 1
      if (count > MOST_REFERENCES) throw new StepFailure(`${name}: it has more than ${MOST_REFERENCES} references`)
      // one alone is in the execution already
      size += count === 1 ? 0 : sizeOf(value)
      if (size > most)
        throw new StepFailure(`${name}: with the values of its references it has more than ${most} characters`)
      if (performance.now() - since < TURN_MS) return
      await breathe()
      signal.throwIfAborted()
      since = performance.now()
    },
  }

  /** The same object in many places is one in memory, and not where it is sent. */
  function sizeOf(value: unknown): number {
    if (typeof value === 'string') return value.length
    if (typeof value !== 'object' || value === null) return 0
    const known = sizes.get(value) ?? JSON.stringify(value).length
    sizes.set(value, known)
    return known
  }
}
